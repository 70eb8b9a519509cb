//! The pipeline's bounds and what it knows of this host.

use std::collections::HashSet;
use std::time::Duration;

use crate::exchange;
use crate::groups::{self, SharedClusters};
use crate::ports::Ports;
use crate::stream;

/// Everything that can be set about the pipeline.
#[derive(Clone, Debug)]
pub struct Config {
    /// Ports on which brokers listen.
    pub ports: Ports,
    /// Addresses of this host (IPv4 as IPv4-mapped IPv6), in network byte order.
    pub local: HashSet<[u8; 16]>,
    /// Connections followed at once.
    pub max_connections: usize,
    /// Names of topics, groups and the like that are kept for messages to share; and as many client ids.
    pub max_names: usize,
    /// Topics whose ids are known.
    pub max_topic_ids: usize,
    /// Clients whose group is known.
    pub max_group_clients: usize,
    /// The clusters of brokers, which whoever follows groups shares with it.
    pub clusters: SharedClusters,
    /// Partitions in fetch sessions, all together.
    pub max_session_partitions: usize,
    /// Memory for reassembly, all connections together, in bytes.
    pub buffer_bytes: usize,
    /// How long a silent connection is followed.
    pub idle: Duration,
    /// Bounds of one direction's reassembly.
    pub stream: stream::Limits,
    /// Bounds of one connection's exchanges.
    pub exchange: exchange::Limits,
}

impl Config {
    /// The defaults, for brokers on these ports.
    pub fn new(ports: Ports) -> Self {
        Self {
            ports,
            local: HashSet::new(),
            max_connections: 100_000,
            max_names: 100_000,
            max_topic_ids: 100_000,
            max_session_partitions: 1_000_000,
            max_group_clients: 100_000,
            clusters: SharedClusters::new(groups::Limits::default().brokers),
            buffer_bytes: 64 << 20,
            idle: Duration::from_hours(1),
            stream: stream::Limits::default(),
            exchange: exchange::Limits::default(),
        }
    }

    /// How often all connections are looked through for what has expired.
    pub(super) fn sweep_interval(&self) -> Duration {
        let shortest = self.exchange.expiry.min(self.idle);
        shortest.div_f64(10.0).clamp(Duration::from_millis(100), Duration::from_secs(10))
    }
}
