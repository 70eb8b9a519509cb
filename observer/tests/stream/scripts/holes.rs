//! How long holes are waited for, and how much may wait behind them.

use observer::stream::{Budget, MAX_AHEAD, PIECE_COST};

use crate::script::Script;

#[test]
fn an_acknowledged_hole_is_a_gap_after_its_grace() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc").push(6, "ghi").ack(9).expect("[abc]");
    s.wait(1).tick().expect("<3 acknowledged> [ghi]");
}

#[test]
fn thirty_two_segments_end_the_grace_too() {
    let mut s = Script::after_syn(0);
    s.push(3, "def").ack(6);
    for _ in 0..15 {
        s.ack(6).push(6, "").expect("");
    }
    s.ack(6).expect("").push(3, "D").expect("<3 acknowledged> [def]");
}

#[test]
fn acknowledged_bytes_may_still_come_within_the_grace() {
    let mut s = Script::after_syn(0);
    s.push(3, "def").ack(6).push(0, "abc").wait(1).tick().expect("[abc] [def]");
}

#[test]
fn a_hole_acknowledged_long_ago_is_a_gap_as_soon_as_it_shows() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc").ack(6).wait(1).expect("[abc]").push(6, "ghi").expect("<3 acknowledged> [ghi]");
}

#[test]
fn an_acknowledgment_within_a_hole_does_not_end_it() {
    let mut s = Script::after_syn(0);
    s.push(3, "def").ack(2).wait(1).tick().expect("").push(0, "abc").expect("[abc] [def]");
}

#[test]
fn each_hole_needs_its_own_acknowledgment() {
    let mut s = Script::after_syn(0);
    s.push(3, "d").push(6, "g").ack(4).wait(1).tick().expect("<3 acknowledged> [d]");
    s.ack(7).tick().expect("").wait(1).tick().expect("<2 acknowledged> [g]");
}

#[test]
fn an_acknowledgment_that_was_overtaken_is_forgotten() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc").ack(6).push(3, "def").wait(1).push(8, "i").ack(6).wait(1).tick();
    s.expect("[abc] [def]").push(6, "gh").expect("[gh] [i]");
}

#[test]
fn a_hole_that_nobody_acknowledged_times_out() {
    let mut s = Script::after_syn(0);
    s.push(3, "d").wait(500).push(6, "g").wait(1499).tick().expect("");
    s.wait(1).tick().expect("<3 timeout> [d]").wait(500).tick().expect("<2 timeout> [g]");
}

#[test]
fn bytes_that_come_after_their_gap_are_discarded() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc").push(6, "ghi").wait(2000).push(3, "def");
    s.expect("[abc] [def] [ghi]").push(12, "mno").wait(2000).tick().expect("<3 timeout> [mno]");
    s.push(8, "IJKLMNOp").counts(4, 3, 0).expect("p]");
}

#[test]
fn a_direction_that_holds_too_much_gives_up_its_first_hole() {
    let mut s = Script::after_syn(0);
    s.limits.direction_bytes = 2 * PIECE_COST + 4;
    s.push(2, "cd").push(6, "gh").expect("").push(10, "k").expect("<2 overflow> [cd]");
    s.counts(0, 0, 3).finish().expect("<2 closed> [gh] <2 closed> [k]");
}

#[test]
fn all_directions_together_hold_no_more_than_the_budget() {
    let (mut a, mut b) = (Script::after_syn(0), Script::after_syn(0));
    a.budget = Budget::new(2 * PIECE_COST);
    a.push(2, "c");
    std::mem::swap(&mut a.budget, &mut b.budget);
    b.push(2, "c").expect("<2 overflow> [c]");
    assert_eq!(b.budget.used(), PIECE_COST + 1);
}

#[test]
fn a_segment_longer_than_the_bounds_is_delivered_not_held() {
    let mut s = Script::after_syn(0);
    s.limits.direction_bytes = 8;
    s.push(2, "cdefghijklmnopq").expect("<2 overflow> [cdefghijklmnopq]");
}

#[test]
fn only_bytes_present_are_paid_for() {
    let mut s = Script::after_syn(0);
    s.push_elided(4, 100 << 20).counts(0, 0, 100 << 20);
    assert_eq!(s.budget.used(), PIECE_COST);
}

#[test]
fn the_end_of_a_connection_delivers_what_is_held() {
    let mut s = Script::after_syn(0);
    s.push(2, "cd").push(7, "h").finish().expect("<2 closed> [cd] <3 closed> [h]");
    s.push(8, "i").expect("[i]");
}

#[test]
fn what_is_missing_before_a_known_end_is_a_gap() {
    let mut s = Script::after_syn(0);
    s.push(2, "cd").finish_at(9).expect("<2 closed> [cd] <5 closed>");
    s.finish_at(9).finish_at(3).finish_at(10 + MAX_AHEAD).expect("");
}

#[test]
fn the_longest_hole_can_be_acknowledged() {
    let mut s = Script::after_syn(0);
    s.push(MAX_AHEAD, "x").ack(MAX_AHEAD - 1).wait(1).tick().expect("");
    s.ack(MAX_AHEAD).wait(1).tick().expect("<1073741824 acknowledged> [x]");
}
