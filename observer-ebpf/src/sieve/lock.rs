//! One CPU at a time is at work on a direction.

use core::intrinsics::{AtomicOrdering, atomic_cxchg};

use observer_common::flow_state::FlowState;

use crate::publish::publish;

/// How often to look whether another CPU has done with it: many times the work on an skb.
const PATIENCE: u32 = 512;

/// Takes the direction; false where another CPU keeps it for too long.
#[inline(always)]
pub fn lock(state: &mut FlowState) -> bool {
    for _ in 0..PATIENCE {
        if try_lock(state) == 0 {
            return true;
        }
    }
    false
}

/// Takes the direction, if the number returned is 0.
#[inline(always)]
pub fn try_lock(state: &mut FlowState) -> u64 {
    const ORDER: AtomicOrdering = AtomicOrdering::SeqCst;
    // SAFETY: the word is aligned, and of a map's entry that is valid for the run of the program.
    unsafe { atomic_cxchg::<u64, ORDER, ORDER>(&raw mut state.busy, 0, 1).0 }
}

/// Gives it back.
#[inline(always)]
pub fn unlock(state: &mut FlowState) {
    // SAFETY: as above.
    unsafe { publish(&raw mut state.busy, 0) }
}
