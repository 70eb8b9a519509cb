//! What a user may choose about metrics.

use std::time::Duration;

use crate::groups;

/// Labels and bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The `cluster` label of every metric that comes from exchanges; absent where not set.
    pub cluster: Option<String>,
    /// Whether metrics carry `client_id`.
    pub client_id: bool,
    /// Whether errors are told apart by topic.
    pub errors_by_topic: bool,
    /// Whether groups' offsets are told apart by partition, else they are sums.
    pub by_partition: bool,
    /// Bounds of groups; their `idle` is that of series.
    pub groups: groups::Limits,
    /// Values of `topic`, beside `other`.
    pub max_topics: usize,
    /// Values of `client_id`, beside `other`; as many as of any other label where it is not set.
    pub max_client_ids: Option<usize>,
    /// The same of `group`.
    pub max_groups: Option<usize>,
    /// Values of any other label, beside `other`.
    pub max_label_values: usize,
    /// Bytes of one label value.
    pub max_label_len: usize,
    /// Series of metrics that share their labels.
    pub max_series: usize,
    /// Series that nothing used for so long are forgotten.
    pub idle: Duration,
    /// Prefix of the Envoy-compatible statistics, where they are wanted.
    pub envoy_prefix: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cluster: None,
            client_id: true,
            errors_by_topic: true,
            by_partition: true,
            groups: groups::Limits::default(),
            max_topics: 5000,
            max_client_ids: None,
            max_groups: None,
            max_label_values: 1000,
            max_label_len: 128,
            max_series: 50_000,
            idle: Duration::from_hours(1),
            envoy_prefix: None,
        }
    }
}
