//! What the kernel remembers of a direction of a connection: who observes it, and how.

use crate::owner::{Owner, Sighting};

/// Whether a direction's payload is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Mode {
    /// Payload goes to the ring.
    Copy = 0,
    /// Payload is only counted.
    CountOnly = 1,
}

/// A value of the kernel's flow table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct FlowState {
    owner: Owner,
    mode: u32,
    reserved: u32,
}

/// Bytes of a [`FlowState`].
pub const FLOW_STATE_LEN: usize = 32;

const _: () = assert!(size_of::<FlowState>() == FLOW_STATE_LEN);

impl FlowState {
    /// A direction seen for the first time.
    #[inline(always)]
    pub const fn new(first: &Sighting) -> Self {
        Self { owner: Owner::new(first), mode: Mode::Copy as u32, reserved: 0 }
    }

    /// What is to be done with a segment; `None` where another hook observes the direction.
    #[inline(always)]
    pub const fn admit(&mut self, seen: &Sighting) -> Option<Mode> {
        if !self.owner.admits(seen) {
            return None;
        }
        if seen.syn {
            // A new connection has yet to show what it carries.
            self.mode = Mode::Copy as u32;
        }
        Some(if self.mode == Mode::CountOnly as u32 { Mode::CountOnly } else { Mode::Copy })
    }

    /// Gives the direction to another hook.
    #[inline(always)]
    pub const fn hand_over(&mut self, seen: &Sighting) {
        self.owner = Owner::new(seen);
    }

    /// The owner.
    #[inline(always)]
    pub const fn hook(&self) -> crate::owner::Hook {
        self.owner.hook()
    }
}

/// Changes the mode in a state that was read from the table as bytes.
pub fn set_mode(state: &mut [u8; FLOW_STATE_LEN], mode: Mode) {
    const AT: usize = core::mem::offset_of!(FlowState, mode);
    state[AT..AT + 4].copy_from_slice(&(mode as u32).to_ne_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seq;
    use crate::owner::Hook;

    fn seen(hook: u64, seq: u32, syn: bool) -> Sighting {
        Sighting { hook: Hook(hook), time_ns: 1, seq: Seq(seq), end: Seq(seq + 10), syn }
    }

    fn bytes(state: FlowState) -> [u8; FLOW_STATE_LEN] {
        // SAFETY: a flow state has no padding: its fields' sizes add up to its own.
        unsafe { *(&raw const state).cast() }
    }

    fn state(bytes: [u8; FLOW_STATE_LEN]) -> FlowState {
        // SAFETY: any bytes are a flow state, it is made of integers.
        unsafe { bytes.as_ptr().cast::<FlowState>().read_unaligned() }
    }

    #[test]
    fn a_direction_set_to_count_only_stays_so_until_a_new_connection() {
        let mut read = bytes(FlowState::new(&seen(1, 0, false)));
        set_mode(&mut read, Mode::CountOnly);
        let mut state = state(read);
        assert_eq!(state.admit(&seen(1, 10, false)), Some(Mode::CountOnly));
        assert_eq!(state.admit(&seen(2, 10, false)), None);
        assert_eq!(state.admit(&seen(1, 500, true)), Some(Mode::Copy));
        assert_eq!(state.admit(&seen(1, 510, false)), Some(Mode::Copy));
    }

    #[test]
    fn a_direction_can_be_handed_over() {
        let mut state = FlowState::new(&seen(1, 0, false));
        assert_eq!(state.admit(&seen(2, 10, false)), None);
        state.hand_over(&seen(2, 10, false));
        assert_eq!(state.hook(), Hook(2));
        assert_eq!(state.admit(&seen(2, 20, false)), Some(Mode::Copy));
        assert_eq!(state.admit(&seen(1, 20, false)), None);
    }
}
