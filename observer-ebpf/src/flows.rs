//! Which hook observes a direction of a connection: `observer_common::flow_state` over a map.

use aya_ebpf::bindings::BPF_NOEXIST;
use observer_common::Flow;
use observer_common::counters::{Counter, Counters};
use observer_common::flow_state::FlowState;
use observer_common::owner::Sighting;

use crate::maps::{FLOWS, UNSEEN, attached};

/// Whose a segment is.
pub enum Admission {
    /// This hook's, with what is remembered of its direction, and when it was last seen before.
    Owned(&'static mut FlowState, u64),
    /// Nobody's, as there is no room to remember it.
    NoRoom,
    /// Another hook's.
    Foreign,
}

/// Whether this hook observes the segment, of a direction of which this is remembered.
#[inline(always)]
pub fn admit(
    known: Option<&'static mut FlowState>,
    flow: &Flow,
    seen: &Sighting,
    counters: &mut Counters,
) -> Admission {
    if let Some(state) = known {
        return admit_known(state, seen);
    }
    let Some(unseen) = UNSEEN.get(0) else { return Admission::NoRoom };
    let is_first = FLOWS.insert(flow, unseen, u64::from(BPF_NOEXIST)).is_ok();
    match find(flow) {
        None => Admission::NoRoom,
        Some(state) if is_first => {
            counters.add(Counter::FlowsRemembered, 1);
            state.hand_over(seen);
            Admission::Owned(state, seen.time_ns)
        }
        // Another CPU noted the flow in the same moment.
        Some(state) => admit_known(state, seen),
    }
}

/// What is remembered of a direction.
#[inline(always)]
pub fn find(flow: &Flow) -> Option<&'static mut FlowState> {
    // SAFETY: the entry is valid for the run of the program. Another CPU may write it at the same
    // time, or reuse it: it is made of integers, and any mixture is a valid state.
    FLOWS.get_ptr_mut(flow).map(|state| unsafe { &mut *state })
}

#[inline(always)]
fn admit_known(state: &'static mut FlowState, seen: &Sighting) -> Admission {
    let last_ns = state.owner().last_ns();
    if !state.admits(seen) {
        if attached(state.owner().hook()) {
            return Admission::Foreign;
        }
        state.hand_over(seen);
    }
    Admission::Owned(state, last_ns)
}
