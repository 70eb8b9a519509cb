//! Flags of metrics: their labels and bounds.

use std::time::Duration;

use clap::Args;
use observer::sink::metrics::Options;

use super::group_flags::GroupFlags;
use super::options::MANY;
use super::value::{duration, name, number};

/// The longest string that Kafka can write.
const LONGEST_LABEL: u64 = i16::MAX as u64;

/// Labels of metrics, and their bounds.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Metrics")]
pub struct MetricFlags {
    /// Value of the label `cluster`; without it there is none.
    #[arg(long, value_name = "NAME", value_parser = name, env = "KAFKA_OBSERVER_CLUSTER")]
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
    /// Values of the label `client_id`; further ones are `other`. Where it is not given, as many as
    /// --max-label-values.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_CLIENT_ID_VALUES",
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_client_id_values: Option<usize>,
    /// The same of the label `group`.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_GROUP_VALUES",
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_group_values: Option<usize>,
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
            max_client_ids: self.max_client_id_values,
            max_groups: self.max_group_values,
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
