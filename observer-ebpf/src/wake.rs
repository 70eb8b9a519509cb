//! Waking the daemon, by the kernel's ring, which it waits for whoever keeps the records.

use aya_ebpf::bindings::BPF_RB_FORCE_WAKEUP;
use aya_ebpf::helpers::generated::bpf_ringbuf_output;
use observer_common::counters::{Counter, Counters};

use crate::config::WAKE_SHIFT;
use crate::maps::RING;

/// What a ring itself needs for a record: its header, and room up to a multiple of eight bytes.
const RECORD_HEADER: u64 = 8;

/// What a record of so many bytes takes of a ring, and whether the daemon is to look at once, as much has come
/// with it: it polls otherwise.
#[inline(always)]
pub fn weigh(len: u64, counters: &Counters) -> (u64, bool) {
    let before = counters.get(Counter::RingBytes);
    let size = RECORD_HEADER + (len + 7) / 8 * 8;
    let shift = WAKE_SHIFT.load();
    (size, before >> shift != (before + size) >> shift)
}

/// Has the daemon look at once. Where there is no room, it was told before.
#[inline(always)]
pub fn wake() {
    let nothing = [0; 8];
    put(nothing.as_ptr(), nothing.len() as u64, BPF_RB_FORCE_WAKEUP);
}

/// Puts a record into the kernel's ring, and wakes the daemon or not. False where it is full.
#[inline(always)]
pub fn put(record: *const u8, len: u64, flags: u32) -> bool {
    let ring = core::ptr::from_ref(&RING).cast_mut().cast();
    // SAFETY: the verifier checks record and length.
    unsafe { bpf_ringbuf_output(ring, record.cast_mut().cast(), len, u64::from(flags)) == 0 }
}
