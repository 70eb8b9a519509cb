//! When a segment was seen.

use aya_ebpf::helpers::generated::bpf_ktime_get_ns;

/// CLOCK_MONOTONIC, nanoseconds.
#[inline(always)]
pub fn now() -> u64 {
    // SAFETY: no argument, no precondition.
    unsafe { bpf_ktime_get_ns() }
}

/// What a CPU knows of the time.
#[repr(C)]
pub struct Clock {
    asked_ns: u64,
}

/// How far from what a clock says it may be that a segment was sent. A queue that paces gives times that are to
/// come, and a program that sends packets of its own any.
pub const NEAR_NS: u64 = 1_000_000;

impl Clock {
    /// The time.
    #[inline(always)]
    pub fn now(&mut self) -> u64 {
        self.asked_ns = now();
        self.asked_ns
    }

    /// The time of a segment that is said to have been sent then. The kernel is asked only where that is far from
    /// what it said last.
    #[inline(always)]
    pub fn time_of(&mut self, sent_ns: u64) -> u64 {
        if sent_ns.wrapping_sub(self.asked_ns).wrapping_add(NEAR_NS) < 2 * NEAR_NS {
            sent_ns
        } else {
            self.compare(sent_ns)
        }
    }

    #[inline(never)]
    fn compare(&mut self, sent_ns: u64) -> u64 {
        let now = self.now();
        if now.wrapping_sub(sent_ns) < NEAR_NS { sent_ns } else { now }
    }
}
