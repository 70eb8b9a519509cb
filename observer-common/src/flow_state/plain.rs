//! The segments that nearly all are.

use super::{FlowState, Mode, Span};
use crate::Seq;
use crate::owner::Sighting;

impl FlowState {
    /// Not 0 unless a segment of the owner's that begins here is like nearly all: it is what comes next in a
    /// direction that is in step, known to be Kafka's, and waits for nothing. One number, as a question for
    /// each is many jumps.
    #[inline(always)]
    pub const fn oddities(&self, seq: Seq) -> u64 {
        let waits = self.awaits | self.contended | (self.mode ^ Mode::Sieve as u32);
        (waits | self.place.oddities(seq)) as u64 | self.walk.oddities()
    }

    /// Notes the owner's sighting of such a segment.
    #[inline(always)]
    pub const fn see(&mut self, seen: &Sighting) {
        self.owner.see(seen);
    }

    /// Takes such a segment; where in it the walk goes on, if it does.
    #[inline(always)]
    pub const fn go_on(&mut self, span: &Span) -> Option<u32> {
        let unwanted = self.walk.unwanted_now();
        let from = self.place.go_on(span.seq.plus(span.len), unwanted);
        if from.is_some() {
            self.walk.pass_unwanted(unwanted);
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use super::super::START;
    use super::*;
    use crate::order::Order;
    use crate::owner::Hook;
    use crate::sieve::Walk;

    const SEEN: Sighting =
        Sighting { hook: Hook(1), time_ns: 7, seq: Seq(100), end: Seq(110), syn: false };

    /// In step and known to be Kafka's, with the next byte at 100.
    fn in_step() -> FlowState {
        let mut state = FlowState::new(&Sighting { end: Seq(100), ..SEEN });
        state.obey(Order::Resume { at: Seq(100), is_request: true });
        state.plan(&Span { seq: Seq(100), len: 10, syn: None });
        state
    }

    #[test]
    fn the_next_segment_of_a_direction_in_step_is_like_nearly_all() {
        let mut state = in_step();
        assert_eq!(state.oddities(SEEN.seq), 0);
        state.see(&SEEN);
        let span = Span { seq: SEEN.seq, len: 10, syn: None };
        assert_eq!((state.owner().last_ns(), state.go_on(&span)), (7, Some(0)));
    }

    #[test]
    fn all_others_are_odd() {
        assert_ne!(in_step().oddities(Seq(99)), 0, "it came before");
        assert_ne!(in_step().oddities(Seq(101)), 0, "it is behind a gap");
        let change: [fn(&mut FlowState); 4] = [
            |state| state.awaits = START,
            |state| state.contended = 1,
            |state| state.mode = Mode::Copy as u32,
            |state| state.walk = Walk::new(true, false),
        ];
        for (n, change) in change.into_iter().enumerate() {
            let mut state = in_step();
            change(&mut state);
            assert_ne!(state.oddities(SEEN.seq), 0, "{n}");
        }
    }
}
