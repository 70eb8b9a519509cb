//! What a CPU has at hand while it looks at a segment. It lies together, as each page more is one more whose
//! place has to be found.
//!
//! Its place is found by the CPU's number: that of a per-CPU array's entry has to be read from the map first, which
//! is one more cache line that is cold.

use aya_ebpf::helpers::generated::bpf_get_smp_processor_id;
use aya_ebpf::macros::map;
use aya_ebpf::maps::Array;
use observer_common::counters::{Counter, Counters};

use crate::clock::Clock;
use crate::seen::Seen;
use crate::sieve::Desk;

/// The segment, and where its records are put together.
#[repr(C)]
pub struct Cpu {
    pub clock: Clock,
    pub seen: Seen,
    pub desk: Desk,
}

/// By CPU, as many as there may be: the loader sets how many.
#[map]
static CPUS: Array<Cpu> = Array::with_max_entries(1, 0);

/// What was counted, likewise. It lies apart, as the daemon reads all of an entry.
#[map]
static COUNTERS: Array<Counters> = Array::with_max_entries(1, 0);

/// This CPU's, which a program keeps until it has run.
#[inline(always)]
pub fn this() -> Option<&'static mut Cpu> {
    // SAFETY: an entry of an array outlives the program, and no other CPU uses it.
    CPUS.get_ptr_mut(number()).map(|cpu| unsafe { &mut *cpu })
}

/// This CPU's counters.
#[inline(always)]
pub fn counters() -> Option<&'static mut Counters> {
    // SAFETY: as above.
    COUNTERS.get_ptr_mut(number()).map(|counters| unsafe { &mut *counters })
}

/// Counts one.
#[inline(always)]
pub fn count(counter: Counter) {
    if let Some(counters) = counters() {
        counters.add(counter, 1);
    }
}

#[inline(always)]
fn number() -> u32 {
    // SAFETY: no argument, no precondition.
    unsafe { bpf_get_smp_processor_id() as u32 }
}

/// Asks for the first cache lines of what is needed soon, so that they come meanwhile.
#[inline(always)]
pub fn fetch<T, const LINES: usize>(of: &T) {
    const { assert!(LINES * 64 <= size_of::<T>() && align_of::<T>() >= 4) };
    let line = core::ptr::from_ref(of).cast::<[u32; 16]>();
    for n in 0..LINES {
        // SAFETY: it has as many.
        unsafe { line.add(n).cast::<u32>().read_volatile() };
    }
}
