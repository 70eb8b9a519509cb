//! Ended requests by API and version: the observer's and the broker's, side by side.

use std::collections::BTreeMap;
use std::fmt;

use xtask::kafka::Version;

use super::differences::{NOT_COUNTED, common_name, wire_name};
use crate::jmx::Reading;
use crate::record::Record;

type Key = (String, i16);

/// The counts of one API and version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Requests that the observer saw end, without those of `abandoned`.
    pub ended: u64,
    /// Requests whose connection ended first: the broker counts those that it had taken from the
    /// connection, and nothing on the wire tells which.
    pub abandoned: u64,
    /// The broker's count before the capture ended.
    pub before: u64,
    /// The broker's count after it.
    pub after: u64,
}

/// What the broker counted less or more than the observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Agrees,
    BrokerHasLess,
    /// The broker counted that many more.
    BrokerHasMore(u64),
    /// An API that should be quiet was not.
    StillMoves,
}

/// The whole comparison.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    rows: BTreeMap<Key, Row>,
    /// APIs whose counts move all the time.
    never_quiet: &'static [&'static str],
    /// Requests seen inside an Envelope: each is counted once more at the controller.
    envelopes: u64,
}

impl Comparison {
    /// Compares records with two readings, between which the capture ended.
    pub fn new(
        version: Version,
        records: &[Record],
        before: &Reading,
        after: &Reading,
        never_quiet: &'static [&'static str],
    ) -> Self {
        let mut comparison = Self { never_quiet, ..Self::default() };
        for record in records {
            comparison.take(record);
        }
        for (reading, is_before) in [(before, true), (after, false)] {
            for ((name, api_version), count) in &reading.requests {
                let Some(api) = wire_name(name, version) else {
                    continue;
                };
                if NOT_COUNTED.contains(&api) {
                    continue;
                }
                let row = comparison.rows.entry((api.to_owned(), *api_version)).or_default();
                *(if is_before { &mut row.before } else { &mut row.after }) += count;
            }
        }
        comparison
    }

    /// Requests that the broker counted.
    pub fn total(&self) -> u64 {
        self.rows.values().map(|row| row.after).sum()
    }

    /// Whether a count of this API is told apart from what the broker itself forwarded.
    pub fn is_forwarded(&self, api: &str) -> bool {
        self.rows.iter().any(|((name, _), row)| {
            name == api && matches!(self.verdict(name, row), Verdict::BrokerHasMore(_))
        })
    }

    /// Whether every count agrees: what the broker has more is exactly what was forwarded.
    pub fn agrees(&self) -> bool {
        let verdicts = || self.rows.iter().map(|((api, _), row)| self.verdict(api, row));
        let more = |verdict| if let Verdict::BrokerHasMore(n) = verdict { n } else { 0 };
        verdicts().all(|v| matches!(v, Verdict::Agrees | Verdict::BrokerHasMore(_)))
            && verdicts().map(more).sum::<u64>() == self.envelopes
    }

    fn verdict(&self, api: &str, row: &Row) -> Verdict {
        if row.before != row.after && !self.never_quiet.contains(&api) {
            return Verdict::StillMoves;
        }
        if row.after < row.ended {
            return Verdict::BrokerHasLess;
        }
        match row.before.saturating_sub(row.ended + row.abandoned) {
            0 => Verdict::Agrees,
            more => Verdict::BrokerHasMore(more),
        }
    }

    fn take(&mut self, record: &Record) {
        if record.outcome == "open" {
            return;
        }
        if record.api == "Envelope" {
            self.envelopes += 1;
        }
        if NOT_COUNTED.contains(&&*record.api) {
            return;
        }
        let key = (common_name(&record.api).to_owned(), record.api_version);
        let row = self.rows.entry(key).or_default();
        let is_abandoned = record.outcome == "abandoned";
        *(if is_abandoned { &mut row.abandoned } else { &mut row.ended }) += 1;
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [api, version, ended, abandoned] = ["API", "version", "observer", "abandoned"];
        writeln!(f, "{api:<32}{version:>8}{ended:>10}{abandoned:>10}{:>10}{:>10}", "JMX", "then")?;
        for ((api, version), row) in &self.rows {
            let Row { ended, abandoned, before, after } = row;
            write!(f, "{api:<32}{version:>8}{ended:>10}{abandoned:>10}{before:>10}{after:>10}")?;
            match self.verdict(api, row) {
                Verdict::Agrees => writeln!(f)?,
                verdict => writeln!(f, "  {verdict:?}")?,
            }
        }
        writeln!(f, "{} requests by JMX; {} in an Envelope", self.total(), self.envelopes)
    }
}
