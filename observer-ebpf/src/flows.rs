//! Which hook observes a direction of a connection: `observer_common::owner` over the table.

use observer_common::Flow;
use observer_common::counters::Counters;
use observer_common::flow_state::FlowState;
use observer_common::owner::Sighting;

use crate::maps::attached;
use crate::table::{at, remember};

/// Whose a segment is.
pub enum Admission {
    /// This hook's, with what is remembered of its direction, and when it was last seen before.
    Owned(&'static mut FlowState, u64),
    /// Nobody's, as there is no room to remember it.
    NoRoom,
    /// Another hook's.
    Foreign,
}

/// Whether this hook observes the segment, of a direction of which this is remembered; if nothing is, notes where
/// it stands from now on.
#[inline(always)]
pub fn admit(
    known: Option<&'static mut FlowState>,
    flow: &Flow,
    seen: &Sighting,
    place: &mut u32,
    counters: &mut Counters,
) -> Admission {
    let state = match known {
        Some(state) => state,
        None => {
            remember(flow, seen.time_ns, place, counters);
            let Some(state) = at(*place) else { return Admission::NoRoom };
            state
        }
    };
    let last_ns = state.owner().last_ns();
    if last_ns == 0 {
        state.hand_over(seen);
        return Admission::Owned(state, seen.time_ns);
    }
    if !state.admits(seen) {
        if attached(state.owner().hook()) {
            return Admission::Foreign;
        }
        state.hand_over(seen);
    }
    Admission::Owned(state, last_ns)
}
