//! Holes: what is missing before bytes that are held. Each is filled, or becomes a gap once there is a
//! reason to give it up; then what follows it is delivered.

use observer_common::Seq;

use super::direction::Direction;
use super::part::Part;
use super::unseen::Unseen;
use super::{Budget, Limits, Sink};
use crate::ledger::GapReason;
use crate::time::Timestamp;

impl Direction {
    /// The first hole's length.
    pub(super) fn hole(&self) -> Option<u32> {
        let (seq, _) = self.held.as_ref()?.front()?;
        Some(seq.since(self.next?).unsigned_abs())
    }

    /// Gives up holes for as long as there is a reason to.
    #[inline]
    pub(super) fn give_up(
        &mut self,
        now: Timestamp,
        limits: &Limits,
        budget: &mut Budget,
        sink: &mut impl Sink,
    ) {
        if !self.acks.is_idle() || self.held.is_some() {
            self.look_for_reasons(now, limits, budget, sink);
        }
    }

    #[inline(never)]
    fn look_for_reasons(
        &mut self,
        now: Timestamp,
        limits: &Limits,
        budget: &mut Budget,
        sink: &mut impl Sink,
    ) {
        self.acks.settle(now, limits);
        while let Some(reason) = self.reason_to_give_up(now, limits, budget) {
            self.skip_hole(reason, budget, sink);
        }
    }

    fn reason_to_give_up(
        &self,
        now: Timestamp,
        limits: &Limits,
        budget: &Budget,
    ) -> Option<GapReason> {
        let held = self.held.as_ref()?;
        let (seq, since) = held.front()?;
        if self.acks.cover(seq) {
            Some(GapReason::Acknowledged)
        } else if now.since(since) >= limits.hole_timeout {
            Some(GapReason::Timeout)
        } else if held.cost() > limits.direction_bytes || budget.is_over() {
            Some(GapReason::Overflow)
        } else {
            None
        }
    }

    /// The first hole becomes a gap; what follows it is delivered.
    pub(super) fn skip_hole(
        &mut self,
        reason: GapReason,
        budget: &mut Budget,
        sink: &mut impl Sink,
    ) {
        if let (Some(len), Some(next)) = (self.hole(), self.next) {
            sink.gap(len.into(), reason);
            self.next = Some(next.plus(len));
            self.unseen = Unseen::between(next, next.plus(len));
        }
        self.drain(budget, sink);
    }

    /// Delivers what is held and has no hole before it any more.
    pub(super) fn drain(&mut self, budget: &mut Budget, sink: &mut impl Sink) {
        while let (Some(next), Some(held)) = (self.next, &mut self.held) {
            if let Some(piece) = held.pop_at(next, budget) {
                self.deliver(&piece.part(), sink);
            } else if held.front().is_none() {
                self.held = None;
            } else {
                return;
            }
        }
    }

    pub(super) fn deliver(&mut self, part: &Part<'_>, sink: &mut impl Sink) {
        hand_on(part, sink);
        self.move_on(part.end());
    }

    /// All before `next` was delivered.
    #[inline]
    pub(super) fn move_on(&mut self, next: Seq) {
        self.next = Some(next);
        self.acks.forget_before(next);
        self.unseen.forget_before(next);
    }
}

#[inline]
pub(super) fn hand_on(part: &Part<'_>, sink: &mut impl Sink) {
    match part.bytes {
        Some(bytes) => sink.data(&part.carrier, bytes, part.edges),
        None => sink.elided(&part.carrier, part.len.into(), part.edges),
    }
}
