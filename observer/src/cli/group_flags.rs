//! Flags of the metrics of groups: their bounds.

use clap::Args;
use observer::groups::Limits;

use super::options::MANY;
use super::value::number;

/// What is kept of groups.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Groups")]
pub struct GroupFlags {
    /// Leave out the label `partition` of groups' offsets and lags, which are sums then.
    #[arg(long, env = "KAFKA_OBSERVER_NO_PARTITION_LABEL")]
    pub no_partition_label: bool,
    /// Groups to follow.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_GROUPS",
        default_value_t = 10_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_groups: usize,
    /// Members of a group.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_MEMBERS_PER_GROUP",
        default_value_t = 10_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_members_per_group: usize,
    /// Partitions of a group whose offset is known.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_PARTITIONS_PER_GROUP",
        default_value_t = 20_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_partitions_per_group: usize,
    /// The same, all groups together.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_GROUP_PARTITIONS",
        default_value_t = 200_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_group_partitions: usize,
    /// Partitions whose high watermark is known.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_WATERMARKS",
        default_value_t = 200_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_watermarks: usize,
    /// Offsets that wait for the end of their transaction.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_PENDING_OFFSETS",
        default_value_t = 100_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_pending_offsets: usize,
    /// Brokers whose cluster is known.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_BROKERS",
        default_value_t = 10_000,
        value_parser = number::<usize>(1..=MANY),
        allow_hyphen_values = true
    )]
    max_brokers: usize,
}

impl GroupFlags {
    /// The bounds.
    pub fn limits(&self) -> Limits {
        Limits {
            groups: self.max_groups,
            members_per_group: self.max_members_per_group,
            partitions_per_group: self.max_partitions_per_group,
            partitions: self.max_group_partitions,
            watermarks: self.max_watermarks,
            pending: self.max_pending_offsets,
            brokers: self.max_brokers,
            ..Limits::default()
        }
    }
}
