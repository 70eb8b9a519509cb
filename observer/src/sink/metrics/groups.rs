//! Groups: what they did is counted here, where they stand is read from what is known of them.

use std::sync::Arc;
use std::time::Duration;

use prometheus::Result;

use super::Options;
use super::family::{Families, Family};
use super::labels::{Labels, Used};
use super::progress::Progress;
use super::series::{Key, Series};
use super::value::Counter;
use crate::decode::TopicId;
use crate::event::Exchange;
use crate::groups::{self, Change, Limits, Place};
use crate::tables::Evictions;
use crate::time::{Timestamp, WallClock};

/// Metrics of groups.
pub struct Groups {
    known: groups::Groups,
    rebalances: Family<Counter>,
    commits: Family<Counter>,
    series: Series<Counts>,
}

struct Counts {
    rebalances: Counter,
    commits: Counter,
}

impl Groups {
    /// Registers the metrics.
    pub fn new(families: &Families<'_>, options: &Options) -> Result<Self> {
        let names = ["broker", "vantage", "group"];
        let limits = Limits { idle: options.idle, ..options.groups.clone() };
        Ok(Self {
            known: groups::Groups::new(limits),
            rebalances: families.counter(
                "group_rebalances_total",
                "Times that a group settled anew who reads what.",
                &names,
            )?,
            commits: families.counter(
                "group_commits_total",
                "Commits of offsets by a group: requests of which something was granted, and \
                 transactions.",
                &names,
            )?,
            series: Series::new(options.max_series),
        })
    }

    /// Learns from an exchange.
    pub fn exchange(&mut self, labels: &mut Labels, exchange: &Exchange, now: Timestamp) {
        self.known.exchange(exchange, now);
        if self.known.has_changed() {
            self.follow(labels, now);
        }
    }

    /// A topic's name became known.
    pub fn named(&mut self, labels: &mut Labels, id: TopicId, name: &Arc<str>, now: Timestamp) {
        self.known.named(id, name);
        self.follow(labels, now);
    }

    /// Where groups stand now. What found no label of its own is left out, as gauges of several
    /// groups make no sum.
    pub fn progress(
        &self,
        labels: &Labels,
        (now, wall): (Timestamp, WallClock),
        options: &Options,
    ) -> Progress {
        let mut reading = self.known.read(now);
        reading
            .groups
            .retain(|group| labels.has_group(&group.name) && labels.has_place(group.place));
        for group in &mut reading.groups {
            group.partitions.retain(|partition| labels.has_topic(&partition.topic.text()));
        }
        reading
            .watermarks
            .retain(|mark| labels.has_topic(&mark.topic.text()) && labels.has_place(mark.place));
        Progress {
            reading,
            wall,
            cluster: options.cluster.clone(),
            by_partition: options.by_partition,
            max_group_len: options.max_label_len,
        }
    }

    /// The clusters of all brokers.
    pub fn clusters(&self) -> groups::SharedClusters {
        self.known.clusters()
    }

    /// Evictions by table.
    pub const fn evictions(&self) -> &Evictions {
        self.known.evictions()
    }

    /// Forgets groups and series that are idle, and says which label values the others use.
    pub fn expire(&mut self, labels: &mut Labels, now: Timestamp, idle: Duration, used: &mut Used) {
        self.known.expire(now);
        let Self { rebalances, commits, .. } = self;
        self.series.expire(now, idle, |key| {
            for family in [&*rebalances, commits] {
                family.remove_label_values(&labels.values(&key));
            }
        });
        self.series.mark(|key| key.group, &mut used.group);
        used.group.extend(self.known.names().map(|name| labels.seen_group(name)));
        used.topic.extend(self.known.topics().map(|topic| labels.seen_topic(&topic.text())));
    }

    /// How often a set of labels found no room.
    pub const fn overflow(&self) -> u64 {
        self.series.overflow()
    }

    fn follow(&mut self, labels: &mut Labels, now: Timestamp) {
        for change in self.known.take_changes() {
            match change {
                Change::Group(name) => {
                    labels.group(&name);
                }
                Change::Topic(topic) => {
                    labels.topic(&topic.text());
                }
                Change::Rebalanced(name, place) => {
                    self.count(labels, &name, place, now, |counts| &counts.rebalances);
                }
                Change::Committed(name, place) => {
                    self.count(labels, &name, place, now, |counts| &counts.commits);
                }
            }
        }
    }

    fn count(
        &mut self,
        labels: &mut Labels,
        name: &str,
        place: Place,
        now: Timestamp,
        counter: impl Fn(&Counts) -> &Counter,
    ) {
        let key = Key { group: labels.group(name), ..labels.place_key(place) };
        let Self { rebalances, commits, .. } = self;
        let entry = self.series.entry(key, |key| {
            let values = labels.values(&key);
            Counts {
                rebalances: rebalances.with_label_values(&values),
                commits: commits.with_label_values(&values),
            }
        });
        entry.touch(now);
        counter(&entry.handles).inc();
    }
}

#[cfg(test)]
mod tests;
