//! What the daemon asks of a direction, and when it can.

use super::{FlowState, Mode, RESUME};
use crate::order::Order;

impl FlowState {
    /// Whether orders may be waiting: not for a direction of Kafka's that is in step.
    #[inline(always)]
    pub const fn takes_orders(&self) -> bool {
        self.mode == Mode::Copy as u32
            || self.mode == Mode::Shadow as u32
            || self.mode == Mode::Sieve as u32 && !self.walk.is_proven()
    }

    /// Does what the daemon asks.
    #[inline(always)]
    pub const fn obey(&mut self, order: Order) {
        match order {
            Order::CountOnly => self.mode = Mode::CountOnly as u32,
            // The frame did begin where it seemed to.
            Order::Resume { at, .. } if self.is_shadow() && at.0 == self.awaited.0 => {
                self.mode = Mode::Sieve as u32;
                self.awaits = 0;
            }
            // Where it has passed, it says nothing of what is followed now.
            Order::Resume { at, .. } if self.is_shadow() && self.place.next().is_after(at) => {}
            Order::Resume { at, is_request } if self.mode != Mode::Sieve as u32 => {
                self.mode = Mode::Copy as u32;
                self.await_at(RESUME, at, is_request);
            }
            Order::Resume { .. } => {}
        }
    }
}
