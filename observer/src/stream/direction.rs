//! One direction: segments, acknowledgments and time go in, bytes in order come out to a [`Sink`].
//! Where each part of a segment goes is decided here; when a hole is given up, in `holes`.
//!
//! Invariants: nothing is held unless a hole lies between `next` and it; what is held begins at most
//! [`MAX_AHEAD`] beyond `next`.

use observer_common::Seq;

use super::acks::Acks;
use super::held::Held;
use super::holes::hand_on;
use super::part::{Part, parts_from};
use super::unseen::Unseen;
use super::{Budget, Limits, MAX_AHEAD, MAX_BEHIND, MAX_SEGMENT, Pushed, Sink};
use crate::input::Segment;
use crate::ledger::GapReason;
use crate::time::Timestamp;

const _: () = assert!(size_of::<Direction>() <= 64, "idle connections must be cheap");

/// Reassembly of one direction of a connection. Small while nothing is held.
#[derive(Debug, Default)]
pub struct Direction {
    pub(super) next: Option<Seq>,
    pub(super) unseen: Unseen,
    pub(super) acks: Acks,
    pub(super) held: Option<Box<Held>>,
}

impl Direction {
    /// A direction that starts with the first segment it sees.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts at a known first byte (after a SYN). Of no effect once started: a new connection
    /// takes a new direction.
    pub const fn start_at(&mut self, seq: Seq) {
        if self.next.is_none() {
            self.next = Some(seq);
            self.unseen = Unseen::between(seq, seq);
        }
    }

    /// Whether the first byte's place is known.
    pub const fn is_started(&self) -> bool {
        self.next.is_some()
    }

    /// Next expected sequence number.
    pub const fn next(&self) -> Option<Seq> {
        self.next
    }

    /// Whether this acknowledgment changes nothing: all before it has passed, and nothing waits.
    pub const fn has_settled(&self, ack: Seq) -> bool {
        let is_ahead = match self.next {
            Some(next) => ack.is_after(next),
            None => false,
        };
        !is_ahead && self.held.is_none() && self.acks.is_idle()
    }

