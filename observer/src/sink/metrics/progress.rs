//! Where groups stand, as gauges: what is known at one moment in, families out.

use std::collections::BTreeMap;

use prometheus::proto::{Gauge, Metric, MetricFamily};

use super::health::{gauge, pairs};
use super::label::harmless;
use super::labels::MAX_TOPIC_LEN;
use crate::groups::{GroupReading, PartitionReading, Place, Reading, Topic, WatermarkReading};
use crate::time::{Timestamp, WallClock};

/// What is known of groups and partitions at one moment.
#[derive(Debug)]
pub struct Progress {
    /// What is known.
    pub reading: Reading,
    /// What the wall clock shows.
    pub wall: WallClock,
    /// Value of the `cluster` label.
    pub cluster: Option<String>,
    /// Whether partitions are told apart; else offsets and lags are sums, and ages the highest.
    pub by_partition: bool,
    /// Bytes of a group's label.
    pub max_group_len: usize,
}

/// Label names and values, in the order of the names.
type Labels = Vec<(&'static str, String)>;

/// The samples of a gauge.
struct Samples {
    name: &'static str,
    help: &'static str,
    values: BTreeMap<Labels, f64>,
}

impl Samples {
    const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, values: BTreeMap::new() }
    }

    /// Of two with the same labels `fold` makes one.
    fn put(&mut self, labels: Labels, value: f64, fold: fn(f64, f64) -> f64) {
        self.values.entry(labels).and_modify(|v| *v = fold(*v, value)).or_insert(value);
    }

    fn family(self) -> MetricFamily {
        let metrics = self.values.into_iter().map(|(labels, value)| {
            let labels: Vec<_> = labels.iter().map(|(name, value)| (*name, &**value)).collect();
            let mut sample = Gauge::default();
            sample.set_value(value);
            let mut metric = Metric::from_label(pairs(&labels));
            metric.set_gauge(sample);
            metric
        });
        gauge(self.name, self.help, metrics.collect())
    }
}

/// All gauges of groups.
struct Gauges {
    members: Samples,
    generation: Samples,
    committed: Samples,
    lag: Samples,
    age: Samples,
    last_commit: Samples,
    watermark: Samples,
}

impl Progress {
    /// The metrics.
    pub fn families(&self) -> Vec<MetricFamily> {
        let mut gauges = Gauges::new();
        for group in &self.reading.groups {
            self.group(group, &mut gauges);
        }
        for mark in &self.reading.watermarks {
            let WatermarkReading { topic, index, place, offset } = mark;
            let labels = self.labels(*place, self.partition(topic, *index));
            gauges.watermark.put(labels, *offset as f64, self.sum());
        }
        gauges.families()
    }

    fn group(&self, group: &GroupReading, gauges: &mut Gauges) {
        let name = || ("group", harmless(&group.name, self.max_group_len).into_owned());
        let labels = || self.labels(group.place, vec![name()]);
        if let Some(members) = group.members {
            gauges.members.put(labels(), members as f64, first);
        }
        if let Some(generation) = group.generation {
            gauges.generation.put(labels(), generation.into(), first);
        }
        for reading in &group.partitions {
            let PartitionReading { topic, index, offset, sampled, last_commit, lag } = reading;
            let own = |more: Option<(&'static str, String)>| {
                let mut own = self.partition(topic, *index);
                own.extend([name()].into_iter().chain(more));
                self.labels(group.place, own)
            };
            let sample = |name: &str| own(Some(("sample", name.to_owned())));
            gauges.committed.put(own(None), *offset as f64, self.sum());
            gauges.age.put(sample("committed"), self.age(*sampled), self.highest());
            if let Some((lag, at)) = lag {
                gauges.lag.put(own(None), *lag as f64, self.sum());
                gauges.age.put(sample("high_watermark"), self.age(*at), self.highest());
            }
            if let Some(at) = last_commit.filter(|at| *at > Timestamp::default()) {
                let labels = self.labels(group.place, vec![name(), topic_label(topic)]);
                gauges.last_commit.put(labels, self.wall.at(at).0 as f64 / 1e9, f64::max);
            }
        }
    }

    fn partition(&self, topic: &Topic, index: i32) -> Labels {
        let mut labels = vec![topic_label(topic)];
        labels.extend(self.by_partition.then(|| ("partition", index.to_string())));
        labels
    }

    fn labels(&self, place: Place, mut own: Labels) -> Labels {
        own.push(("broker", place.broker.to_string()));
        own.push(("vantage", place.vantage.as_str().to_owned()));
        own.extend(self.cluster.iter().map(|cluster| ("cluster", cluster.clone())));
        own.sort_unstable();
        own
    }

    fn age(&self, at: Timestamp) -> f64 {
        self.reading.now.since(at).as_secs_f64()
    }

    /// Partitions of a topic are added up; groups whose labels are cut to the same are not.
    fn sum(&self) -> fn(f64, f64) -> f64 {
        if self.by_partition { first } else { |a, b| a + b }
    }

    fn highest(&self) -> fn(f64, f64) -> f64 {
        if self.by_partition { first } else { f64::max }
    }
}

impl Gauges {
    const fn new() -> Self {
        Self {
            members: Samples::new("group_members", "Members of a group, as far as they were seen."),
            generation: Samples::new(
                "group_generation",
                "A classic group's generation, or the epoch that members of others have reached.",
            ),
            committed: Samples::new(
                "group_committed_offset",
                "Where a group goes on; of a share group the first offset that is not done.",
            ),
            lag: Samples::new(
                "group_lag",
                "High watermark less committed offset; absent until both were seen.",
            ),
            age: Samples::new(
                "group_lag_sample_age_seconds",
                "How long ago the samples were told from which a lag is made.",
            ),
            last_commit: Samples::new(
                "group_last_commit_timestamp_seconds",
                "When a group last committed.",
            ),
            watermark: Samples::new(
                "partition_high_watermark",
                "The offset behind the last record that consumers may read.",
            ),
        }
    }

    fn families(self) -> Vec<MetricFamily> {
        let Self { members, generation, committed, lag, age, last_commit, watermark } = self;
        [members, generation, committed, lag, age, last_commit, watermark]
            .map(Samples::family)
            .into()
    }
}

fn topic_label(topic: &Topic) -> (&'static str, String) {
    ("topic", harmless(&topic.text(), MAX_TOPIC_LEN).into_owned())
}

fn first(a: f64, _: f64) -> f64 {
    a
}
