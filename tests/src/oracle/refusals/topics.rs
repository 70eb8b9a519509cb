//! Bytes and records by topic: the observer's and the broker's, side by side, with what is known to
//! differ taken into account.

use std::collections::BTreeMap;
use std::fmt;

use super::told::Told;
use crate::jmx::{Reading, TopicBytes};
use crate::oracle::differences::{MARKER_BYTES, is_internal};

/// Topics of the scenario with records of magic 0 and 1, whose number the observer does not tell.
const OLD_FORMATS: &str = "magic-";

/// The counts of one topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The observer's: produced without an error, and fetched by consumers,
    /// those of share groups among them.
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
    /// Compares what the observer saw of each topic with what the broker did.
    pub fn new(ours: &BTreeMap<String, TopicBytes>, told: &Told, reading: &Reading) -> Self {
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        let is_compared = |topic: &&String| !is_internal(topic);
        for topic in ours.keys().chain(reading.topics.keys()).filter(is_compared) {
            let seen = ours.get(topic).copied().unwrap_or_default();
            let mut broker = reading.topics.get(topic).copied().unwrap_or_default();
            let mut expected = expected(topic, seen, told);
            if topic.starts_with(OLD_FORMATS) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(bytes_in: u64, bytes_out: u64, messages_in: u64) -> TopicBytes {
        TopicBytes { bytes_in, bytes_out, messages_in }
    }

    fn agrees(topic: &str, ours: TopicBytes, broker: TopicBytes) -> bool {
        let told = Told::parse("markers\tledger\t2\nunappended\tabsent\t79\t1\n");
        let of = |counts| BTreeMap::from([(topic.to_owned(), counts)]);
        let reading = Reading { topics: of(broker), ..Reading::default() };
        TopicComparison::new(&of(ours), &told.expect("what is told"), &reading).agrees()
    }

    #[test]
    fn a_broker_appends_markers_and_not_all_that_it_takes() {
        assert!(agrees("ledger", counts(100, 7, 3), counts(256, 7, 5)));
        assert!(agrees("absent", counts(79, 0, 1), counts(0, 0, 0)));
        assert!(!agrees("other", counts(100, 7, 3), counts(256, 7, 5)));
        assert!(!agrees("other", counts(100, 7, 3), counts(100, 8, 3)));
    }

    #[test]
    fn records_of_old_formats_and_internal_topics_are_left_out() {
        assert!(agrees("magic-1", counts(10, 0, 0), counts(10, 0, 5)));
        assert!(agrees("__consumer_offsets", counts(0, 0, 0), counts(10, 0, 5)));
    }
}
