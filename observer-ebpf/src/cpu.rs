//! What a CPU has at hand while it looks at a segment. It lies together, as each page more is one more whose
//! place has to be found.

use aya_ebpf::macros::map;
use aya_ebpf::maps::PerCpuArray;

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

#[map]
static CPU: PerCpuArray<Cpu> = PerCpuArray::with_max_entries(1, 0);

/// This CPU's.
#[inline(always)]
pub fn this() -> Option<&'static mut Cpu> {
    // SAFETY: an entry of a per-CPU array outlives the program, and no other CPU writes it.
    CPU.get_ptr_mut(0).map(|cpu| unsafe { &mut *cpu })
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
