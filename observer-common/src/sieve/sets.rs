//! Record sets: their lengths, and of produced ones the headers of their batches (KIP-98).

use super::act::Then;
use super::walk::Walk;
use super::word::{Op, Width, Word};

/// The bytes before a batch's length, those between it and the magic, and of the whole header; those
/// of an older message's.
const BEFORE_LENGTH: u32 = 8;
const BEFORE_MAGIC: u32 = 4;
const MAGIC_END: u32 = 17;
const BATCH_HEADER: u32 = 61;
const MESSAGE_HEADER: u32 = 18;

const BATCH: Word = Word::new(Op::Batch, Width::Four, 0, 0, 0);
const MAGIC: Word = Word::new(Op::Magic, Width::One, 0, 0, 0);

/// The length of a set.
#[inline(always)]
pub(super) fn records(walk: &mut Walk, word: Word, len: u32) -> Then {
    if !walk.claim(len) {
        return Then::FINISH;
    }
    if word.a() == 0 {
        walk.omit += len;
        return Then::go(walk.at.wrapping_add(1));
    }
    walk.set = len;
    next_batch(walk)
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
    const LENGTH_END: u32 = BEFORE_LENGTH + 4;
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
pub(super) fn magic(walk: &mut Walk, magic: u8) -> Then {
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
    walk.keep += BATCH_HEADER - MAGIC_END;
    if walk.batch > walk.set {
        walk.set -= BATCH_HEADER;
        return leave_set(walk);
    }
    walk.omit += walk.batch - BATCH_HEADER;
    walk.set -= walk.batch;
    next_batch(walk)
}
