//! One step: a direction's state and the bytes that come next in; which of them to keep out.

use super::act::{Then, act, follow};
use super::code::Code;
use super::frames::look_at_token;
use super::tape::{Tape, Window};
use super::walk::Walk;
use super::why::Why;
use super::word::{Op, Width};

/// Steps that the kernel grants an skb: of one that takes more, what has not passed is told as it is
/// ([`Why::Work`]).
pub const MOST_STEPS: u32 = 16 << 10;
/// Groups of seven bits of a varint.
const MOST_GROUPS: u32 = 5;

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    More,
    /// The skb's bytes have passed.
    Done,
    /// The frame boundaries are lost; what has not passed is to be copied as it is.
    Out(Why),
}

/// Takes a direction one step further, where bytes of the skb have not passed. None of those that come
/// next are [unwanted](Walk::unwanted), as [`pass`] leaves them out.
#[inline(always)]
pub fn step<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> Step {
    let then = read(walk, tape, code);
    match follow(walk, tape, code, then) {
        Step::More => pass(walk, tape),
        out => out,
    }
}

/// Reads a number and does what its word says, or keeps bytes before it.
#[inline(always)]
fn read<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> Then {
    if walk.omit > 0 {
        return show_kept(walk, tape);
    }
    walk.keep += walk.before;
    walk.before = 0;
    if walk.word.is(Op::Ended) && walk.keep == 0 {
        return look_at_token(walk, tape, code);
    }
    let width = missing_width(walk);
    if !is_shown(tape, walk.keep + width, || walk.window()) {
        return Then::out(Why::Unreadable);
    }
    if tape.shown() < walk.keep + width {
        return if walk.keep > 0 { show_kept(walk, tape) } else { keep_part(walk, tape) };
    }
    let number = if walk.word.width() == Width::Varint as u32 {
        let Some(number) = varint(walk, tape) else { return Then::STAY };
        number
    } else {
        let number = number(walk, tape.number(walk.keep), width);
        tape.keep(walk.keep + width);
        walk.keep = 0;
        number
    };
    act(walk, tape, code, number)
}

/// Passes over the bytes to keep that are shown, and over those to leave out behind them: what the skb
/// ends with takes no step of its own.
#[inline(always)]
pub(super) fn pass<T: Tape>(walk: &mut Walk, tape: &mut T) -> Step {
    let kept = min(walk.keep, tape.shown());
    tape.keep(kept);
    walk.keep -= kept;
    let unwanted = min(walk.unwanted(), tape.left());
    if unwanted > 0 {
        tape.leave_out(unwanted);
        walk.omit -= unwanted;
    }
    if tape.left() == 0 { Step::Done } else { Step::More }
}

/// Bytes of the number that have not been read.
#[inline(always)]
fn missing_width(walk: &Walk) -> u32 {
    match walk.word.width() {
        // Its first byte; the others follow.
        16 => 1,
        width => width - u32::from(walk.read),
    }
}

/// Whether so many bytes are shown, or all that there are.
#[inline(always)]
pub(super) fn is_shown<T: Tape>(
    tape: &mut T,
    wanted: u32,
    window: impl FnOnce() -> Window,
) -> bool {
    tape.shown() >= wanted || tape.shown() == tape.left() || tape.show(wanted, window())
}

/// Shows bytes to keep, where none are; [`pass`] keeps them.
#[inline(always)]
fn show_kept<T: Tape>(walk: &Walk, tape: &mut T) -> Then {
    if tape.shown() == 0 && !tape.show(walk.keep, Window::AMID) {
        return Then::out(Why::Unreadable);
    }
    Then::STAY
}

/// A number's first bytes are the skb's last.
#[inline(always)]
pub(super) fn keep_part<T: Tape>(walk: &mut Walk, tape: &mut T) -> Then {
    let n = tape.shown();
    let read = walk.read.wrapping_add(n as u8);
    walk.number = number(walk, tape.number(0), n);
    walk.read = read;
    tape.keep(n);
    Then::STAY
}

/// The number, with `width` bytes more, which are the first of these eight.
#[inline(always)]
fn number(walk: &mut Walk, bytes: u64, width: u32) -> u64 {
    if width == 0 {
        return 0;
    }
    let read = bytes >> (64 - 8 * width);
    if walk.read == 0 {
        return read;
    }
    // Of one that is split, at most seven bytes come now.
    let whole = walk.number << (8 * width) | read;
    (walk.number, walk.read) = (0, 0);
    whole
}

/// A varint, once its last byte is there. One that is too long ends the message.
#[inline(always)]
fn varint<T: Tape>(walk: &mut Walk, tape: &mut T) -> Option<u64> {
    let there = min(tape.shown() - walk.keep, walk.left);
    let mut bytes = tape.number(walk.keep);
    let mut used = 0;
    let mut groups = u32::from(walk.read);
    let mut value = walk.number;
    let mut ends = false;
    for _ in 0..MOST_GROUPS {
        if used == there || groups == MOST_GROUPS || ends {
            break;
        }
        let byte = bytes >> 56;
        value |= (byte & 0x7f) << (7 * groups);
        ends = byte < 0x80;
        bytes <<= 8;
        groups += 1;
        used += 1;
    }
    tape.keep(walk.keep + used);
    walk.keep = 0;
    (walk.number, walk.read) = (0, 0);
    // Of those that are there, so they are the frame's.
    walk.left -= used;
    if ends {
        return Some(value & 0xffff_ffff);
    }
    if used == 0 || groups == MOST_GROUPS {
        walk.finish();
    } else {
        (walk.number, walk.read) = (value, groups as u8);
    }
    None
}

/// The lesser.
#[inline(always)]
pub(super) fn min(a: u32, b: u32) -> u32 {
    if a < b { a } else { b }
}
