//! A whole frame at a glance: what nearly all frames are goes one short way through its words.
//!
//! A frame that ends in the segment at hand, whose arrays have one element or none, with no tagged fields
//! and at most one record set of one batch, needs nothing of the state that goes on from step to step. Its
//! numbers are looked at where they lie, and only when all are as expected, something is kept or told. Of a
//! frame that comes to an array of several elements, wherever it ends, what stands before the first of them is
//! taken, and the walk goes on there. Every other frame goes the general way, which would say the same of
//! these; only of a batch's header it may keep more, where less of it is shown.

use super::answers::Answer;
use super::code::Code;
use super::element::take_set;
use super::frames::{ANY_RESPONSE, MAX_FRAME, find};
use super::look::{MOST_SHOWN, NOWHERE, Omitted, go_on, look, place, plain_set, short_number};
use super::step::{Step, is_shown, pass};
use super::tape::{News, Tape, Window};
use super::walk::Walk;
use super::word::{Op, Word};

/// Words that are looked at, to the record set, the array of several elements or the frame's end.
const MOST_WORDS: u32 = 12;
/// Counts of tagged fields behind a set, a byte each, at most: so that they are read at once.
pub const MOST_COUNTS_BEHIND: u16 = 8;
/// Bytes before a request's first word: length, API key, version and correlation id.
const REQUEST_HEAD: u32 = 12;
/// Bytes before a response's first word: length and correlation id.
const RESPONSE_HEAD: u32 = 8;

/// What came of a glance.
const NOTHING: u32 = 0;
const MORE: u32 = 1;
const DONE: u32 = 2;

/// Takes a frame or its beginning, or in one what comes up to the next record set, if that can be taken at a
/// glance; nothing has changed if not.
#[inline(always)]
pub fn leap<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> Option<Step> {
    if walk.starts_plain_frame() {
        take_frame(walk, tape, code)
    } else {
        take_set(walk, tape, code)
    }
}

/// Takes a frame that begins with the next byte, or its beginning.
#[inline(always)]
fn take_frame<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> Option<Step> {
    match glance(walk, tape, code) {
        MORE => Some(Step::More),
        DONE => Some(Step::Done),
        _ => None,
    }
}

// Of a function that is called, a verifier knows but the number that it returns.
#[inline(never)]
fn glance<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> u32 {
    if !is_shown(tape, RESPONSE_HEAD, || Window::FRAME) || tape.shown() < REQUEST_HEAD {
        return NOTHING;
    }
    let Some(frame) = begin(walk, tape, code) else { return NOTHING };
    let frame = frame.map(|number| tape.forget(number));
    let stop = look_through(frame.next, tape, code);
    let stop = tape.forget(stop);
    // What is looked at lies in the frame, as places only grow; and they have 16 bits.
    let byte = stop >> 16;
    if byte > frame.end || byte > tape.shown() || tape.shown() > MOST_SHOWN {
        return NOTHING;
    }
    let word = code.word(stop as u16);
    if word.is(Op::Array) {
        return leave_off(walk, &frame, (stop as u16, word, byte), tape, code);
    }
    let Some(omitted) = omitted(&frame, word, byte, tape) else { return NOTHING };
    if frame.answer != 0 {
        expect(walk, frame.answer, tape);
    }
    keep(frame.end, omitted, tape)
}

/// Takes a frame up to the first element of an array of several, whose word stands here, and its count.
#[inline(always)]
fn leave_off<T: Tape>(
    walk: &mut Walk,
    frame: &Frame,
    (at, word, byte): (u16, Word, u32),
    tape: &mut T,
    code: &impl Code,
) -> u32 {
    let (number, width) = short_number(word, tape.number(byte));
    let count = word.length(number).unwrap_or(0);
    let behind = byte + width;
    if count <= 1 || behind > frame.end || behind > tape.shown() || count > frame.end - behind {
        return NOTHING;
    }
    if frame.answer != 0 {
        expect(walk, frame.answer, tape);
    }
    if walk.is_request() {
        (walk.correlation_id, walk.answer) = (correlation_id(tape), frame.answer as u16);
    }
    walk.inner = 0;
    walk.left = frame.end - behind;
    walk.enter_deep(word.b(), count);
    tape.keep(behind);
    if !walk.go(at.wrapping_add(1), tape, code) {
        walk.finish();
    }
    match pass(walk, tape) {
        Step::Done => DONE,
        _ => MORE,
    }
}

/// Of the request at hand.
#[inline(always)]
fn correlation_id(tape: &impl Tape) -> u32 {
    (tape.number(8) >> 32) as u32
}

