//! Whole messages inside a frame (KIP-590): their layout is followed as that of any other.

use super::act::Then;
use super::answers::Answer;
use super::code::Code;
use super::frames::{ANY_RESPONSE, find};
use super::tape::{News, Tape};
use super::walk::Walk;
use super::word::{Op, Width, Word};

const INNER: Word = Word::new(Op::Inner, Width::Four, 0, 0, 0);

/// The length of a wrapped request, which begins with its API key, version and correlation id.
#[inline(always)]
pub(super) fn wrapped_request(walk: &mut Walk, len: u32) -> Then {
    const ID_LEN: u32 = 8;
    let behind = walk.at.wrapping_add(1);
    if len < ID_LEN || walk.back != 0 {
        return Then::go(behind).if_done(walk.claim_text(len, 0));
    }
    Then::STAY.if_done(enter(walk, len, behind) && walk.load(INNER))
}

/// What is claimed are the bytes of a wrapped message, which words of its own claim again.
#[inline(always)]
const fn enter(walk: &mut Walk, len: u32, behind: u16) -> bool {
    if !walk.claim(len) {
        return false;
    }
    walk.around = walk.left;
    walk.left = len;
    walk.back = behind;
    true
}

/// API key and version of a wrapped request.
#[inline(always)]
pub(super) fn inner<T: Tape>(
    walk: &mut Walk,
    tape: &mut T,
    code: &impl Code,
    key_and_version: u32,
) -> Then {
    let entry = find(code, key_and_version);
    if walk.answer != 0 {
        let answer = Answer::new(walk.correlation_id, walk.answer, entry.response());
        tape.tell(News::Wraps(answer));
    }
    // The correlation id.
    let is_followed = walk.claim_text(4, 4) && entry.is_known();
    Then::go(entry.request()).if_done(is_followed)
}

/// The length of a wrapped response, which begins with its correlation id.
#[inline(always)]
pub(super) fn wrapped_response(walk: &mut Walk, len: u32) -> Then {
    let behind = walk.at.wrapping_add(1);
    if len < 4 || walk.back != 0 {
        return Then::go(behind).if_done(walk.claim_text(len, 0));
    }
    let first = if walk.inner == 0 { ANY_RESPONSE } else { walk.inner };
    Then::go(first).if_done(enter(walk, len, behind) && walk.claim_text(4, 4))
}
