//! The bytes that were passed over; out comes how many of those that come too late are among them.

use observer_common::Seq;

use super::MAX_BEHIND;

/// The latest bytes that were passed over, so that they are not taken for duplicates when they come
/// too late.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unseen {
    start: Seq,
    end: Seq,
}

impl Unseen {
    /// The bytes from `start` to `end`.
    pub const fn between(start: Seq, end: Seq) -> Self {
        Self { start, end }
    }

    /// All bytes before a first one; as many as matter.
    pub const fn before(first: Seq) -> Self {
        Self { start: Seq(first.0.wrapping_sub(MAX_BEHIND)), end: first }
    }

    /// How many of the bytes from `start` to `end` are unseen ones.
    pub fn overlap(self, start: Seq, end: Seq) -> u32 {
        let start = if start.is_after(self.start) { start } else { self.start };
        let end = if self.end.is_after(end) { end } else { self.end };
        u32::try_from(end.since(start)).unwrap_or(0)
    }

    /// Forgets what is too far behind `next` to come at all, before the sequence numbers wrap.
    pub fn forget_before(&mut self, next: Seq) {
        if u32::try_from(next.since(self.end)).is_ok_and(|behind| behind > MAX_BEHIND) {
            *self = Self { start: next, end: next };
        }
    }
}