/// A request passes whose answer is to be expected, or an answer that was.
#[inline(always)]
fn expect<T: Tape>(walk: &mut Walk, answer: u32, tape: &mut T) {
    if walk.is_request() {
        tape.tell(News::Expect(Answer::new(correlation_id(tape), answer as u16, 0)));
    } else {
        walk.answers.pass();
    }
}

/// A frame, once its head was looked at; all places are counted from its first byte.
#[derive(Clone, Copy)]
struct Frame {
    /// Where it ends.
    end: u32,
    /// Where its first word stands, and the byte at which it looks.
    next: u32,
    /// Of a request, the word of the answer to be expected; of a response, not 0 for one that was. Asked
    /// once, as the other direction may be at work on another CPU, and have more to say by the time that this
    /// one has passed.
    answer: u32,
}

impl Frame {
    #[inline(always)]
    fn map(self, mut to: impl FnMut(u32) -> u32) -> Self {
        Self { end: to(self.end), next: to(self.next), answer: to(self.answer) }
    }
}

#[inline(always)]
fn begin<T: Tape>(walk: &Walk, tape: &T, code: &impl Code) -> Option<Frame> {
    let first = tape.number(0);
    let end = ((first >> 32) as u32).wrapping_add(4);
    if walk.is_request() {
        let entry = find(code, first as u32);
        if (REQUEST_HEAD..=MAX_FRAME).contains(&end) && entry.is_plain() {
            let next = place(entry.request(), REQUEST_HEAD);
            return Some(Frame { end, next, answer: entry.response().into() });
        }
        return None;
    }
    if !(RESPONSE_HEAD..=MAX_FRAME).contains(&end) {
        return None;
    }
    if walk.answers.expects_none() {
        return Some(Frame { end, next: place(ANY_RESPONSE, RESPONSE_HEAD), answer: 0 });
    }
    let answer = walk.answers.next(first as u32)?;
    if answer.inner() != 0 {
        return None;
    }
    Some(Frame { end, next: place(answer.word(), RESPONSE_HEAD), answer: 1 })
}

/// Looks at a frame's numbers up to that of a set, the count of several elements, or the frame's end; the
/// place of the last.
#[inline(always)]
fn look_through<T: Tape>(mut next: u32, tape: &mut T, code: &impl Code) -> u32 {
    for _ in 0..MOST_WORDS {
        let Some((at, word, byte)) = look(next, tape, code) else { break };
        if word.is(Op::Records) || word.is(Op::End) || word.is(Op::Rest) {
            return place(at, byte);
        }
        next = go_on(word, byte, at.wrapping_add(1), tape.number(byte), 1);
        if next == NOWHERE && word.is(Op::Array) {
            return place(at, byte);
        }
    }
    NOWHERE
}

/// What is left out of a frame whose last word and number stand here, if it ends in the segment and is plain.
#[inline(always)]
fn omitted<T: Tape>(frame: &Frame, word: Word, byte: u32, tape: &mut T) -> Option<Omitted> {
    if frame.end > tape.left() {
        return None;
    }
    if word.is(Op::Records) {
        return omitted_set(frame, word, byte, tape);
    }
    let rest = frame.end - byte;
    let is_kept = rest == 0 || word.is(Op::Rest) && rest <= word.ab();
    let is_shown = is_kept
        && (frame.end <= tape.shown()
            || tape.show(frame.end, Window::FRAME) && frame.end <= tape.shown());
    is_shown.then_some(Omitted { from: frame.end, len: 0 })
}

/// The same where it is that of a set, and its length stands here.
#[inline(always)]
fn omitted_set<T: Tape>(frame: &Frame, word: Word, byte: u32, tape: &T) -> Option<Omitted> {
    let omitted = plain_set(word, byte, frame.end, tape)?;
    let tail = frame.end - omitted.from - omitted.len;
    let is_simple = tail + 1 == u32::from(word.b())
        && (tail == 0 || tape.ending(frame.end) << (64 - 8 * tail) == 0);
    is_simple.then_some(omitted)
}

/// Keeps a frame, but for what is left out, behind which nothing but zeros come.
#[inline(always)]
fn keep<T: Tape>(end: u32, omitted: Omitted, tape: &mut T) -> u32 {
    tape.keep(omitted.from);
    if omitted.len > 0 {
        tape.leave_out(omitted.len);
        tape.keep_zeros(end - omitted.from - omitted.len);
    }
    if tape.left() == 0 { DONE } else { MORE }
}
