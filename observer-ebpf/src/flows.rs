//! Which hook observes a direction of a connection: `observer_common::flow_state` over a map.

use aya_ebpf::bindings::BPF_NOEXIST;
use observer_common::Flow;
use observer_common::flow_state::{FlowState, Mode};
use observer_common::owner::Sighting;

use crate::maps::{FLOWS, attached};

/// What is to be done with a segment; `None` where another hook observes its flow.
#[inline(always)]
pub fn admit(flow: &Flow, seen: &Sighting) -> Option<Mode> {
    if let Some(state) = FLOWS.get_ptr_mut(flow) {
        // SAFETY: the entry is valid for the run of the program. Another CPU may write it at the
        // same time, or reuse it: it is made of integers, and any mixture is a valid state.
        return admit_known(unsafe { &mut *state }, seen);
    }
    match FLOWS.insert(flow, FlowState::new(seen), u64::from(BPF_NOEXIST)) {
        Ok(()) => Some(Mode::Copy),
        Err(_) => admit_after_race(flow, seen),
    }
}

#[inline(always)]
fn admit_known(state: &mut FlowState, seen: &Sighting) -> Option<Mode> {
    let mode = state.admit(seen);
    if mode.is_some() || attached(state.hook()) {
        return mode;
    }
    state.hand_over(seen);
    state.admit(seen)
}

/// Another CPU noted the flow in the same moment: the owner is who is in the map. Where there is no
/// room for the flow at all, nobody owns it.
#[inline(always)]
fn admit_after_race(flow: &Flow, seen: &Sighting) -> Option<Mode> {
    let Some(state) = FLOWS.get_ptr_mut(flow) else { return Some(Mode::Copy) };
    // SAFETY: as in `admit`.
    let owner = unsafe { (*state).hook() };
    (owner.0 == seen.hook.0).then_some(Mode::Copy)
}
