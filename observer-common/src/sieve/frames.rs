//! The beginnings of frames: their lengths, API keys, versions and correlation ids, and tokens in the
//! place of frames.

use super::act::Then;
use super::answers::Answer;
use super::code::{Code, Entry, entry_index};
use super::step::{is_shown, keep_part, min};
use super::tape::{News, Tape, Window};
use super::tokens::Tokens;
use super::walk::Walk;
use super::why::Why;
use super::word::{Op, Width, Word};

/// The largest first request that is believed, as the broker's own `socket.request.max.bytes`.
pub const MAX_REQUEST: u32 = 100 << 20;
/// The largest frame of a connection that is known to be Kafka's.
pub const MAX_FRAME: u32 = 1 << 30;
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
) -> Then {
    if walk.word.is(Op::Request) {
        walk.left = (number >> 32) as u32;
        let most = if walk.is_proven() { MAX_FRAME } else { MAX_REQUEST };
        if !(8..=most).contains(&walk.left) {
            return Then::out(Why::Length);
        }
        walk.left -= 4;
    }
    let entry = find(code, number as u32);
    if !walk.is_proven() {
        if !entry.is_known() {
            return Then::out(Why::Unproven);
        }
        // Produce v0 of a client without a name proves nothing: so begins ZooKeeper's handshake.
        if number as u32 != 0 {
            prove(walk, tape);
        }
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
    if tape.shown() < ASKED.width() {
        return Then::STAY.if_done(walk.load(ASKED));
    }
    // It is at hand, as nearly always.
    let id = (tape.number(0) >> 32) as u32;
    tape.keep(ASKED.width());
    if walk.claim(ASKED.width()) { asked(walk, tape, id) } else { Then::FINISH }
}

#[inline(always)]
pub(super) fn prove<T: Tape>(walk: &mut Walk, tape: &mut T) {
    walk.prove();
    tape.tell(News::Proven);
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
pub(super) fn response(walk: &mut Walk, number: u64) -> Then {
    walk.left = (number >> 32) as u32;
    if !walk.is_proven() {
        return Then::out(Why::Unproven);
    }
    if !(4..=MAX_FRAME).contains(&walk.left) {
        return Then::out(Why::Length);
    }
    walk.left -= 4;
    walk.pass_response();
    if let Some(answer) = walk.answers.take(number as u32) {
        walk.inner = answer.inner();
        Then::go(answer.word())
    } else if walk.answers.has_forgotten() {
        Then::FINISH
    } else {
        Then::go(ANY_RESPONSE)
    }
}

/// The length of what may be a token.
#[inline(always)]
pub(super) fn token(walk: &mut Walk, len: u32) -> Then {
    walk.left = len;
    if len > MAX_REQUEST {
        return Then::out(Why::Length);
    }
    walk.word = ENDED;
    Then::STAY.if_done(walk.is_request() && len >= 8)
}

/// Whether the frame at hand is no token, but a request: if so, it is read as one. Bytes of a number
/// that is split are kept where they may be a request's: too few to tell anything of a password.
#[inline(always)]
pub(super) fn look_at_token<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> Then {
    let missing = NAMED.width() - u32::from(walk.read);
    if !is_shown(tape, missing, || Window::AMID) {
        return Then::out(Why::Unreadable);
    }
    let n = min(tape.shown(), missing);
    let seen = walk.number << (8 * n) | tape.number(0) >> (64 - 8 * n);
    let key_and_version = (seen << (8 * (missing - n))) as u32;
    if n < missing {
        if entry_index(key_and_version).is_some() && walk.claim(n) {
            return keep_part(walk, tape);
        }
    } else if find(code, key_and_version).is_known() && walk.claim(missing) {
        walk.note_tokens(Tokens::No);
        tape.tell(News::Tokens(Tokens::No));
        walk.word = NAMED;
        return Then::STAY;
    }
    Then::FINISH
}

/// A request's correlation id.
#[inline(always)]
pub(super) fn asked<T: Tape>(walk: &mut Walk, tape: &mut T, id: u32) -> Then {
    walk.correlation_id = id;
    if walk.answer != 0 {
        tape.tell(News::Expect(Answer::new(id, walk.answer, 0)));
    }
    Then::go(walk.at)
}
