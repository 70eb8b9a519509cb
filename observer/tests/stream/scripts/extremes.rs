//! Numbers that wrap, leap, or cannot be true.

use std::time::Duration;

use observer::input::Chunk;
use observer::stream::{MAX_AHEAD, MAX_BEHIND, MAX_SEGMENT};

use crate::script::Script;

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
    let chunks = [Chunk { offset: 0, bytes: b"abc", frame_start: false }];
    s.push_chunks(0, u32::MAX, &chunks).expect("").counts(0, u32::MAX.into(), 0);
    s.push_elided(0, MAX_SEGMENT).expect("[(268435456)]");
}

#[test]
fn chunks_that_break_the_rules_are_cut() {
    let mut s = Script::after_syn(0);
    let chunk = |offset, bytes| Chunk { offset, bytes, frame_start: true };
    let chunks = [chunk(0, b"abcd"), chunk(2, b"CDef"), chunk(1, b"B"), chunk(u32::MAX, b"x")];
    s.push_chunks(0, 8, &chunks).expect("[|abcd ef ..]");
    s.push_chunks(8, 2, &[chunk(0, b"ijkl")]).expect("[|ij]");
}

#[test]
fn time_that_steps_back_ends_nothing() {
    let mut s = Script::after_syn(0);
    s.limits.hole_timeout = Duration::from_millis(1);
    s.wait(10).push(3, "def").ack(6).step_back(10).tick().expect("");
    s.wait(11).tick().expect("<3 acknowledged> [def]");
}

#[test]
fn an_old_acknowledgment_does_not_return_when_the_numbers_have_turned() {
    let mut s = Script::after_syn(0);
    s.ack(3).wait(1).push(3, "def").expect("<3 acknowledged> [def]");
    let next = s.advance(6, 8);
    s.push(next.wrapping_add(2), "x").expect("").counts(0, 0, 1);
}

#[test]
fn nor_does_one_that_was_overtaken_within_its_grace() {
    let mut s = Script::after_syn(0);
    let mut next = 0_u32;
    s.ack(1);
    for _ in 0..9 {
        s.ack(next.wrapping_add(MAX_SEGMENT + 1));
        next = s.advance(next, 1);
    }
    s.push(next.wrapping_add(2), "x").wait(1).tick().expect("").counts(0, 0, 1);
    s.wait(1).tick().expect("").counts(0, 0, 1);
}

#[test]
fn nor_does_an_old_gap() {
    let mut s = Script::after_syn(0);
    s.push(3, "def").wait(2000).tick().expect("<3 timeout> [def]");
    let next = s.push_elided(6, MAX_SEGMENT - 6).advance(MAX_SEGMENT, 15);
    s.push(next, "abc").push(0, "abc").expect("[abc]").counts(3, 0, 0);
}
