//! What each op does with the number that its word has read. Those that come most often stand first.

use super::code::Code;
use super::frames::{asked, request, response, token};
use super::sets::{batch, magic, records};
use super::step::{Step, min};
use super::tape::Tape;
use super::walk::Walk;
use super::word::{Op, Width, Word};
use super::wrapped::{inner, wrapped_request, wrapped_response};

/// Bytes of a string that are kept: as many as are ever reported.
pub const MAX_KEPT: u32 = 256;
/// Bytes of a tagged field that are kept.
const MAX_TAG_KEPT: u32 = 4096;

const TAG: Word = Word::new(Op::Tag, Width::Varint, 0, 0, 0);
const TAG_LENGTH: Word = Word::new(Op::TagLength, Width::Varint, 0, 0, 0);

/// Does what the word says with the number that it has read.
#[inline(always)]
pub(super) fn act<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code, number: u64) -> Step {
    let word = walk.word;
    let behind = walk.at.wrapping_add(1);
    if word.is(Op::Request) || word.is(Op::Named) {
        return request(walk, tape, code, number);
    }
    if word.is(Op::Response) {
        return response(walk, code, number);
    }
    if word.is(Op::Token) {
        return token(walk, number as u32);
    }
    if word.is(Op::Tagged) {
        walk.tags = number as u32;
        if walk.tags > 0 {
            walk.word = TAG;
        } else {
            walk.go(behind, code);
        }
        return Step::More;
    }
    if word.is(Op::Text) {
        if walk.claim_text(word.length(number).unwrap_or(0), MAX_KEPT) {
            walk.go(behind, code);
        }
        return Step::More;
    }
    if word.is(Op::Array) {
        array(walk, code, word, word.length(number).unwrap_or(0));
        return Step::More;
    }
    if word.is(Op::Records) {
        records(walk, code, word, word.length(number).unwrap_or(0));
        return Step::More;
    }
    if word.is(Op::Batch) {
        batch(walk, code, number as u32);
        return Step::More;
    }
    if word.is(Op::Magic) {
        magic(walk, code, number as u8);
        return Step::More;
    }
    if word.is(Op::Asked) {
        asked(walk, tape, code, number as u32);
        return Step::More;
    }
    rare(walk, tape, code, number)
}

#[inline(always)]
fn rare<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code, number: u64) -> Step {
    let word = walk.word;
    let behind = walk.at.wrapping_add(1);
    if word.is(Op::Secret) {
        if walk.claim_text(word.length(number).unwrap_or(0), 0) {
            walk.go(behind, code);
        }
    } else if word.is(Op::Row) {
        // Each has a byte at least, so more of them than bytes are too many.
        let rows = min(word.length(number).unwrap_or(0), walk.left.wrapping_add(1));
        let bytes = u64::from(rows) * u64::from(word.a());
        if walk.claim_text(bytes.min(u64::from(u32::MAX)) as u32, u32::MAX) {
            walk.go(behind, code);
        }
    } else if word.is(Op::Next) {
        let at = walk.round(word);
        walk.go(at, code);
    } else if word.is(Op::Nullable) {
        walk.go(if (number as u8) < 0x80 { behind } else { word.a() }, code);
    } else if word.is(Op::Tag) {
        walk.word = TAG_LENGTH;
    } else if word.is(Op::TagLength) {
        if walk.claim_text(number as u32, MAX_TAG_KEPT) {
            walk.tags = walk.tags.wrapping_sub(1);
            if walk.tags > 0 {
                walk.word = TAG;
            } else {
                walk.go(behind, code);
            }
        }
    } else if word.is(Op::WrappedRequest) {
        wrapped_request(walk, code, word.length(number).unwrap_or(0));
    } else if word.is(Op::Inner) {
        inner(walk, tape, code, number as u32);
    } else if word.is(Op::WrappedResponse) {
        wrapped_response(walk, code, word.length(number).unwrap_or(0));
    } else if word.is(Op::Back) {
        walk.go(word.a(), code);
    } else if word.is(Op::Keep) {
        walk.go(behind, code);
    } else if word.is(Op::Rest) {
        walk.keep_rest(word);
    } else {
        walk.finish();
    }
    Step::More
}

#[inline(always)]
fn array(walk: &mut Walk, code: &impl Code, word: Word, count: u32) {
    if count == 0 {
        walk.go(word.a(), code);
    } else if count <= walk.left && walk.enter(count) {
        walk.go(walk.at.wrapping_add(1), code);
    } else {
        walk.finish();
    }
}
