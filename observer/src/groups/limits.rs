//! Bounds on what is kept of groups.

use std::time::Duration;

/// Bounds; what is above makes room, and is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Groups.
    pub groups: usize,
    /// Members of one group.
    pub members_per_group: usize,
    /// Partitions of one group, of which its offset is known.
    pub partitions_per_group: usize,
    /// The same, all groups together.
    pub partitions: usize,
    /// Partitions whose high watermark is known.
    pub watermarks: usize,
    /// Offsets that wait for the end of their transaction.
    pub pending: usize,
    /// Brokers whose cluster is known.
    pub brokers: usize,
    /// A group of which nothing was seen for so long is gone.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            groups: 10_000,
            members_per_group: 10_000,
            partitions_per_group: 20_000,
            partitions: 200_000,
            watermarks: 200_000,
            pending: 100_000,
            brokers: 10_000,
            idle: Duration::from_hours(1),
        }
    }
}
