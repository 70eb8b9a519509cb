//! Bytes and records by topic: the observer's and the broker's, side by side, with what is known to
//! differ taken into account.

use std::collections::BTreeMap;
use std::fmt;

use super::told::Told;
use crate::jmx::{Reading, TopicBytes};
use crate::oracle::differences::{MARKER_BYTES, is_internal};

/// The counts of one topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The observer's: produced without an error, and fetched by consumers.
    pub ours: TopicBytes,
    /// The same, less what the broker answered with success and did not append, and with what it
    /// appended itself.
    pub expected: TopicBytes,
    /// The broker's.
    pub broker: TopicBytes,
}

/// The whole comparison.
#[derive(Clone, Debug, Default)]
pub struct TopicComparison {
    rows: BTreeMap<String, Row>,
}

impl TopicComparison {
    /// Compares what the observer saw of each topic with what the broker did. Records are only told
    /// of magic 2: `untold` says of which topics they are not.
    pub fn new(
        ours: &BTreeMap<String, TopicBytes>,
        untold: impl Fn(&str) -> bool,
        told: &Told,
        reading: &Reading,
    ) -> Self {
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        let is_compared = |topic: &&String| !is_internal(topic);
        for topic in ours.keys().chain(reading.topics.keys()).filter(is_compared) {
            let seen = ours.get(topic).copied().unwrap_or_default();
            let mut broker = reading.topics.get(topic).copied().unwrap_or_default();
            let mut expected = expected(topic, seen, told);
            if untold(topic) {
                (expected.messages_in, broker.messages_in) = (0, 0);
            }
            rows.insert(topic.clone(), Row { ours: seen, expected, broker });
        }
        Self { rows }
    }

    /// Whether every count is the broker's, but for what is known.
    pub fn agrees(&self) -> bool {
        self.rows.values().all(|row| row.expected == row.broker)
    }
}

fn expected(topic: &str, ours: TopicBytes, told: &Told) -> TopicBytes {
    let markers = told.markers.get(topic).copied().unwrap_or_default();
    let unappended = told.unappended.get(topic).copied().unwrap_or_default();
    let TopicBytes { bytes_in, bytes_out, messages_in } = ours;
    TopicBytes {
        bytes_in: (bytes_in + markers * MARKER_BYTES).saturating_sub(unappended.bytes),
        bytes_out,
        messages_in: (messages_in + markers).saturating_sub(unappended.records),
    }
}

fn columns(counts: &TopicBytes) -> [u64; 3] {
    [counts.bytes_in, counts.bytes_out, counts.messages_in]
}

impl fmt::Display for TopicComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24}{:>24}{:>24}{:>24}", "topic", "bytes in", "bytes out", "messages in")?;
        writeln!(f, "{:<24}{:>24}{0:>24}{0:>24}", "", "ours (expected) JMX")?;
        for (topic, Row { ours, expected, broker }) in &self.rows {
            write!(f, "{topic:<24}")?;
            let [ours, wanted, theirs] = [ours, expected, broker].map(columns);
            for ((ours, wanted), theirs) in ours.into_iter().zip(wanted).zip(theirs) {
                write!(f, "{:>24}", format!("{ours} ({wanted}) {theirs}"))?;
            }
            writeln!(f, "{}", if expected == broker { "" } else { "  differs" })?;
        }
        Ok(())
    }
}
