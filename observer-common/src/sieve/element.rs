//! An element of an array at a glance: from behind one record set, or the array's count, to behind the next
//! one's length and header, in one step.
//!
//! Of a frame with many partitions nearly all bytes are their sets, and nearly all steps those from one set
//! to the next: counts of no tagged fields, the element's end, numbers to keep, an empty array. They are
//! looked at where they lie, and only when all are as expected, they are taken. Any other element goes from
//! word to word, which would come to the same.

use super::code::Code;
use super::look::{MOST_SHOWN, NOWHERE, go_on, look, place, plain_set};
use super::step::{Step, is_shown, pass};
use super::tape::Tape;
use super::walk::Walk;
use super::word::Op;

/// Words that are looked at, with the set's.
const MOST_WORDS: u32 = 6;

/// Takes what comes up to the next set and what comes of it, if that is as nearly always; nothing has changed
/// if not.
#[inline(always)]
pub fn take_set<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> Option<Step> {
    take_element(walk, tape, code).then(|| pass(walk, tape))
}

/// Takes what comes up to the end of a set's length, and what is kept of the set; the walk is behind it then.
// Inlined, it would be more of a stack than the kernel gives.
#[inline(never)]
fn take_element<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> bool {
    let word = walk.word;
    let may_be = word.is(Op::Tagged) || word.is(Op::Array) || word.is(Op::Records);
    let is_waited_for = walk.before ^ word.before() | walk.keep | walk.omit | u32::from(walk.read);
    if !may_be
        || is_waited_for != 0
        || walk.elements() == 0
        || !is_shown(tape, 1, || walk.window_amid())
    {
        return false;
    }
    let to = look_ahead(walk, tape, code);
    let to = tape.forget(to);
    let (at, byte) = (to as u16, to >> 16);
    let left = walk.left + word.claims();
    if byte > tape.shown() || tape.shown() > MOST_SHOWN {
        return false;
    }
    let Some(set) = plain_set(code.word(at), byte, left, tape) else { return false };
    // Only the end of an element leads back.
    if at < walk.at {
        walk.pass_element();
    }
    walk.before = 0;
    walk.left = left - set.from - set.len;
    walk.omit = set.len;
    tape.keep(set.from);
    if !walk.go(at.wrapping_add(1), tape, code) {
        walk.finish();
    }
    true
}

/// The place of the next set's word, and of its length.
#[inline(always)]
fn look_ahead<T: Tape>(walk: &Walk, tape: &mut T, code: &impl Code) -> u32 {
    let mut next = place(walk.at, 0);
    let mut more = walk.elements() > 1;
    for _ in 0..MOST_WORDS {
        let Some((at, word, byte)) = look(next, tape, code) else { break };
        if word.is(Op::Records) {
            return place(at, byte);
        }
        if !word.is(Op::Next) {
            next = go_on(word, byte, at.wrapping_add(1), tape.number(byte), 0);
        } else if more {
            more = false;
            next = place(word.a(), byte);
        } else {
            break;
        }
    }
    NOWHERE
}
