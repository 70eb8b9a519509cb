//! How much of the protocol a scenario has touched: a broker's counts in, a table out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::jmx::Reading;

/// What `ErrorsPerSec` calls the absence of an error.
pub(super) const NO_ERROR: &str = "NONE";

/// Errors by API, and APIs without any.
#[derive(Clone, Debug, Default)]
pub struct Coverage<'a> {
    errors: BTreeMap<&'a str, BTreeMap<&'a str, u64>>,
}

impl<'a> Coverage<'a> {
    /// Of all that a broker has counted.
    pub fn of(reading: &'a Reading) -> Self {
        let mut coverage = Self::default();
        for (api, _) in reading.requests.keys() {
            coverage.errors.entry(api).or_default();
        }
        for ((api, error), count) in &reading.errors {
            if error != NO_ERROR && *count > 0 {
                coverage.errors.entry(api).or_default().insert(error, *count);
            }
        }
        coverage
    }

    /// How many APIs were answered.
    pub fn apis(&self) -> usize {
        self.errors.len()
    }

    /// The error codes, each once.
    pub fn codes(&self) -> BTreeSet<&'a str> {
        self.errors.values().flat_map(BTreeMap::keys).copied().collect()
    }
}

impl fmt::Display for Coverage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (api, errors) in &self.errors {
            let errors: Vec<_> = errors.iter().map(|(error, n)| format!("{error} {n}")).collect();
            writeln!(f, "{api:<32}{}", errors.join(", "))?;
        }
        writeln!(f, "{} APIs, {} error codes", self.apis(), self.codes().len())
    }
}
