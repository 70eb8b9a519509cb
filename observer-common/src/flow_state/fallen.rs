//! Where a direction fell out of step, and what comes late of the bytes between there and the place where it
//! resumed.

use super::{FlowState, LOOK, Mode, REQUESTS};
use crate::Seq;
use crate::sieve::Late;

impl FlowState {
    /// Out of step: payload is copied from now on, until a place is told or found.
    #[inline(always)]
    pub const fn fall(&mut self) {
        self.note_fall();
        self.mode = Mode::Copy as u32;
        self.copied = 0;
        self.awaits = if !self.walk.is_proven() {
            0
        } else if self.walk.is_request() {
            LOOK | REQUESTS
        } else {
            LOOK
        };
    }

    /// Notes how far it was in step, if it was.
    #[inline(always)]
    pub(super) const fn note_fall(&mut self) {
        if self.is_in_step() {
            self.fell = self.place.fallen(self.walk.unwanted(), self.fell);
        }
    }

    /// Bytes of the segment that begins here which were missing, or came before.
    #[inline(always)]
    pub const fn late(&self, seq: Seq) -> Late {
        self.place.late(seq, self.fell)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Span;
    use super::*;
    use crate::flow_state::Plan;
    use crate::order::Order;
    use crate::owner::{Hook, Sighting};

    const SYN: Sighting =
        Sighting { hook: Hook(1), time_ns: 0, seq: Seq(100), end: Seq(100), syn: true };

    const fn data(seq: u32, len: u32) -> Span {
        Span { seq: Seq(seq), len, syn: None }
    }

    /// In step from byte 100 on, it fell at 200 and resumed at 300.
    fn resumed() -> FlowState {
        let mut state = FlowState::new(&SYN);
        state.obey(Order::Resume { at: Seq(100), is_request: true });
        state.plan(&data(100, 100));
        state.place().walked(Seq(200));
        state.place().tell(Seq(200));
        state.fall();
        state.obey(Order::Resume { at: Seq(300), is_request: true });
        assert_eq!(state.plan(&data(290, 20)), Plan::Resume(10));
        state.place().walked(Seq(310));
        state
    }

    /// Once it has resumed at 400, what comes late tells where it fell.
    fn assert_fell_at_310(mut state: FlowState) {
        state.fall();
        state.obey(Order::Resume { at: Seq(400), is_request: true });
        state.plan(&data(400, 10));
        state.place().walked(Seq(410));
        state.plan(&data(200, 200));
        assert_eq!(state.late(Seq(200)), Late { head: 110, whole: 90, tail: 0 });
    }

    #[test]
    fn what_was_walked_over_before_is_not_told_as_it_is() {
        for (seq, len, late) in [
            (100, 100, Late { head: 100, whole: 0, tail: 0 }),
            (150, 100, Late { head: 50, whole: 50, tail: 0 }),
            (200, 100, Late { head: 0, whole: 100, tail: 0 }),
            (150, 160, Late { head: 50, whole: 100, tail: 10 }),
            (250, 50, Late { head: 0, whole: 50, tail: 0 }),
        ] {
            let mut state = resumed();
            state.plan(&data(seq, len));
            assert_eq!(state.late(Seq(seq)), late, "{len} bytes from {seq}");
        }
    }

    #[test]
    fn what_is_followed_in_vain_does_not_count_as_having_been_out_of_step_before() {
        let mut state = resumed();
        state.place().tell(Seq(310));
        state.fall();
        assert_eq!(state.plan(&data(150, 10)), Plan::Look);
        state.follow(Seq(150));
        assert_fell_at_310(state);
    }

    #[test]
    fn a_beginning_that_comes_again_does_not_count_as_having_been_out_of_step_before() {
        let mut state = resumed();
        state.fall();
        state.plan(&Span { syn: Some(false), ..data(100, 0) });
        assert_fell_at_310(state);
    }

    #[test]
    fn of_a_direction_that_was_never_in_step_all_that_is_near_was_not_walked_over() {
        let mut state = FlowState::new(&SYN);
        state.obey(Order::Resume { at: Seq(300), is_request: true });
        state.plan(&data(300, 10));
        state.plan(&data(50, 250));
        assert_eq!(state.late(Seq(50)), Late { head: 0, whole: 250, tail: 0 });
    }
}
