//! The beginnings of frames: their lengths, API keys, versions and correlation ids, and tokens in the
//! place of frames.

use super::answers::Answer;
use super::code::{Code, Entry, entry_index};
use super::step::{Step, is_shown};
use super::tape::{News, Tape};
use super::tokens::Tokens;
use super::walk::Walk;
use super::why::Why;
use super::word::{Op, Width, Word};

/// The largest request, as the broker's own `socket.request.max.bytes`.
pub const MAX_REQUEST: u32 = 100 << 20;
/// The largest response that is believed without a look at the bytes behind it.
pub const MAX_RESPONSE: u32 = 1 << 30;
/// The word for requests of unknown APIs and versions.
pub const UNKNOWN_REQUEST: u16 = 1;
/// The word for responses without words of their own.
pub const ANY_RESPONSE: u16 = 3;
/// The word for responses to requests of unknown APIs and versions.
pub const SHORT_RESPONSE: u16 = 4;

const ASKED: Word = Word::new(Op::Asked, Width::Four, 0, 0, 0);
const ENDED: Word = Word::new(Op::Ended, Width::None, 0, 0, 0);
const NAMED: Word = Word::new(Op::Named, Width::Four, 0, 0, 0);

/// Whether a frame may begin with these bytes; of a response not much can be told.
#[inline(always)]
pub fn may_begin(first: u64, is_request: bool, code: &impl Code) -> bool {
    let len = (first >> 32) as u32;
    if is_request {
        (8..=MAX_REQUEST).contains(&len) && find(code, first as u32).is_known()
    } else {
        (4..=MAX_REQUEST).contains(&len)
    }
}

/// API key and version of a request, which its length may stand before.
#[inline(always)]
pub(super) fn request<T: Tape>(
    walk: &mut Walk,
    tape: &mut T,
    code: &impl Code,
    number: u64,
) -> Step {
    if walk.word.is(Op::Request) {
        walk.left = (number >> 32) as u32;
        if !(8..=MAX_REQUEST).contains(&walk.left) {
            return Step::Out(Why::Length);
        }
        walk.left -= 4;
    }
    let entry = find(code, number as u32);
    if !walk.is_proven() {
        if !entry.is_known() {
            return Step::Out(Why::Unproven);
        }
        walk.prove();
        tape.tell(News::Proven);
    }
    if entry.starts_tokens() {
        walk.note_tokens(Tokens::Now);
        tape.tell(News::Tokens(Tokens::Soon));
    }
    if entry.is_known() {
        (walk.at, walk.answer) = (entry.request(), entry.response());
    } else {
        (walk.at, walk.answer) = (UNKNOWN_REQUEST, SHORT_RESPONSE);
    }
    walk.load(ASKED);
    Step::More
}

#[inline(always)]
pub(super) fn find(code: &impl Code, key_and_version: u32) -> Entry {
    match entry_index(key_and_version) {
        Some(index) => code.entry(index),
        None => Entry::default(),
    }
}

/// Length and correlation id of a response.
#[inline(always)]
pub(super) fn response(walk: &mut Walk, code: &impl Code, number: u64) -> Step {
    walk.left = (number >> 32) as u32;
    if !walk.is_proven() {
        return Step::Out(Why::Unproven);
    }
    if !(4..=MAX_RESPONSE).contains(&walk.left) {
        return Step::Out(Why::Length);
    }
    walk.left -= 4;
    walk.pass_response();
    let answer = walk.take_answer(number as u32);
    walk.inner = answer.inner();
    walk.go(if answer.word() == 0 { ANY_RESPONSE } else { answer.word() }, code);
    Step::More
}

/// The length of what may be a token.
#[inline(always)]
pub(super) fn token(walk: &mut Walk, len: u32) -> Step {
    walk.left = len;
    if len > MAX_REQUEST {
        return Step::Out(Why::Length);
    }
    if walk.is_request() && len >= 8 {
        walk.word = ENDED;
    } else {
        walk.finish();
    }
    Step::More
}

/// Whether the frame at hand is no token, but a request: if so, it is read as one.
#[inline(always)]
pub(super) fn look_at_token<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> Step {
    const SEEN: u32 = 4;
    if !is_shown(tape, SEEN, false) {
        return Step::Out(Why::Unreadable);
    }
    let entry = find(code, (tape.number(0) >> 32) as u32);
    if tape.shown() >= SEEN && entry.is_known() {
        walk.note_tokens(Tokens::No);
        tape.tell(News::Tokens(Tokens::No));
        walk.load(NAMED);
    } else {
        walk.finish();
    }
    Step::More
}

/// A request's correlation id.
#[inline(always)]
pub(super) fn asked<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code, id: u32) {
    walk.correlation_id = id;
    if walk.answer != 0 {
        tape.tell(News::Expect(Answer::new(id, walk.answer, 0)));
    }
    walk.go(walk.at, code);
}
