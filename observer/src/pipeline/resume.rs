//! Where a source that leaves out data may go on with that: segments of a direction that it copies
//! whole come in, the places of frames to tell it come out.
//!
//! What is told may be too late: the source has gone on meanwhile. So it is told again, but ever more
//! rarely, as long as nothing comes of it.

use super::connection::{Connection, Shared};
use crate::event::{Command, Event, Handler, Side};
use crate::exchange::Standing;
use crate::input::{Segment, Seq};

/// What a direction's source was told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Resume {
    /// It has asked.
    is_asked: bool,
    told: Option<Seq>,
    /// Segments to let pass before it is told again, of `patience`.
    wait: u8,
    patience: u8,
}

/// Segments that pass between two times at most.
const MAX_PATIENCE: u8 = 64;

impl Resume {
    /// Notes that it asks; returns whether it does so for the first time.
    pub(super) const fn note(&mut self) -> bool {
        let is_new = !self.is_asked;
        self.is_asked = true;
        is_new
    }

    /// Whether it has asked.
    pub(super) const fn has_asked(&self) -> bool {
        self.is_asked
    }

    /// A segment came whole that need not have; the next frame begins at `place`, if that is known.
    /// Returns what to tell.
    pub(super) fn ask(&mut self, place: Option<Seq>) -> Option<Seq> {
        if let Some(wait) = self.wait.checked_sub(1) {
            self.wait = wait;
            return None;
        }
        let place = place.filter(|place| self.told != Some(*place))?;
        self.told = Some(place);
        self.wait = self.patience;
        self.patience = self.patience.saturating_mul(2).clamp(1, MAX_PATIENCE);
        Some(place)
    }
}

impl Connection {
    /// Tells a source that copies all of a direction where its next frame begins; `is_here` when one
    /// begins with the segment.
    pub(super) fn resume<H: Handler>(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        is_here: bool,
        shared: &mut Shared<'_, '_, H>,
    ) {
        if segment.wire_len == 0 || self.conversation.standing() != Standing::Kafka {
            return;
        }
        if let Some(at) = self.half(side).resumes_at(segment, is_here, shared.ctx.ledger) {
            let flow = segment.flow;
            shared.ctx.handler.event(Event::Command(Command::Resume { flow, side, at }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_once() {
        let mut resume = Resume::default();
        assert_eq!(resume.ask(None), None);
        assert_eq!(resume.ask(Some(Seq(7))), Some(Seq(7)));
        assert_eq!(resume.ask(Some(Seq(7))), None);
        assert_eq!(Resume::default().ask(Some(Seq(7))), Some(Seq(7)));
    }

    #[test]
    fn the_less_comes_of_it_the_more_rarely_it_is_told() {
        let mut resume = Resume::default();
        let told = |n: &u32| resume.ask(Some(Seq(*n))).is_some();
        let told: Vec<_> = (0..300).filter(told).collect();
        assert_eq!(told, [0, 1, 3, 6, 11, 20, 37, 70, 135, 200, 265]);
    }
}
