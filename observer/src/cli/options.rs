//! Flags that several commands share, and what they mean to the pipeline and the metrics.

use std::collections::HashSet;
use std::time::Duration;

use clap::Args;
use observer::ports::Ports;
use observer::sink::metrics::Options;
use observer::{exchange, pipeline, stream};

use super::group_flags::GroupFlags;
use super::value::{MOST_MEMORY, duration, number, size};

/// Beyond it no machine has memory for what a number bounds.
pub const MANY: u64 = 100_000_000;
/// The largest length that Kafka can write.
const LARGEST_FRAME: u64 = i32::MAX as u64;
/// The longest string that Kafka can write.
const LONGEST_LABEL: u64 = i16::MAX as u64;

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
                expiry: self.expire_after,
                max_held_bytes: self.max_buffered as u64,
                ..exchange::Limits::default()
            },
        }
    }
}

/// Labels of metrics, and their bounds.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Metrics")]
pub struct MetricFlags {
    /// Value of the label `cluster`; without it there is none.
    #[arg(long, value_name = "NAME", env = "KAFKA_OBSERVER_CLUSTER")]
    cluster: Option<String>,
    /// Leave out the label `client_id`.
    #[arg(long, env = "KAFKA_OBSERVER_NO_CLIENT_ID_LABEL")]
    no_client_id_label: bool,
    /// Leave out the label `topic` of errors.
    #[arg(long, env = "KAFKA_OBSERVER_NO_ERROR_TOPIC_LABEL")]
    no_error_topic_label: bool,
    /// Values of the label `topic`; further ones are `other`.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_TOPIC_VALUES",
        default_value_t = 5000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_topic_values: usize,
    /// Values of any other label; further ones are `other`.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_LABEL_VALUES",
        default_value_t = 1000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_label_values: usize,
    /// Bytes of a label's value.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_LABEL_LENGTH",
        default_value_t = 128,
        value_parser = number::<usize>(1..=LONGEST_LABEL),
        allow_hyphen_values = true
    )]
    max_label_length: usize,
    /// Series of metrics that share their labels; further ones are counted as `other`.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_SERIES",
        default_value_t = 50_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_series: usize,
    /// Forget series that nothing used for so long.
    #[arg(
        long,
        value_name = "TIME",
        env = "KAFKA_OBSERVER_SERIES_IDLE",
        default_value = "1h",
        value_parser = duration,
        allow_hyphen_values = true
    )]
    series_idle: Duration,
    /// Export the statistics of Envoy's Kafka filter as well, under this prefix.
    #[arg(
        long,
        value_name = "PREFIX",
        env = "KAFKA_OBSERVER_ENVOY_STATS",
        value_parser = metric_prefix
    )]
    envoy_stats: Option<String>,
    #[command(flatten)]
    groups: GroupFlags,
}

impl MetricFlags {
    /// The metrics' options.
    pub fn options(&self) -> Options {
        Options {
            cluster: self.cluster.clone(),
            client_id: !self.no_client_id_label,
            errors_by_topic: !self.no_error_topic_label,
            by_partition: !self.groups.no_partition_label,
            groups: self.groups.limits(),
            max_topics: self.max_topic_values,
            max_label_values: self.max_label_values,
            max_label_len: self.max_label_length,
            max_series: self.max_series,
            idle: self.series_idle,
            envoy_prefix: self.envoy_stats.clone(),
        }
    }
}

/// A part of a metric's name.
fn metric_prefix(text: &str) -> Result<String, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !text.is_empty() && text.chars().all(is_part) {
        return Ok(text.to_owned());
    }
    Err(format!("\"{text}\" cannot be part of a metric's name: use letters, digits and _"))
}
