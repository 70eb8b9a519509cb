//! Numbers that say to other CPUs that what was stored before them is there.

use core::intrinsics::{AtomicOrdering, atomic_xchg};

/// Stores a number behind all that was stored before.
///
/// # Safety
/// The place is valid for writes, and aligned.
#[inline(always)]
pub unsafe fn publish(to: *mut u64, number: u64) {
    if cfg!(bpf_target_arch = "x86_64") {
        // Stores are seen in their order there, and an exchange would wait for all of them.
        // SAFETY: the caller's.
        unsafe { to.write_volatile(number) };
    } else {
        // SAFETY: the caller's.
        unsafe { atomic_xchg::<u64, { AtomicOrdering::SeqCst }>(to, number) };
    }
}
