//! Where a direction is among TCP's sequence numbers: segments in, from which byte on to walk out.
//!
//! What matters is the next byte that is *needed*. A segment that ends before it changes nothing,
//! in whatever order it comes: retransmissions and reordering inside data that is left out cost
//! nothing. Only a segment that begins beyond it shows that a needed byte is missing.

use crate::Seq;

/// Furthest that a segment ends before the walk; beyond it the numbers are another connection's.
const MAX_BEHIND: i32 = 1 << 26;

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
    /// Bytes before `seen`, and behind `told`, that were not seen.
    unseen: u32,
}

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
        Self { next: first, seen: first, told: first, unseen: 0 }
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

    /// Bytes that nobody needs have passed; returns how many of them had before.
    #[inline(always)]
    const fn pass(&mut self, seq: Seq, end: Seq) -> u32 {
        if seq.is_after(self.seen) {
            self.unseen = self.unseen.wrapping_add(seq.since(self.seen) as u32);
            self.seen = end;
            return 0;
        }
        let known = if end.is_after(self.seen) { self.seen } else { end };
        let again = known.since(seq) as u32;
        let filled = if again < self.unseen { again } else { self.unseen };
        self.unseen -= filled;
        if end.is_after(self.seen) {
            self.seen = end;
        }
        again - filled
    }

    /// What no record has covered of the bytes that have been seen, if a part of those before them is
    /// missing; then it is the missing part that lies behind these bytes. To be told before anything else.
    #[inline(always)]
    pub const fn take_before_gap(&mut self) -> Option<Position> {
        if self.unseen == 0 {
            return None;
        }
        let len = (self.seen.since(self.told) as u32).saturating_sub(self.unseen);
        let position = Position { from: self.told, len };
        self.told = self.seen;
        self.unseen = 0;
        Some(position)
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn passed(duplicate: u32) -> Arrival {
        Arrival::Passed { duplicate }
    }

    #[test]
    fn segments_in_order_are_walked() {
        let mut place = Place::new(Seq(u32::MAX - 9));
        let needed = Arrival::Needed { from: 0, duplicate: 0 };
        assert_eq!(place.arrive(Seq(u32::MAX - 9), 20, 0), needed);
        place.walked(Seq(10));
        assert_eq!(place.untold(), Position { from: Seq(u32::MAX - 9), len: 20 });
        place.tell(Seq(10));
        assert_eq!(place.arrive(Seq(10), 5, 0), needed);
    }

    #[test]
    fn what_nobody_needs_may_come_in_any_order_and_again() {
        let mut place = Place::new(Seq(100));
        assert_eq!(place.arrive(Seq(100), 10, 1000), passed(0));
        assert_eq!(place.arrive(Seq(120), 10, 1000), passed(0));
        assert_eq!(place.arrive(Seq(110), 10, 1000), passed(0));
        assert_eq!(place.arrive(Seq(105), 20, 1000), passed(20));
        assert_eq!(place.take_before_gap(), None);
        assert_eq!(place.untold(), Position { from: Seq(100), len: 30 });
        let needed = Arrival::Needed { from: 970, duplicate: 0 };
        assert_eq!(place.arrive(Seq(130), 2000, 1000), needed);
        assert_eq!(place.next(), Seq(1100));
    }

    #[test]
    fn what_was_not_seen_of_it_is_a_gap_behind_what_was() {
        let mut place = Place::new(Seq(100));
        assert_eq!(place.arrive(Seq(150), 10, 1000), passed(0));
        assert_eq!(place.arrive(Seq(180), 10, 1000), passed(0));
        let told = place.take_before_gap();
        assert_eq!(told, Some(Position { from: Seq(100), len: 20 }));
        assert_eq!(place.untold(), Position { from: Seq(190), len: 0 });
        assert_eq!(place.arrive(Seq(100), 10, 1000), passed(10), "too late");
    }

    #[test]
    fn a_needed_byte_that_is_missing_is_a_gap() {
        let mut place = Place::new(Seq(100));
        assert_eq!(place.arrive(Seq(101), 10, 0), Arrival::Gap);
        assert_eq!(place.arrive(Seq(101).plus(1 << 31), 10, 0), Arrival::Gap);
        assert_eq!(place.arrive(Seq(90), 10, 0), passed(10));
        assert_eq!(place.arrive(Seq(90), 12, 0), Arrival::Needed { from: 10, duplicate: 10 });
    }
}
