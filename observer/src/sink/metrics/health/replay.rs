//! What a replay has read, as metrics.

use prometheus::proto::MetricFamily;

use super::{counter, sample};

/// What a replay has read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayStats {
    /// Packets, by what became of them.
    pub packets: Vec<(&'static str, u64)>,
    /// Payload bytes of packets that another interface had shown.
    pub copied_bytes: u64,
    /// Blocks of pcapng files that could not be read.
    pub bad_blocks: u64,
}

impl ReplayStats {
    pub(super) fn families(&self) -> [MetricFamily; 3] {
        let packets = self.packets.iter().map(|(fate, n)| sample(&[("fate", fate)], *n));
        [
            counter(
                "replay_packets_total",
                "Packets of captures, by what became of them.",
                packets.collect(),
            ),
            counter(
                "replay_copied_bytes_total",
                "Payload bytes that another interface had shown, and that count there.",
                vec![sample(&[], self.copied_bytes)],
            ),
            counter(
                "replay_bad_blocks_total",
                "Blocks of captures that could not be read.",
                vec![sample(&[], self.bad_blocks)],
            ),
        ]
    }
}
