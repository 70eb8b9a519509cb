//! Words and the numbers that they read, looked at where these lie: nothing is kept or told, and no state goes
//! on. A glance at a frame and one from set to set have these in common.

use super::act::MAX_KEPT;
use super::code::Code;
use super::sets::{DELTA_END, is_one_batch};
use super::tape::Tape;
use super::word::{Op, Width, Word};

/// Bytes that are looked at, so that a place in them has 16 bits.
pub(super) const MOST_SHOWN: u32 = 1 << 14;

/// The place of a word, and that of a byte, in one number.
#[inline(always)]
pub(super) const fn place(at: u16, byte: u32) -> u32 {
    byte << 16 | at as u32
}

/// No place.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The word at this place, where it stands, and the byte at which it looks, if that may be shown.
#[inline(always)]
pub(super) fn look<T: Tape>(
    place: u32,
    tape: &mut T,
    code: &impl Code,
) -> Option<(u16, Word, u32)> {
    let place = tape.forget(place);
    let word = code.word(place as u16);
    let byte = (place >> 16) + word.before();
    (byte <= tape.shown()).then_some((place as u16, word, byte))
}

/// Where to go on behind a word that looks at these bytes, if its array has at most so many elements.
/// Numbers are signed as they are read, so that a verifier need not follow each width: null is one less than
/// the empty length, what is too long for one byte is negative.
#[inline(always)]
pub(super) const fn go_on(word: Word, byte: u32, behind: u16, bytes: u64, elements: u64) -> u32 {
    let is_varint = word.width() >> 4;
    let width = word.width() & 0xf | is_varint;
    let number = (bytes as i64) >> ((64 - 8 * width) & 63);
    let len = number - is_varint as i64;
    let len = if len == -1 { 0 } else { len as u64 };
    let byte = byte + width;
    if word.is(Op::Text) && len <= MAX_KEPT as u64 {
        place(behind, byte + len as u32)
    } else if word.is(Op::Tagged) && number == 0 || word.is(Op::Next) {
        place(behind, byte)
    } else if word.is(Op::Array) && len <= elements {
        place(if len == 0 { word.a() } else { behind }, byte)
    } else {
        NOWHERE
    }
}

/// What is left out: from where on, and how much.
#[derive(Clone, Copy)]
pub(super) struct Omitted {
    pub(super) from: u32,
    pub(super) len: u32,
}

/// What is left out of a set whose length stands here, if it is one that is not null, of one batch where
/// its header is to be kept, and does not go beyond `end`.
#[inline(always)]
pub(super) fn plain_set<T: Tape>(word: Word, byte: u32, end: u32, tape: &T) -> Option<Omitted> {
    let (number, width) = short_number(word, tape.number(byte));
    let (set, len) = (byte + width, word.length(number)?);
    let kept = if word.a() == 0 { 0 } else { DELTA_END };
    if set > end || set > tape.shown() || len <= kept || len > end - set {
        return None;
    }
    let is_plain = kept == 0 || is_one_batch(tape, set, len);
    is_plain.then_some(Omitted { from: set + kept, len: len - kept })
}

/// The number that a word of a varint or of four bytes reads, as those of arrays and record sets do, if it is
/// short enough, and its width.
#[inline(always)]
pub(super) const fn short_number(word: Word, bytes: u64) -> (u64, u32) {
    if word.width() == Width::Varint as u32 { short_varint(bytes) } else { (bytes >> 32, 4) }
}

/// A varint of at most three bytes; any other is too large.
#[inline(always)]
const fn short_varint(bytes: u64) -> (u64, u32) {
    let (first, second, third) = (bytes >> 56, bytes >> 48 & 0xff, bytes >> 40 & 0xff);
    if first < 0x80 {
        (first, 1)
    } else if second < 0x80 {
        (first & 0x7f | second << 7, 2)
    } else if third < 0x80 {
        (first & 0x7f | (second & 0x7f) << 7 | third << 14, 3)
    } else {
        (u32::MAX as u64, 0)
    }
}