    /// Bytes held now, by their length on the wire. Only a direction that holds some needs ticks.
    pub fn held(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.wire())
    }

    /// Whether a segment is the one that comes next, and nothing waits.
    #[inline]
    pub fn expects(&self, segment: &Segment<'_>) -> bool {
        self.next == Some(segment.seq)
            && (1..=MAX_SEGMENT).contains(&segment.wire_len)
            && self.held.is_none()
            && self.acks.is_idle()
    }

    /// A segment that was expected has passed, all of it taken.
    #[inline]
    pub fn pass(&mut self, segment: &Segment<'_>) {
        self.move_on(segment.seq.plus(segment.wire_len));
    }

    /// Takes a segment of this direction; one without payload counts towards graces. Holes are
    /// waited for by the clock that says `now`, whatever time the segment bears.
    pub fn push(
        &mut self,
        segment: &Segment<'_>,
        now: Timestamp,
        limits: &Limits,
        budget: &mut Budget,
        sink: &mut impl Sink,
    ) -> Pushed {
        self.push_from(0, segment, now, limits, budget, sink)
    }

    /// The same, of a segment of which so much was taken already, as it was expected.
    pub fn push_from(
        &mut self,
        taken: u32,
        segment: &Segment<'_>,
        now: Timestamp,
        limits: &Limits,
        budget: &mut Budget,
        sink: &mut impl Sink,
    ) -> Pushed {
        let mut pushed = Pushed::default();
        if segment.is_last {
            self.acks.count_segment();
        }
        if segment.wire_len > MAX_SEGMENT {
            pushed.discarded = segment.wire_len.into();
        } else if segment.wire_len > 0 && self.held.is_none() && self.next == Some(segment.seq) {
            // As it nearly always is: all of it is new, and nothing waits for it.
            parts_from(taken, segment).for_each(|part| hand_on(&part, sink));
            self.move_on(segment.seq.plus(segment.wire_len));
        } else if segment.wire_len > 0 {
            self.align(segment, budget, sink);
            for part in parts_from(0, segment) {
                self.place(part, now, &mut pushed, budget, sink);
            }
        }
        self.give_up(now, limits, budget, sink);
        pushed
    }

    /// A segment of the other direction passed, and says that its sender has everything before
    /// `ack`: a hole before it will not be filled.
    pub fn acknowledged(
        &mut self,
        ack: Seq,
        now: Timestamp,
        limits: &Limits,
        budget: &mut Budget,
        sink: &mut impl Sink,
    ) {
        self.acks.count_segment();
        let ahead = self.next.map_or(0, |next| ack.since(next));
        if u32::try_from(ahead).is_ok_and(|ahead| (1..=MAX_AHEAD).contains(&ahead)) {
            self.acks.note(ack, now);
        }
        self.give_up(now, limits, budget, sink);
    }

    /// Time passes: graces and timeouts end.
    pub fn tick(
        &mut self,
        now: Timestamp,
        limits: &Limits,
        budget: &mut Budget,
        sink: &mut impl Sink,
    ) {
        self.give_up(now, limits, budget, sink);
    }

    /// A segment passed whose bytes are not wanted: only the next byte's place is kept.
    pub fn pass_over(&mut self, segment: &Segment<'_>) {
        let end = segment.seq.plus(segment.wire_len);
        if self.next.is_none_or(|next| end.is_after(next)) {
            self.next = Some(end);
        }
    }

    /// The connection ended: delivers what is held. A direction must be finished before it is
    /// dropped, or what it holds stays charged to the budget.
    pub fn finish(&mut self, budget: &mut Budget, sink: &mut impl Sink) {
        while self.held.is_some() {
            self.skip_hole(GapReason::Closed, budget, sink);
        }
    }

    /// Finishes a direction whose last byte is known to be the one before `end`: what was not seen
    /// before it is a gap.
    pub fn finish_at(&mut self, end: Seq, budget: &mut Budget, sink: &mut impl Sink) {
        self.finish(budget, sink);
        let missing = self.next.map_or(0, |next| end.since(next));
        if let Some(missing) = u32::try_from(missing).ok().filter(|n| (1..=MAX_AHEAD).contains(n)) {
            sink.gap(missing.into(), GapReason::Closed);
            self.next = Some(end);
        }
    }

    /// Makes sure that the segment's sequence number can be compared with `next`.
    fn align(&mut self, segment: &Segment<'_>, budget: &mut Budget, sink: &mut impl Sink) {
        if let Some(next) = self.next {
            let ahead = segment.seq.since(next);
            let bound = if ahead < 0 { MAX_BEHIND } else { MAX_AHEAD };
            if ahead.unsigned_abs() <= bound {
                return;
            }
            self.finish(budget, sink);
            sink.restart();
        }
        let unseen = Unseen::before(segment.seq);
        *self = Self { next: Some(segment.seq), unseen, ..Self::default() };
    }

    /// Delivers, holds or counts a part.
    fn place(
        &mut self,
        mut part: Part<'_>,
        now: Timestamp,
        pushed: &mut Pushed,
        budget: &mut Budget,
        sink: &mut impl Sink,
    ) {
        while let Some(next) = self.next.filter(|_| part.len > 0) {
            let ahead = part.carrier.seq.since(next);
            if ahead > 0 {
                let duplicate = self.held.get_or_insert_default().insert(part, now, budget);
                pushed.duplicate = pushed.duplicate.saturating_add(duplicate);
                return;
            }
            let (old, new) = part.split_at(ahead.unsigned_abs());
            self.count_old(&old, pushed);
            // What is held came first, so the part is new only up to there.
            let room = self.hole().unwrap_or(new.len);
            let (new, rest) = new.split_at(room);
            if new.len > 0 {
                self.deliver(&new, sink);
                self.drain(budget, sink);
            }
            part = rest;
        }
    }

    fn count_old(&self, old: &Part<'_>, pushed: &mut Pushed) {
        let late = self.unseen.overlap(old.carrier.seq, old.end()).min(old.len);
        pushed.discarded = pushed.discarded.saturating_add(late.into());
        pushed.duplicate = pushed.duplicate.saturating_add(old.len.saturating_sub(late).into());
    }
}
