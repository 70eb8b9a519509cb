//! What comes out, in which order and with which edges.

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
    s.push(0, "ab|cd..|ef").expect("[ab |cd .. |ef]");
    s.push(10, "|k..").push(8, "|ij").expect("[|ij] [|k ..]");
}

#[test]
fn a_run_that_was_cut_loses_the_edge_that_was_cut_off() {
    let mut s = Script::after_syn(0);
    s.push(3, "d").push(0, "|abcDe").expect("[|abc [d] e]").counts(1, 0, 0);
    s.push(7, "hi").push(5, "fg|H").expect("[fg [hi]").counts(2, 0, 0);
}

#[test]
fn what_started_stays_started() {
    let mut s = Script::after_syn(0);
    s.push(0, "abc").direction.start_at(observer::input::Seq(900));
    s.push(3, "def").expect("[abc] [def]");
}
