//! What the loader sets before the programs are loaded; the verifier sees constants.

use aya_ebpf::Global;
use observer_common::record::CHUNK_MAX;
use observer_common::slots::Secrets;

/// Payload bytes to copy of an skb at most.
#[unsafe(no_mangle)]
pub static SNAP_LEN: Global<u32> = Global::new(u32::MAX);

/// Payload bytes in a ring record at most; at least 1, at most [`CHUNK_MAX`].
#[unsafe(no_mangle)]
pub static CHUNK_LEN: Global<u32> = Global::new(CHUNK_MAX);

/// The daemon is woken whenever a CPU has put two to the power of this more bytes into the ring.
#[unsafe(no_mangle)]
pub static WAKE_SHIFT: Global<u32> = Global::new(16);

/// Bytes of the ring that the programs write themselves, and what is secret of its headers.
#[unsafe(no_mangle)]
pub static RING_BYTES: Global<u32> = Global::new(1 << 20);
#[unsafe(no_mangle)]
pub static RING_SECRET: Global<u64> = Global::new(1);

/// Sets of the table of directions.
#[unsafe(no_mangle)]
pub static FLOW_SETS: Global<u32> = Global::new(1);

/// What nobody else knows of where they stand in it.
#[unsafe(no_mangle)]
pub static FLOW_SECRETS: Global<Secrets> = Global::new([1; 4]);
