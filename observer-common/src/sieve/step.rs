//! One step: a direction's state and the bytes that come next in; which of them to keep out.

use super::answers::Answer;
use super::code::{Code, Entry, entry_index};
use super::walk::{Tokens, Walk};
use super::word::{Op, Width, Word};

/// Bytes of a string that are kept: as many as are ever reported.
pub const MAX_KEPT: u32 = 256;
/// Bytes of a tagged field that are kept.
pub const MAX_TAG_KEPT: u32 = 4096;
/// The largest request, as the broker's own `socket.request.max.bytes`.
pub const MAX_REQUEST: u32 = 100 << 20;
/// The largest response that is believed without a look at the bytes behind it.
pub const MAX_RESPONSE: u32 = 1 << 30;
/// The word for requests of unknown APIs and versions.
pub const UNKNOWN_REQUEST: u16 = 1;
/// The word for responses without words of their own.
pub const ANY_RESPONSE: u16 = 2;

/// Batches of a record set (KIP-98): the bytes before a batch's length, those between it and the
/// magic, and of the whole header; those of an older message's.
const BEFORE_LENGTH: u32 = 8;
const BEFORE_MAGIC: u32 = 4;
const MAGIC_END: u32 = 17;
const BATCH_HEADER: u32 = 61;
const MESSAGE_HEADER: u32 = 18;

const TAG: Word = Word::new(Op::Tag, Width::Varint, 0, 0, 0);
const TAG_LENGTH: Word = Word::new(Op::TagLength, Width::Varint, 0, 0, 0);
const ASKED: Word = Word::new(Op::Asked, Width::Four, 0, 0, 0);
const ENDED: Word = Word::new(Op::Ended, Width::None, 0, 0, 0);
const NAMED: Word = Word::new(Op::Named, Width::Four, 0, 0, 0);
const BATCH: Word = Word::new(Op::Batch, Width::Four, 0, 0, 0);
const MAGIC: Word = Word::new(Op::Magic, Width::One, 0, 0, 0);
const INNER: Word = Word::new(Op::Inner, Width::Four, 0, 0, 0);

/// The payload of an skb, and what becomes of its bytes.
pub trait Tape {
    /// Bytes that have not passed.
    fn left(&self) -> u32;
    /// How many of them can be looked at.
    fn shown(&self) -> u32;
    /// Shows at least `wanted` of them, or a part of those that a record has room for; false where
    /// they cannot be read. With `is_start` a frame is known to begin with them.
    fn show(&mut self, wanted: u32, is_start: bool) -> bool;
    /// The eight bytes that begin `ahead` of the next; what lies behind those shown is anything.
    fn number(&self, ahead: u32) -> u64;
    /// Keeps the next `n`, of those shown.
    fn keep(&mut self, n: u32);
    /// Leaves out the next `n`.
    fn leave_out(&mut self, n: u32);
    /// Tells the other direction.
    fn tell(&mut self, news: News);
}

/// What the request direction has to say to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The connection is Kafka's.
    Proven,
    /// A response that has words of its own will come.
    Expect(Answer),
    /// Whether authentication tokens will come.
    Tokens(Tokens),
}

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

/// Why a direction is out of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Why {
    /// Bytes that were needed have not been seen, or come later.
    Gap = 0,
    /// A frame's length is impossible.
    Length = 1,
    /// It does not begin as Kafka does.
    Unproven = 2,
    /// Two CPUs had a segment of it at once.
    Contention = 3,
    /// An skb took more steps than are granted.
    Work = 4,
    /// Bytes of an skb could not be read.
    Unreadable = 5,
}

impl Why {
    /// All reasons.
    pub const ALL: [Self; 6] = [
        Self::Gap,
        Self::Length,
        Self::Unproven,
        Self::Contention,
        Self::Work,
        Self::Unreadable,
    ];

    /// The reason with this number.
    #[inline(always)]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Gap,
            1 => Self::Length,
            2 => Self::Unproven,
            3 => Self::Contention,
            4 => Self::Work,
            5 => Self::Unreadable,
            _ => return None,
        })
    }

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Length => "length",
            Self::Unproven => "unproven",
            Self::Contention => "contention",
            Self::Work => "work",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Takes a direction one step further.
