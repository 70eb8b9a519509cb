//! What the observer saw of a cluster: exchange records by run, with what they say of topics.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;

use super::run::{Run, Span};
use crate::oracle::{Metrics, check_same};
use crate::record::{Record, Topic};

/// How far a broker's count may be before or behind the wire.
pub(super) const SLACK: Duration = Duration::from_secs(1);

/// Why a response is not decoded whole when its end never comes.
const CUT: &str = "cut";

/// One of the observer's views of all the traffic.
#[derive(Debug)]
pub struct View {
    /// Live or replayed.
    pub name: &'static str,
    /// Exchanges.
    pub records: Vec<Record>,
    /// Metrics at the end.
    pub metrics: Metrics,
    names: BTreeMap<String, String>,
}

impl View {
    pub(super) fn new(name: &'static str, records: Vec<Record>, metrics: Metrics) -> Self {
        let topics = records.iter().flat_map(|record| record.topics.iter().flatten());
        let names = topics.filter_map(|topic| topic.id.clone().zip(topic.name.clone())).collect();
        Self { name, records, metrics, names }
    }

    /// The records of a run.
    pub fn of_run<'a>(&'a self, run: &'a Run) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(|record| run.answered(record))
    }

    /// Fails unless nothing was lost or left undecoded, both ledgers balance, and metrics and records
    /// tell the same.
    pub fn check(&self) -> Result<()> {
        let Self { metrics, .. } = self;
        metrics.check_balance()?;
        metrics.check_nothing_lost()?;
        let undecoded: Vec<_> =
            self.records.iter().filter(|record| record.undecoded.is_some()).collect();
        let is_cut = |r: &&&Record| r.is_cut() && r.undecoded.as_deref() == Some(CUT);
        let uncut = undecoded.iter().find(|record| !is_cut(record));
        ensure!(uncut.is_none(), "undecoded: {uncut:#?}");
        let counted = metrics.sum("decode_errors_total", "");
        ensure!(counted == undecoded.len() as u64, "{counted} undecoded, {}", undecoded.len());
        let unnamed = metrics.sum("topic_id_unresolved_total", "");
        ensure!(unnamed == 0, "{unnamed} amounts of topics without a name");
        super::metrics::check(self)
    }

    /// Fails unless all that began before `until` is the same in the other view.
    pub fn check_like(&self, other: &Self, until: Timestamp) -> Result<()> {
        check_same(&self.records, &other.records, until)
            .with_context(|| format!("{} and {}", self.name, other.name))
    }

    /// How often each error was answered by an API, whoever answered it.
    pub fn errors(&self) -> BTreeMap<(&str, &str), u64> {
        let mut sums = BTreeMap::new();
        for (api, errors) in self.records.iter().flat_map(Record::told) {
            for (error, count) in errors {
                *sums.entry((api, &**error)).or_default() += count;
            }
        }
        sums
    }

    /// How many requests were answered without an error.
    pub fn succeeded(&self, api: &str) -> usize {
        let is_meant = |record: &&Record| record.api == api && record.is_clean();
        self.records.iter().filter(is_meant).count()
    }

    /// Who answered what was written to a topic of one partition, whenever that changed.
    pub fn leaders(&self, topic: &str) -> Vec<&str> {
        let is_meant = |record: &&Record| {
            let mut topics = record.topics.iter().flatten();
            record.api == "Produce" && record.is_clean() && topics.any(|t| self.name(t) == topic)
        };
        let mut written: Vec<_> = self.records.iter().filter(is_meant).collect();
        written.sort_by_key(|record| record.time);
        let mut leaders: Vec<_> = written.into_iter().map(|record| &*record.broker).collect();
        leaders.dedup();
        leaders
    }

    /// Bytes and records that may have been written and were not answered with success, so that they
    /// were sent again.
    pub(super) fn unsettled(&self, topic: &str) -> (u64, u64) {
        let produced = self.records.iter().filter(|r| r.api == "Produce" && !r.is_clean());
        produced
            .flat_map(|record| record.topics.iter().flatten())
            .filter(|of| self.name(of) == topic)
            .fold((0, 0), |(bytes, records), of| {
                (bytes + of.bytes.unwrap_or(0), records + of.records.unwrap_or(0))
            })
    }

    /// The topic's name; its id where that is all that was ever said.
    pub(super) fn name<'a>(&'a self, topic: &'a Topic) -> &'a str {
        let by_id = || topic.id.as_ref().and_then(|id| self.names.get(id));
        let name = topic.name.as_ref().or_else(by_id).or(topic.id.as_ref());
        name.map_or("", String::as_str)
    }
}

/// Whether a reading that was taken then has what the record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counting {
    /// It has.
    Surely,
    /// It may have: it was in flight, or nearly so.
    Perhaps,
    /// It may have, and nothing on the wire tells: the connection ended before the answer did.
    Unknown,
    /// It came later.
    Never,
}

impl Counting {
    pub(super) fn of(record: &Record, read: Span) -> Self {
        if record.time > read.to {
            return Self::Never;
        }
        if record.outcome == "abandoned" || record.is_cut() {
            return Self::Unknown;
        }
        match end(record) {
            Some(end) if end + SLACK <= read.from => Self::Surely,
            Some(end) if end > read.to + SLACK => Self::Never,
            _ => Self::Perhaps,
        }
    }

    /// The same of what a broker counts when it takes a request, long before it answers.
    pub(super) fn of_taken(record: &Record, read: Span) -> Self {
        match Self::of(record, read) {
            Self::Never if record.time <= read.to => Self::Perhaps,
            counting => counting,
        }
    }
}

/// When the response had passed; none where there was none.
fn end(record: &Record) -> Option<Timestamp> {
    if record.outcome != "answered" {
        return None;
    }
    let duration = Duration::try_from_secs_f64(record.duration_us? / 1e6).ok()?;
    Some(record.time + duration)
}
