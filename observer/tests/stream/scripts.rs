//! One script for each named case: input, then expected output.

use std::time::Duration;

use observer::input::Chunk;
use observer::stream::{Budget, MAX_AHEAD, MAX_BEHIND, MAX_SEGMENT, PIECE_COST};

use crate::script::Script;

#[test]
fn bytes_in_order_are_delivered_at_once() {
    let mut s = Script::after_syn(100);
    s.push(100, "abc").expect("[abc]").push(103, "d").expect("[d]").counts(0, 0, 0);
    assert_eq!(s.budget.used(), 0);
}

#[test]
fn without_a_syn_the_first_segment_starts_the_direction() {
    let mut s = Script::midstream();
    s.push(500, "abc").expect("[abc]").push(503, "def").expect("[def]");
}

#[test]
fn segments_without_payload_start_nothing() {
    let mut s = Script::midstream();
    s.push(499, "").ack(700).tick().expect("");
    assert!(!s.direction.is_started());
    s.push(500, "abc").push(503, "").push(503, "d").expect("[abc] [d]");
}

#[test]
fn bytes_from_before_the_start_come_too_late() {
    let mut s = Script::midstream();
    s.push(500, "abc").push(497, "xyz").push(498, "yzABCd").expect("[abc] d]").counts(3, 5, 0);
}

#[test]
fn a_segment_that_overtook_another_waits_for_it() {
    let mut s = Script::after_syn(0);
    s.push(6, "ghi").push(3, "def").expect("").counts(0, 0, 6);
    s.push(0, "abc").expect("[abc] [def] [ghi]").counts(0, 0, 0);
}

#[test]
fn delivered_bytes_keep_the_time_of_their_packet() {
    let mut s = Script::after_syn(0);
    s.wait(5).push(3, "def").wait(2).push(0, "abc").expect("[abc] [def]");
    assert_eq!(s.out.times, [7, 5]);
}

#[test]
fn a_retransmission_is_a_duplicate() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc").push(3, "def").push(0, "ABC").push(2, "CDE").counts(6, 0, 0);
    s.expect("[abc] [def]");
}

#[test]
fn a_copy_of_what_is_held_is_a_duplicate() {
    let mut s = Script::after_syn(0);
    s.push(3, "def").push(3, "DEF").push(3, "DE").counts(5, 0, 3);
    s.push(0, "abc").expect("[abc] [def]");
}

#[test]
fn a_keep_alive_probe_is_a_duplicate() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc").push(2, "x").push(2, "").push(3, "d").expect("[abc] [d]").counts(1, 0, 0);
}

#[test]
fn where_segments_overlap_the_first_copy_wins() {
    let mut s = Script::after_syn(0);
    s.push(0, "abcd").push(2, "CDef").expect("[abcd] ef]").counts(2, 0, 0);
    s.push(10, "kl").push(8, "ijKLmn").counts(4, 0, 6);
    s.push(5, "FghIJKLMNop").expect("gh [ij [kl] mn] op]").counts(11, 0, 0);
}

#[test]
fn an_elided_first_copy_stays_elided() {
    let mut s = Script::after_syn(0);
    s.push(0, "a..d").push(0, "ABCD").push(6, "..").push(4, "efGH").counts(6, 0, 0);
    s.expect("[a .. d] [ef [..]");
}

#[test]
fn the_end_of_a_frame_is_marked_behind_present_and_elided_bytes() {
    let mut s = Script::after_syn(0);
    s.push(0, "ab|cd..|ef").expect("[ab| cd ..| ef]");
    s.push(10, "k..|").push(8, "ij|").expect("[ij|] [k ..|]");
}

#[test]
fn a_run_that_was_cut_loses_the_edge_that_was_cut_off() {
    let mut s = Script::after_syn(0);
    s.push(3, "d").push(0, "abcDe|").expect("[abc [d] e|]").counts(1, 0, 0);
    s.push(7, "hi").push(5, "fgH|").expect("[fg [hi]").counts(2, 0, 0);
}

#[test]
fn sequence_numbers_wrap() {
    let mut s = Script::after_syn(u32::MAX - 1);
    s.push(1, "def").push(u32::MAX - 1, "abc").expect("[abc] [def]");
    s.push(u32::MAX, "bcd").counts(3, 0, 0).push(4, "g").expect("[g]");
}

#[test]
fn a_stream_may_be_longer_than_the_sequence_numbers() {
    let mut seq = 7_u32;
    let mut s = Script::after_syn(seq);
    for _ in 0..150 {
        s.push(seq.wrapping_add(1 << 25), "x").push_elided(seq, 1 << 25).push(seq, "old");
        s.expect("[(33554432)] [x]");
        seq = seq.wrapping_add((1 << 25) + 1);
    }
    s.counts(3 * 150, 0, 0);
}

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
fn the_longest_window_is_a_hole_and_what_is_beyond_it_a_new_connection() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc").push(3 + MAX_AHEAD, "x").expect("[abc]").counts(0, 0, 1);
    s.push(4 + MAX_AHEAD, "new").expect("<1073741824 closed> [x] <restart> [new]");
    s.push(7 + MAX_AHEAD, "er").expect("[er]");
}

#[test]
fn far_behind_begins_a_new_connection_too() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc").push(3_u32.wrapping_sub(MAX_BEHIND), "old").expect("[abc]").counts(3, 0, 0);
    s.push(2_u32.wrapping_sub(MAX_BEHIND), "new").expect("<restart> [new]");
}

#[test]
fn a_new_connection_owes_nothing_to_acknowledgments_of_the_old_one() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc")
        .ack(1 << 30)
        .wait(1)
        .tick()
        .push(1 << 31, "new")
        .expect("[abc] <restart> [new]");
    s.push((1 << 31) + 5, "x").expect("").counts(0, 0, 1);
}

#[test]
fn an_absurd_acknowledgment_is_ignored() {
    let mut s = Script::after_syn(0);
    s.push(3, "def").ack(MAX_AHEAD + 1).ack(1 << 31).wait(1).tick().expect("");
}

#[test]
fn an_absurd_length_is_discarded() {
    let mut s = Script::after_syn(0);
    let chunks = [Chunk { offset: 0, bytes: b"abc", frame_end: false }];
    s.push_chunks(0, u32::MAX, &chunks).expect("").counts(0, u32::MAX.into(), 0);
    s.push_elided(0, MAX_SEGMENT).expect("[(268435456)]");
}

#[test]
fn chunks_that_break_the_rules_are_cut() {
    let mut s = Script::after_syn(0);
    let chunk = |offset, bytes| Chunk { offset, bytes, frame_end: true };
    let chunks = [chunk(0, b"abcd"), chunk(2, b"CDef"), chunk(1, b"B"), chunk(u32::MAX, b"x")];
    s.push_chunks(0, 8, &chunks).expect("[abcd| ef| ..]");
    s.push_chunks(8, 2, &[chunk(0, b"ijkl")]).expect("[ij]");
}

#[test]
fn what_started_stays_started() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc").direction.start_at(observer::input::Seq(900));
    s.push(3, "def").expect("[abc] [def]");
}

#[test]
fn time_that_steps_back_ends_nothing() {
    let mut s = Script::after_syn(0);
    s.limits.hole_timeout = Duration::from_millis(1);
    s.wait(10).push(3, "def").ack(6).step_back(10).tick().expect("");
    s.wait(11).tick().expect("<3 acknowledged> [def]");
}