#[inline(always)]
pub fn step<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> Step {
    let unwanted = min(walk.unwanted(), tape.left());
    if unwanted > 0 {
        tape.leave_out(unwanted);
        walk.omit -= unwanted;
    }
    if tape.left() == 0 {
        return Step::Done;
    }
    if walk.omit > 0 {
        return keep(walk, tape);
    }
    walk.keep += walk.before;
    walk.before = 0;
    if walk.word.is(Op::Ended) && walk.keep == 0 {
        return look_at_token(walk, tape, code);
    }
    let width = missing_width(walk);
    let is_start = walk.starts_frame();
    if !is_shown(tape, walk.keep + width, is_start) {
        return Step::Out(Why::Unreadable);
    }
    if tape.shown() < walk.keep + width {
        return if walk.keep > 0 { keep(walk, tape) } else { keep_part(walk, tape) };
    }
    if walk.word.width() == Width::Varint as u32 {
        return varint(walk, tape, code);
    }
    let number = number(walk, tape.number(walk.keep), width);
    tape.keep(walk.keep + width);
    walk.keep = 0;
    act(walk, tape, code, number)
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

#[inline(always)]
fn is_shown<T: Tape>(tape: &mut T, wanted: u32, is_start: bool) -> bool {
    tape.shown() >= wanted || tape.shown() == tape.left() || tape.show(wanted, is_start)
}

/// Keeps what is shown of the bytes to keep.
#[inline(always)]
fn keep<T: Tape>(walk: &mut Walk, tape: &mut T) -> Step {
    if !is_shown(tape, walk.keep, false) {
        return Step::Out(Why::Unreadable);
    }
    let n = min(walk.keep, tape.shown());
    tape.keep(n);
    walk.keep -= n;
    Step::More
}

/// A number's first bytes are the skb's last.
#[inline(always)]
fn keep_part<T: Tape>(walk: &mut Walk, tape: &mut T) -> Step {
    let n = tape.shown();
    let read = walk.read.wrapping_add(n as u8);
    walk.number = number(walk, tape.number(0), n);
    walk.read = read;
    tape.keep(n);
    Step::More
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

#[inline(always)]
fn varint<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> Step {
    let there = min(tape.shown() - walk.keep, walk.left);
    if there == 0 {
        walk.finish();
        return Step::More;
    }
    let mut bytes = tape.number(walk.keep);
    let mut used = 0;
    let mut groups = u32::from(walk.read);
    let mut value = walk.number;
    let mut ends = false;
    for _ in 0..5 {
        if used == there || groups == 5 || ends {
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
        return act(walk, tape, code, value & 0xffff_ffff);
    }
    if groups == 5 {
        walk.finish();
    } else {
        (walk.number, walk.read) = (value, groups as u8);
    }
    Step::More
}

/// Does what the word says with the number that it has read.
#[inline(always)]
fn act<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code, number: u64) -> Step {
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
        walk.correlation_id = number as u32;
        if walk.answer != 0 {
            tape.tell(News::Expect(Answer::new(walk.correlation_id, walk.answer, 0)));
        }
        walk.go(walk.at, code);
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

/// API key and version of a request, which its length may stand before.
#[inline(always)]
fn request<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code, number: u64) -> Step {
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
    walk.at = if entry.is_known() { entry.request() } else { UNKNOWN_REQUEST };
    walk.answer = entry.response();
    walk.load(ASKED);
    Step::More
}

#[inline(always)]
fn find(code: &impl Code, key_and_version: u32) -> Entry {
    match entry_index(key_and_version) {
        Some(index) => code.entry(index),
        None => Entry::default(),
    }
}

/// Length and correlation id of a response.
#[inline(always)]
fn response(walk: &mut Walk, code: &impl Code, number: u64) -> Step {
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
fn token(walk: &mut Walk, len: u32) -> Step {
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
fn look_at_token<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code) -> Step {
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

#[inline(always)]
fn records(walk: &mut Walk, code: &impl Code, word: Word, len: u32) {
    if !walk.claim(len) {
        return walk.finish();
    }
    if word.a() == 0 {
        walk.omit += len;
        walk.go(walk.at.wrapping_add(1), code);
    } else {
        walk.set = len;
        next_batch(walk, code);
    }
}

/// To the next batch of a set, if there can be one.
#[inline(always)]
fn next_batch(walk: &mut Walk, code: &impl Code) {
    if walk.set < MESSAGE_HEADER {
        return leave_set(walk, code);
    }
    walk.before = BEFORE_LENGTH;
    walk.word = BATCH;
}

/// The rest of a set is left out.
#[inline(always)]
fn leave_set(walk: &mut Walk, code: &impl Code) {
    walk.omit += walk.set;
    walk.go(walk.at.wrapping_add(1), code);
}

#[inline(always)]
fn batch(walk: &mut Walk, code: &impl Code, len: u32) {
    const LENGTH_END: u32 = BEFORE_LENGTH + 4;
    if len > i32::MAX as u32 {
        walk.set -= LENGTH_END;
        return leave_set(walk, code);
    }
    walk.batch = len + LENGTH_END;
    walk.before = BEFORE_MAGIC;
    walk.word = MAGIC;
}

#[inline(always)]
fn magic(walk: &mut Walk, code: &impl Code, magic: u8) {
    if magic < 2 {
        // Of older sets the first message's header tells what is told of them.
        walk.keep += MESSAGE_HEADER - MAGIC_END;
        walk.set -= MESSAGE_HEADER;
        return leave_set(walk, code);
    }
    if magic > 2 || walk.set < BATCH_HEADER || walk.batch < BATCH_HEADER {
        walk.set -= MAGIC_END;
        return leave_set(walk, code);
    }
    walk.keep += BATCH_HEADER - MAGIC_END;
    if walk.batch > walk.set {
        walk.set -= BATCH_HEADER;
        return leave_set(walk, code);
    }
    walk.omit += walk.batch - BATCH_HEADER;
    walk.set -= walk.batch;
    next_batch(walk, code);
}

/// The length of a wrapped request, which begins with its API key, version and correlation id.
#[inline(always)]
fn wrapped_request(walk: &mut Walk, code: &impl Code, len: u32) {
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
fn inner<T: Tape>(walk: &mut Walk, tape: &mut T, code: &impl Code, key_and_version: u32) {
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
fn wrapped_response(walk: &mut Walk, code: &impl Code, len: u32) {
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

#[inline(always)]
fn min(a: u32, b: u32) -> u32 {
    if a < b { a } else { b }
}
