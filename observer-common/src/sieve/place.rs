//! Where a direction is among TCP's sequence numbers: segments in, from which byte on to walk out.
//!
//! What matters is the next byte that is *needed*. A segment that ends before it changes nothing,
//! in whatever order it comes: retransmissions and reordering inside data that is left out cost
//! nothing. Only a segment that begins beyond it shows that a needed byte is missing.

use crate::Seq;

/// Furthest that a segment ends before the walk; beyond it the numbers are another connection's.
const MAX_BEHIND: i32 = 1 << 26;

/// Added to a place, gives one before all that may still come.
const FAR_BEHIND: u32 = (MAX_BEHIND as u32).wrapping_neg();

/// Bytes before a place in mid-stream that are told if they come, as they may come for the first time.
const MAX_OWED: u32 = 1 << 20;

/// The sequence numbers of a direction in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Place {
    /// The byte that the walk is at.
    next: Seq,
    /// Behind the last byte that was seen.
    seen: Seq,
    /// Behind the last byte that records have covered.
    told: Seq,
    /// Where bytes before `told` were not seen: from the first of them to the last.
    owed: Position,
    /// Where it was resumed; those shortly before it were not walked over, so any of them may be needed.
    resumed: Seq,
    /// Bytes at the beginning of the segment at hand that may be among those not seen.
    late: u32,
}

const NOTHING: Position = Position { from: Seq(0), len: 0 };

/// What a segment is to a direction in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// All of it is passed over; so many of its bytes came before.
    Passed {
        /// Bytes that came before.
        duplicate: u32,
    },
    /// The walk goes on in it.
    Needed {
        /// Where in the segment.
        from: u32,
        /// Bytes before that place that came before.
        duplicate: u32,
    },
    /// A byte that is needed is missing.
    Gap,
}

/// Bytes at the beginning of a segment that may have been missing, and are to be told where they are: first
/// those that nobody needs, then those that were not walked over, and are told as they are, then again those
/// that nobody needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late {
    /// So many come first.
    pub head: u32,
    /// So many are told as they are.
    pub whole: u32,
    /// So many come last.
    pub tail: u32,
}

/// Bytes that a record is to cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The first of them.
    pub from: Seq,
    /// How many.
    pub len: u32,
}

impl Place {
    /// At a first byte.
    #[inline(always)]
    pub const fn new(first: Seq) -> Self {
        let resumed = first.plus(FAR_BEHIND);
        Self { next: first, seen: first, told: first, owed: NOTHING, resumed, late: 0 }
    }

    /// From where on bytes before a place to resume at were not walked over, if it fell there before (which may
    /// be behind that place); bytes that are further back do not count.
    #[inline(always)]
    pub const fn unwalked(fell: Seq, resumed: Seq) -> Seq {
        let first = resumed.plus(MAX_OWED.wrapping_neg());
        if fell.is_after(first) && fell.since(resumed) < MAX_BEHIND { fell } else { first }
    }

    /// Behind the last byte that was walked over, or is `unwanted`, if it falls here; or where it fell before, if
    /// that is a little further on.
    #[inline(always)]
    pub const fn fallen(&self, unwanted: u32, before: Seq) -> Seq {
        let here = self.next.plus(unwanted);
        if before.is_after(here) && before.since(here) < MAX_BEHIND { before } else { here }
    }

    /// In mid-stream: of the bytes before this one, some may not have been seen.
    #[inline(always)]
    pub const fn resumed(first: Seq) -> Self {
        let from = first.plus(MAX_OWED.wrapping_neg());
        let owed = Position { from, len: MAX_OWED };
        Self { owed, resumed: first, ..Self::new(first) }
    }

    /// The byte that the walk is at.
    #[inline(always)]
    pub const fn next(&self) -> Seq {
        self.next
    }

    /// Takes a segment. `unwanted` bytes come next that nobody needs.
    #[inline(always)]
    pub const fn arrive(&mut self, seq: Seq, len: u32, unwanted: u32) -> Arrival {
        let needed = self.next.plus(unwanted);
        if seq.is_after(needed) {
            return Arrival::Gap;
        }
        let end = seq.plus(len);
        if self.next.since(end) > MAX_BEHIND {
            return Arrival::Gap;
        }
        if !end.is_after(needed) {
            return Arrival::Passed { duplicate: self.pass(seq, end) };
        }
        let duplicate = self.pass(seq, needed);
        let from = needed.since(seq) as u32;
        self.next = needed;
        Arrival::Needed { from, duplicate }
    }

    /// 0 for a segment that begins here and follows on what was seen, as nearly all do.
    #[inline(always)]
    pub const fn oddities(&self, seq: Seq) -> u32 {
        self.seen.0 ^ seq.0
    }

