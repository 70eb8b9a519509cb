//! Flags of the pipeline that several commands share.

use std::collections::HashSet;
use std::time::Duration;

use clap::Args;
use observer::groups::{self, SharedClusters};
use observer::ports::Ports;
use observer::{exchange, pipeline, stream};

use super::value::{MOST_MEMORY, duration, number, size};

/// Beyond it no machine has memory for what a number bounds.
pub const MANY: u64 = 100_000_000;
/// The largest length that Kafka can write.
const LARGEST_FRAME: u64 = i32::MAX as u64;

/// What the pipeline follows, and its bounds.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Pipeline")]
pub struct PipelineFlags {
    /// Ports on which brokers listen: a list of ports and ranges.
    #[arg(
        long,
        value_name = "PORTS",
        env = "KAFKA_OBSERVER_PORTS",
        default_value_t,
        allow_hyphen_values = true
    )]
    pub ports: Ports,
    /// Connections to follow at once.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_CONNECTIONS",
        default_value_t = 100_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_connections: usize,
    /// Requests in flight, all connections together.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_INFLIGHT",
        default_value_t = 200_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_inflight: usize,
    /// Requests in flight on one connection.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_INFLIGHT_PER_CONNECTION",
        default_value_t = 1_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_inflight_per_connection: usize,
    /// Memory for bytes that came out of order, all connections together; as much again for bytes
    /// that wait for a frame boundary.
    #[arg(
        long,
        value_name = "SIZE",
        env = "KAFKA_OBSERVER_MAX_BUFFERED",
        default_value = "64M",
        value_parser = size::<usize>(1 << 16..=MOST_MEMORY),
        allow_hyphen_values = true
    )]
    max_buffered: usize,
    /// Memory for bytes that came out of order, of one direction of a connection.
    #[arg(
        long,
        value_name = "SIZE",
        env = "KAFKA_OBSERVER_MAX_BUFFERED_PER_DIRECTION",
        default_value = "4M",
        value_parser = size::<usize>(1 << 16..=MOST_MEMORY),
        allow_hyphen_values = true
    )]
    max_buffered_per_direction: usize,
    /// Topics whose ids are known, and names kept for messages to share.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_NAMES",
        default_value_t = 100_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_names: usize,
    /// Clients whose group is known, so that their fetches are told under it.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_GROUP_CLIENTS",
        default_value_t = 100_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_group_clients: usize,
    /// Partitions in fetch sessions (KIP-227), all together.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_SESSION_PARTITIONS",
        default_value_t = 1_000_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_session_partitions: usize,
    /// Memory for what requests in flight say, all connections together.
    #[arg(
        long,
        value_name = "SIZE",
        env = "KAFKA_OBSERVER_MAX_REQUEST_FACTS",
        default_value = "64M",
        value_parser = size::<usize>(1 << 16..=MOST_MEMORY),
        allow_hyphen_values = true
    )]
    max_request_facts: usize,
    /// Largest request that is believed, as the brokers' socket.request.max.bytes.
    #[arg(
        long,
        value_name = "SIZE",
        env = "KAFKA_OBSERVER_MAX_REQUEST",
        default_value = "100M",
        value_parser = size::<u32>(1 << 10..=LARGEST_FRAME),
        allow_hyphen_values = true
    )]
    max_request: u32,
    /// How long to wait for an answer.
    #[arg(
        long,
        value_name = "TIME",
        env = "KAFKA_OBSERVER_EXPIRE_AFTER",
        default_value = "10m",
        value_parser = duration,
        allow_hyphen_values = true
    )]
    expire_after: Duration,
    /// How long to follow a connection that is silent.
    #[arg(
        long,
        value_name = "TIME",
        env = "KAFKA_OBSERVER_CONNECTION_IDLE",
        default_value = "1h",
        value_parser = duration,
        allow_hyphen_values = true
    )]
    connection_idle: Duration,
}

impl PipelineFlags {
    /// The pipeline's configuration.
    pub fn config(&self) -> pipeline::Config {
        pipeline::Config {
            ports: self.ports.clone(),
            local: HashSet::new(),
            max_connections: self.max_connections,
            max_names: self.max_names,
            max_topic_ids: self.max_names,
            max_session_partitions: self.max_session_partitions,
            max_group_clients: self.max_group_clients,
            clusters: SharedClusters::new(groups::Limits::default().brokers),
            buffer_bytes: self.max_buffered,
            idle: self.connection_idle,
            stream: stream::Limits {
                direction_bytes: self.max_buffered_per_direction,
                ..stream::Limits::default()
            },
            exchange: exchange::Limits {
                max_request_bytes: self.max_request,
                max_inflight_per_connection: self.max_inflight_per_connection,
                max_inflight: self.max_inflight,
                max_fact_bytes: self.max_request_facts,
                expiry: self.expire_after,
                max_held_bytes: self.max_buffered as u64,
                ..exchange::Limits::default()
            },
        }
    }
}
