//! What was promised of the sieve, load by load.

use super::Bound::{self, AtLeast, AtMost, ShareAtMost};
use crate::bench::load::Load::{self, Fetch, Produce1, Produce30, Record, Tail1, Tail30};

/// Decoding a capture: tshark's time as a multiple of ours.
pub const TIMES_TSHARK: Bound = AtLeast(30.0);
/// Throughput with the sieve, as a share of that without.
pub const THROUGHPUT: Bound = AtLeast(0.99);
/// p99 with the sieve, as a multiple of that without.
pub const P99: Bound = AtMost(1.05);

/// What the sieve may lose: a loss is work that was not done.
pub const LOST: Bound = AtMost(0.0);

/// Processor time of the sieve as a share of the broker's.
pub fn broker_share(load: Load) -> Option<Bound> {
    match load {
        Produce1 | Tail1 | Record => Some(ShareAtMost(0.03)),
        Produce30 | Tail30 => Some(ShareAtMost(0.02)),
        // They cost a broker next to nothing.
        Fetch => Some(ShareAtMost(0.04)),
        Load::Idle | Load::Latency => None,
    }
}

/// Bytes in the ring as a share of those on the wire.
pub fn ring_share(load: Load) -> Option<Bound> {
    match load {
        Produce1 | Tail1 => Some(ShareAtMost(0.016)),
        Produce30 | Tail30 => Some(ShareAtMost(0.006)),
        Fetch => Some(ShareAtMost(0.001)),
        // Where all is metadata there is nothing to leave out.
        Record | Load::Idle | Load::Latency => None,
    }
}

/// How many times as much a forwarding Envoy costs.
pub fn than_envoy(load: Load) -> Bound {
    AtLeast(if load == Fetch { 20.0 } else { 8.0 })
}

/// How many times as much dumpcap costs that copies everything.
pub fn than_dumpcap(load: Load) -> Bound {
    AtLeast(match load {
        Fetch => 10.0,
        Produce30 | Tail30 => 4.0,
        _ => 1.0,
    })
}
