//! Whole messages inside a frame (KIP-590): their layout is followed as that of any other.

use super::answers::Answer;
use super::code::Code;
use super::frames::{ANY_RESPONSE, find};
use super::tape::{News, Tape};
use super::walk::Walk;
use super::word::{Op, Width, Word};

const INNER: Word = Word::new(Op::Inner, Width::Four, 0, 0, 0);

/// The length of a wrapped request, which begins with its API key, version and correlation id.
#[inline(always)]
pub(super) fn wrapped_request(walk: &mut Walk, code: &impl Code, len: u32) {
    const ID_LEN: u32 = 8;
    let behind = walk.at.wrapping_add(1);
    if len < ID_LEN || walk.back != 0 {
        if walk.claim_text(len, 0) {
            walk.go(behind, code);
        }
    } else if walk.claim(len) {
        enter_wrapped(walk, len, behind);
        walk.load(INNER);
    } else {
        walk.finish();
    }
}

/// What is claimed are the bytes of a wrapped message, which words of its own claim again.
#[inline(always)]
fn enter_wrapped(walk: &mut Walk, len: u32, behind: u16) {
    walk.around = walk.left;
    walk.left = len;
    walk.back = behind;
}

/// API key and version of a wrapped request.
#[inline(always)]
pub(super) fn inner<T: Tape>(
    walk: &mut Walk,
    tape: &mut T,
    code: &impl Code,
    key_and_version: u32,
) {
    let entry = find(code, key_and_version);
    if walk.answer != 0 {
        let answer = Answer::new(walk.correlation_id, walk.answer, entry.response());
        tape.tell(News::Expect(answer));
    }
    // The correlation id.
    if !walk.claim_text(4, 4) {
        return;
    }
    if entry.is_known() {
        walk.go(entry.request(), code);
    } else {
        walk.finish();
    }
}

/// The length of a wrapped response, which begins with its correlation id.
#[inline(always)]
pub(super) fn wrapped_response(walk: &mut Walk, code: &impl Code, len: u32) {
    let behind = walk.at.wrapping_add(1);
    if len < 4 || walk.back != 0 {
        if walk.claim_text(len, 0) {
            walk.go(behind, code);
        }
    } else if walk.claim(len) {
        enter_wrapped(walk, len, behind);
        walk.claim_text(4, 4);
        walk.go(if walk.inner == 0 { ANY_RESPONSE } else { walk.inner }, code);
    } else {
        walk.finish();
    }
}
