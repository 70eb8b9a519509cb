//! The segments that nearly all are.

use super::{FlowState, Mode, Span};
use crate::owner::Sighting;

impl FlowState {
    /// Not 0 unless the segment is like nearly all: one of the owner's, of the bytes that come next in a
    /// direction that is in step, known to be Kafka's, and waits for nothing. One number, as a question of its
    /// own for each is many jumps.
    #[inline(always)]
    pub const fn oddities(&self, seen: &Sighting) -> u64 {
        let waits = self.awaits | self.contended | (self.mode ^ Mode::Sieve as u32);
        self.owner.oddities(seen)
            | (waits | self.place.oddities(seen.seq)) as u64
            | self.walk.oddities()
    }

    /// Notes the owner's sighting of the next bytes.
    #[inline(always)]
    pub const fn see(&mut self, seen: &Sighting) {
        self.owner.see(seen);
    }

    /// Takes such a segment; where in it the walk goes on, if it does.
    #[inline(always)]
    pub const fn go_on(&mut self, span: &Span) -> Option<u32> {
        let unwanted = self.walk.omitted();
        let from = self.place.go_on(span.seq.plus(span.len), unwanted);
        if from.is_some() {
            self.walk.pass_unwanted(unwanted);
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seq;
    use crate::order::Order;
    use crate::owner::Hook;

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
        assert_eq!(state.oddities(&SEEN), 0);
        state.see(&SEEN);
        assert_eq!((state.owner().last_ns(), state.go_on(&span())), (7, Some(0)));
    }

    const fn span() -> Span {
        Span { seq: SEEN.seq, len: 10, syn: None }
    }

    #[test]
    fn all_others_are_odd() {
        let odd = |sighting: &Sighting| in_step().oddities(sighting) != 0;
        assert!(odd(&Sighting { hook: Hook(2), ..SEEN }), "another hook's");
        assert!(odd(&Sighting { seq: Seq(99), ..SEEN }), "one that came before");
        assert!(odd(&Sighting { seq: Seq(101), ..SEEN }), "one behind a gap");
        let change: [fn(&mut FlowState); 4] = [
            |state| state.fall(),
            |state| state.follow(Seq(100)),
            |state| state.contended = 1,
            |state| state.start(Seq(100), true, false),
        ];
        for (n, change) in change.into_iter().enumerate() {
            let mut state = in_step();
            change(&mut state);
            assert_ne!(state.oddities(&SEEN), 0, "{n}");
        }
    }
}
