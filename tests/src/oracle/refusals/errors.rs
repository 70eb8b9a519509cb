//! Errors by API and name: the observer's and the broker's, side by side, with what is known to
//! differ taken into account.

use std::collections::BTreeMap;
use std::fmt;

use xtask::kafka::Version;

use super::coverage::NO_ERROR;
use super::told::Told;
use crate::jmx::Reading;
use crate::oracle::differences::{UNCOUNTED_API, common_name, copies};

/// Counts by API and error name.
pub type Errors = BTreeMap<(String, String), u64>;

/// The counts of one API and error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The observer's: each occurrence in a response on the wire.
    pub ours: u64,
    /// The broker's `ErrorsPerSec`.
    pub broker: u64,
    /// On the wire, and known not to be in the broker's count.
    pub uncounted: u64,
    /// In the broker's count, and known not to be on the wire.
    pub unsent: u64,
}

impl Row {
    fn agrees(self) -> bool {
        self.ours + self.unsent == self.broker + self.uncounted
    }
}

/// The whole comparison.
#[derive(Clone, Debug, Default)]
pub struct ErrorComparison {
    rows: BTreeMap<(String, String), Row>,
}

impl ErrorComparison {
    /// Compares all errors that the observer saw, those of wrapped responses under the wrapped API,
    /// with the broker's.
    pub fn new(version: Version, ours: &Errors, told: &Told, reading: &Reading) -> Self {
        let mut comparison = Self::default();
        for ((api, error), count) in ours {
            if api != UNCOUNTED_API {
                comparison.row(common_name(api), error).ours += count;
            }
        }
        for ((api, error), count) in &reading.errors {
            if error != NO_ERROR {
                comparison.row(api, error).broker += count;
            }
        }
        for ((api, _, error), count) in &told.uncounted() {
            comparison.row(api, error).uncounted += count * copies(api, version);
        }
        for ((api, error), count) in &told.unsent {
            comparison.row(api, error).unsent += count;
        }
        comparison.rows.retain(|_, row| *row != Row::default());
        comparison
    }

    /// Whether each count is the broker's, but for what is known.
    pub fn agrees(&self) -> bool {
        self.rows.values().all(|row| row.agrees())
    }

    /// Whether the broker has counted all these at least: what some of its clients saw.
    pub fn broker_has_all(&self) -> bool {
        self.rows.values().all(|row| row.ours + row.unsent <= row.broker + row.uncounted)
    }

    fn row(&mut self, api: &str, error: &str) -> &mut Row {
        self.rows.entry((api.to_owned(), error.to_owned())).or_default()
    }
}

impl fmt::Display for ErrorComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [api, error] = ["API", "error"];
        writeln!(
            f,
            "{api:<30}{error:<40}{:>8}{:>8}{:>11}{:>8}",
            "ours", "JMX", "uncounted", "unsent"
        )?;
        for ((api, error), row) in &self.rows {
            let Row { ours, broker, uncounted, unsent } = row;
            write!(f, "{api:<30}{error:<40}{ours:>8}{broker:>8}{uncounted:>11}{unsent:>8}")?;
            writeln!(f, "{}", if row.agrees() { "" } else { "  differs" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = "answered\tCreateTopics\ttopics.topicConfigErrorCode\tDENIED\t1\n\
        answered\tCreateTopics\ttopics.errorCode\tDENIED\t1\n\
        login\tSaslHandshake\terrorCode\tUNSUPPORTED\t1\n\
        unsent\tProduce\tUNKNOWN\t1\n";

    fn errors(all: &[(&str, &str, u64)]) -> Errors {
        let of = |(api, error, count): &(&str, &str, u64)| {
            (((*api).to_owned(), (*error).to_owned()), *count)
        };
        all.iter().map(of).collect()
    }

    fn agrees(version: Version, ours: &[(&str, &str, u64)], broker: &[(&str, &str, u64)]) -> bool {
        let told = Told::parse(TOLD).expect("what is told");
        let reading = Reading { errors: errors(broker), ..Reading::default() };
        ErrorComparison::new(version, &errors(ours), &told, &reading).agrees()
    }

    #[test]
    fn known_differences_agree() {
        let broker =
            [("Produce", "UNKNOWN", 1), ("CreateTopics", "DENIED", 2), ("Fetch", "NONE", 9)];
        let ours = [("SaslHandshake", "UNSUPPORTED", 1), ("CreateTopics", "DENIED", 4)];
        assert!(agrees(Version::LATEST, &ours, &broker));
        // Where nothing is forwarded, a response passes the wire once.
        let ours = [("SaslHandshake", "UNSUPPORTED", 1), ("CreateTopics", "DENIED", 3)];
        assert!(agrees(Version::V2_8, &ours, &broker));
        assert!(!agrees(Version::LATEST, &ours, &broker));
    }

    #[test]
    fn kinds_of_fetches_are_added_and_envelopes_left_out() {
        let broker = [("Produce", "UNKNOWN", 1), ("Fetch", "ODD", 2)];
        let mut ours = vec![
            ("SaslHandshake", "UNSUPPORTED", 1),
            ("CreateTopics", "DENIED", 2),
            ("FetchConsumer", "ODD", 1),
            ("FetchFollower", "ODD", 1),
            ("Envelope", "NOT_CONTROLLER", 5),
        ];
        assert!(agrees(Version::LATEST, &ours, &broker));
        ours.push(("Heartbeat", "ODD", 1));
        assert!(!agrees(Version::LATEST, &ours, &broker));
    }
}