    /// Takes such a segment, which ends here; where in it the walk goes on, if it does.
    #[inline(always)]
    pub const fn go_on(&mut self, end: Seq, unwanted: u32) -> Option<u32> {
        let needed = self.next.plus(unwanted);
        if !end.is_after(needed) {
            self.seen = end;
            return None;
        }
        let from = needed.since(self.seen) as u32;
        (self.next, self.seen) = (needed, needed);
        Some(from)
    }

    /// Whether the bytes that come next and are `unwanted` have all passed, as far as they will.
    #[inline(always)]
    pub const fn has_passed(&self, unwanted: u32) -> bool {
        self.seen.0 == self.next.plus(unwanted).0
    }

    /// The walk has gone on to this byte, and has seen all before it.
    #[inline(always)]
    pub const fn walked(&mut self, to: Seq) {
        self.next = to;
        if to.is_after(self.seen) {
            self.seen = to;
        }
    }

    /// The same, of bytes that were not seen before.
    #[inline(always)]
    pub const fn walked_on(&mut self, to: Seq) {
        (self.next, self.seen) = (to, to);
    }

    /// Bytes that nobody needs have passed; returns how many of them had before. Where some are owed,
    /// which of them those are is not known here, so they are told again.
    #[inline(always)]
    const fn pass(&mut self, seq: Seq, end: Seq) -> u32 {
        let known = if end.is_after(self.seen) { self.seen } else { end };
        if end.is_after(self.seen) {
            self.seen = end;
        }
        let again = known.since(seq) as u32;
        if again == 0 || !self.settle(seq, known) {
            return again;
        }
        self.late = again;
        0
    }

    /// Bytes have come that lie before those seen; false if none was owed there.
    #[inline(always)]
    const fn settle(&mut self, from: Seq, to: Seq) -> bool {
        let Position { from: first, len } = self.owed;
        let end = first.plus(len);
        if len == 0 || !to.is_after(first) || !end.is_after(from) {
            return false;
        }
        if from.is_after(first) {
            if !end.is_after(to) {
                self.owed.len = from.since(first) as u32;
            }
        } else if end.is_after(to) {
            self.owed = Position { from: to, len: end.since(to) as u32 };
        } else {
            self.owed = NOTHING;
        }
        true
    }

    /// Whether bytes before this segment, that nobody needs, are missing.
    #[inline(always)]
    pub const fn misses(&self, seq: Seq, unwanted: u32) -> bool {
        seq.is_after(self.seen) && !seq.is_after(self.next.plus(unwanted))
    }

    /// They are; all before them has been told.
    #[inline(always)]
    pub const fn skip(&mut self, to: Seq) {
        let owes = self.owed.len > 0;
        let from = if owes { self.owed.from } else { self.seen };
        if !owes {
            self.resumed = from.plus(FAR_BEHIND);
        }
        self.owed = Position { from, len: to.since(from) as u32 };
        self.seen = to;
        self.told = to;
    }

    /// Whether bytes of the segment at hand were missing, or came before.
    #[inline(always)]
    pub const fn is_late(&self) -> bool {
        self.late > 0
    }

    /// They are told; so many are left: none.
    #[inline(always)]
    pub const fn late_is_told(&mut self, left: u32) {
        self.late = left;
    }

    /// Bytes of the segment that begins here which were missing, or came before. Between `fell` and the place
    /// where it resumed nothing was walked over.
    #[inline(always)]
    pub const fn late(&self, seq: Seq, fell: Seq) -> Late {
        let len = self.late;
        let (from, to) = (within(fell.since(seq), len), within(self.resumed.since(seq), len));
        if to <= from {
            return Late { head: len, whole: 0, tail: 0 };
        }
        Late { head: from, whole: to - from, tail: len - to }
    }

    /// What no record has covered of the bytes that have been seen.
    #[inline(always)]
    pub const fn untold(&self) -> Position {
        Position { from: self.told, len: self.seen.since(self.told) as u32 }
    }

    /// Records have covered the bytes up to here.
    #[inline(always)]
    pub const fn tell(&mut self, to: Seq) {
        self.told = to;
        let behind = to.since(self.owed.from);
        if self.owed.len > 0 && behind > MAX_BEHIND {
            self.give_up((behind - MAX_BEHIND) as u32);
        }
    }

    /// Of what is owed, so many bytes are too far behind: the numbers will come round to them.
    #[inline(always)]
    const fn give_up(&mut self, far: u32) {
        if far >= self.owed.len {
            self.owed = NOTHING;
            return;
        }
        let from = self.owed.from.plus(far);
        self.owed = Position { from, len: self.owed.len - far };
        if !self.resumed.is_after(from) {
            self.resumed = from.plus(FAR_BEHIND);
        }
    }
}

/// So many bytes, none of them before the first, nor behind the last.
#[inline(always)]
const fn within(bytes: i32, len: u32) -> u32 {
    if bytes < 0 {
        0
    } else if (bytes as u32) < len {
        bytes as u32
    } else {
        len
    }
}

#[cfg(test)]
mod tests;
