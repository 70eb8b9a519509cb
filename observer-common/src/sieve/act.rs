//! What each op does with the number that its word has read. Those that come most often stand first.

use super::code::Code;
use super::frames::{asked, prove, request, response, token};
use super::sets::{batch, magic, records};
use super::step::{Step, min};
use super::tape::Tape;
use super::walk::Walk;
use super::why::Why;
use super::word::{Op, Width, Word};
use super::wrapped::{inner, wrapped_request, wrapped_response};

/// Bytes of a string that are kept: as many as are ever reported.
pub const MAX_KEPT: u32 = 256;
/// Bytes of a tagged field that are kept.
const MAX_TAG_KEPT: u32 = 4096;

const TAG: Word = Word::new(Op::Tag, Width::Varint, 0, 0, 0);
const TAG_LENGTH: Word = Word::new(Op::TagLength, Width::Varint, 0, 0, 0);

/// What comes behind an op: what to do, and the place of a word or the number of a reason.
#[derive(Clone, Copy)]
pub(super) struct Then(u32);

const GO: u32 = 0;
const STAY: u32 = 1 << 16;
const FINISH: u32 = 2 << 16;
const OUT: u32 = 3 << 16;

impl Then {
    /// The word that the op has taken up.
    pub(super) const STAY: Self = Self(STAY);
    /// Nothing: the message has ended, or is given up.
    pub(super) const FINISH: Self = Self(FINISH);

    /// The word at this place.
    #[inline(always)]
    pub(super) const fn go(at: u16) -> Self {
        Self(GO | at as u32)
    }

    /// The frame boundaries are lost.
    #[inline(always)]
    pub(super) const fn out(why: Why) -> Self {
        Self(OUT | why as u32)
    }

    /// Goes on as the op says, if it could do what it was to do.
    #[inline(always)]
    pub(super) const fn if_done(self, is_done: bool) -> Self {
        if is_done { self } else { Self::FINISH }
    }
}

/// Goes on as an op says.
#[inline(always)]
pub(super) fn follow<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code, then: Then) -> Step {
    let Then(then) = then;
    let then = tape.forget(then);
    let goes_on = match then & !0xffff {
        GO => walk.go(then as u16, tape, code),
        STAY => true,
        FINISH => false,
        _ => return Step::Out(Why::from_number(then & 0xffff).unwrap_or(Why::Work)),
    };
    if !goes_on {
        walk.finish();
    }
    Step::More
}

/// Does what the word says with the number that it has read.
#[inline(always)]
pub(super) fn act<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code, number: u64) -> Then {
    let word = walk.word;
    let behind = walk.at.wrapping_add(1);
    if word.is(Op::Request) || word.is(Op::Named) {
        request(walk, tape, code, number)
    } else if word.is(Op::Response) {
        response(walk, number)
    } else if word.is(Op::Token) {
        token(walk, number as u32)
    } else if word.is(Op::Tagged) {
        walk.tags = number as u32;
        if walk.tags == 0 {
            return Then::go(behind);
        }
        walk.word = TAG;
        Then::STAY
    } else if word.is(Op::Text) {
        if !walk.is_proven() {
            // The client id of what may be Produce v0.
            if number == 0 {
                return Then::out(Why::Unproven);
            }
            prove(walk, tape);
        }
        let is_claimed = walk.claim_text(word.length(number).unwrap_or(0), MAX_KEPT);
        Then::go(behind).if_done(is_claimed)
    } else if word.is(Op::Array) {
        array(walk, word, word.length(number).unwrap_or(0))
    } else if word.is(Op::Records) {
        records(walk, tape, word, word.length(number).unwrap_or(0))
    } else if word.is(Op::Batch) {
        batch(walk, number as u32)
    } else if word.is(Op::Magic) {
        magic(walk, tape, number as u8)
    } else if word.is(Op::Asked) {
        asked(walk, tape, number as u32)
    } else {
        rare(walk, tape, code, number)
    }
}

#[inline(always)]
fn rare<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code, number: u64) -> Then {
    let word = walk.word;
    let behind = walk.at.wrapping_add(1);
    if word.is(Op::Secret) {
        Then::go(behind).if_done(walk.claim_text(word.length(number).unwrap_or(0), 0))
    } else if word.is(Op::Row) {
        // Each has a byte at least, so more of them than bytes are too many.
        let rows = min(word.length(number).unwrap_or(0), walk.left.wrapping_add(1));
        let bytes = u64::from(rows) * u64::from(word.a());
        let is_claimed = walk.claim_text(bytes.min(u64::from(u32::MAX)) as u32, u32::MAX);
        Then::go(behind).if_done(is_claimed)
    } else if word.is(Op::Next) {
        Then::go(walk.round(word))
    } else if word.is(Op::Nullable) {
        Then::go(if (number as u8) < 0x80 { behind } else { word.a() })
    } else if word.is(Op::Tag) {
        walk.word = TAG_LENGTH;
        Then::STAY
    } else if word.is(Op::TagLength) {
        if !walk.claim_text(number as u32, MAX_TAG_KEPT) {
            return Then::FINISH;
        }
        walk.tags = walk.tags.wrapping_sub(1);
        if walk.tags == 0 {
            return Then::go(behind);
        }
        walk.word = TAG;
        Then::STAY
    } else if word.is(Op::WrappedRequest) {
        wrapped_request(walk, word.length(number).unwrap_or(0))
    } else if word.is(Op::Inner) {
        inner(walk, tape, code, number as u32)
    } else if word.is(Op::WrappedResponse) {
        wrapped_response(walk, word.length(number).unwrap_or(0))
    } else if word.is(Op::Back) {
        Then::go(word.a())
    } else if word.is(Op::Keep) {
        Then::go(behind)
    } else {
        if word.is(Op::Rest) {
            walk.keep_rest(word);
        }
        Then::FINISH
    }
}

#[inline(always)]
fn array(walk: &mut Walk, word: Word, count: u32) -> Then {
    if count == 0 {
        Then::go(word.a())
    } else {
        Then::go(walk.at.wrapping_add(1)).if_done(count <= walk.left && walk.enter(count))
    }
}
