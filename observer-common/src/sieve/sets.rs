//! Record sets: their lengths, and of produced ones the headers of their batches (KIP-98).
//!
//! A broker takes a producer's batch only if its count of records is its last offset delta and one. So of
//! a header that says so, what is behind that delta need not be kept.

use super::act::Then;
use super::tape::Tape;
use super::walk::Walk;
use super::word::{Op, Width, Word};

/// The bytes before a batch's length, those between it and the magic, and of the whole header; those
/// of an older message's.
const BEFORE_LENGTH: u32 = 8;
const LENGTH_END: u32 = BEFORE_LENGTH + 4;
const BEFORE_MAGIC: u32 = 4;
const MAGIC_END: u32 = 17;
const BATCH_HEADER: u32 = 61;
/// Where a batch's last offset delta and its count of records begin, and the end of the first.
const DELTA: u32 = 23;
pub(super) const DELTA_END: u32 = DELTA + 4;
const COUNT: u32 = 57;
const MESSAGE_HEADER: u32 = 18;

const BATCH: Word = Word::new(Op::Batch, Width::Four, 0, 0, 0);
const MAGIC: Word = Word::new(Op::Magic, Width::One, 0, 0, 0);

/// The length of a set.
#[inline(always)]
pub(super) fn records<T: Tape>(walk: &mut Walk, tape: &T, word: Word, len: u32) -> Then {
    if !walk.claim(len) {
        return Then::FINISH;
    }
    if word.a() == 0 {
        walk.omit += len;
        return Then::go(walk.at.wrapping_add(1));
    }
    if is_one_batch(tape, 0, len) {
        walk.keep += DELTA_END;
        walk.omit += len - DELTA_END;
        return Then::go(walk.at.wrapping_add(1));
    }
    walk.set = len;
    next_batch(walk)
}

/// Whether the set that begins so far ahead is one batch whose header is shown, and need not be kept to its
/// end: as nearly all are that producers send.
#[inline(always)]
pub(super) fn is_one_batch<T: Tape>(tape: &T, ahead: u32, set: u32) -> bool {
    if set < BATCH_HEADER || tape.shown() < ahead + BATCH_HEADER {
        return false;
    }
    let batch = (tape.number(ahead + BEFORE_LENGTH) >> 32) as u32;
    let magic = tape.number(ahead + MAGIC_END - 1) >> 56;
    magic == 2 && batch == set - LENGTH_END && says_count_twice(tape, ahead)
}

/// To the next batch of a set, if there can be one.
#[inline(always)]
fn next_batch(walk: &mut Walk) -> Then {
    if walk.set < MESSAGE_HEADER {
        return leave_set(walk);
    }
    walk.before = BEFORE_LENGTH;
    walk.word = BATCH;
    Then::STAY
}

/// The rest of a set is left out.
#[inline(always)]
fn leave_set(walk: &mut Walk) -> Then {
    walk.omit += walk.set;
    Then::go(walk.at.wrapping_add(1))
}

/// The length of a batch.
#[inline(always)]
pub(super) fn batch(walk: &mut Walk, len: u32) -> Then {
    if len > i32::MAX as u32 {
        walk.set -= LENGTH_END;
        return leave_set(walk);
    }
    walk.batch = len + LENGTH_END;
    walk.before = BEFORE_MAGIC;
    walk.word = MAGIC;
    Then::STAY
}

/// The magic of a batch, or of an older message.
#[inline(always)]
pub(super) fn magic<T: Tape>(walk: &mut Walk, tape: &T, magic: u8) -> Then {
    if magic < 2 {
        // Of older sets the first message's header tells what is told of them.
        walk.keep += MESSAGE_HEADER - MAGIC_END;
        walk.set -= MESSAGE_HEADER;
        return leave_set(walk);
    }
    if magic > 2 || walk.set < BATCH_HEADER || walk.batch < BATCH_HEADER {
        walk.set -= MAGIC_END;
        return leave_set(walk);
    }
    let is_shown = tape.shown() >= BATCH_HEADER - MAGIC_END;
    let kept = if is_shown && says_count_twice(tape, MAGIC_END.wrapping_neg()) {
        DELTA_END
    } else {
        BATCH_HEADER
    };
    walk.keep += kept - MAGIC_END;
    if walk.batch > walk.set {
        walk.set -= kept;
        return leave_set(walk);
    }
    walk.omit += walk.batch - kept;
    walk.set -= walk.batch;
    next_batch(walk)
}

/// Whether the last offset delta of a batch that begins so far ahead (its header is shown to its end) tells
/// how many records there are.
#[inline(always)]
fn says_count_twice<T: Tape>(tape: &T, ahead: u32) -> bool {
    let field = |place: u32| (tape.number(place.wrapping_add(ahead)) >> 32) as u32;
    field(DELTA) == field(COUNT).wrapping_sub(1)
}
