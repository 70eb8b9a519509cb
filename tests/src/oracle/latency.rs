//! Mean broker time by API: the observer's and the broker's, side by side.

use std::collections::BTreeMap;
use std::fmt;

use super::Evidence;
use super::differences::{common_name, wire_name};

/// Fewer requests than these say nothing of a mean.
const ENOUGH: u64 = 200;
/// How far the means may differ: this part of the broker's, or this many milliseconds.
const PART: f64 = 0.15;
const MILLISECONDS: f64 = 1.5;

/// The two means of one API.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Means {
    /// Requests with a broker time, and those without an answer by nature, whose time is nearly none.
    pub count: u64,
    /// The observer's, in milliseconds.
    pub observer_ms: f64,
    /// The broker's `TotalTimeMs`.
    pub broker_ms: f64,
}

/// The means of all APIs with enough requests.
#[derive(Clone, Debug, Default)]
pub struct Latency(BTreeMap<String, Means>);

#[derive(Clone, Copy, Default)]
struct Sum {
    count: u64,
    ms: f64,
}

impl Latency {
    /// Compares the means since broker and clients were warm. An API whose requests are forwarded is
    /// left out: the broker's mean is then one of two different times.
    pub fn of(evidence: &Evidence) -> Self {
        let comparison = evidence.comparison();
        let is_compared =
            |api: &str, sum: &Sum| sum.count >= ENOUGH && !comparison.is_forwarded(api);
        let broker = broker_sums(evidence);
        let means = observer_sums(evidence)
            .into_iter()
            .filter(|(api, sum)| is_compared(api, sum))
            .filter_map(|(api, sum)| {
                let means = Means {
                    count: sum.count,
                    observer_ms: sum.mean()?,
                    broker_ms: broker.get(api)?.mean()?,
                };
                Some((api.to_owned(), means))
            });
        Self(means.collect())
    }

    /// How many APIs were compared.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there was nothing to compare.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all means are close enough.
    pub fn agrees(&self) -> bool {
        self.0.values().all(Means::agree)
    }
}

impl Means {
    fn agree(&self) -> bool {
        (self.observer_ms - self.broker_ms).abs() < (PART * self.broker_ms).max(MILLISECONDS)
    }
}

impl Sum {
    fn mean(self) -> Option<f64> {
        (self.count != 0).then(|| self.ms / self.count as f64)
    }
}

fn broker_sums(evidence: &Evidence) -> BTreeMap<&str, Sum> {
    let (_, warm) = &evidence.warm;
    let mut sums: BTreeMap<_, Sum> = BTreeMap::new();
    for (name, times) in &evidence.after.times {
        let Some(api) = wire_name(name, evidence.version) else {
            continue;
        };
        let earlier = warm.times.get(name).copied().unwrap_or_default();
        let sum = sums.entry(api).or_default();
        sum.count += times.count - earlier.count;
        sum.ms += times.sum_ms() - earlier.sum_ms();
    }
    sums
}

fn observer_sums(evidence: &Evidence) -> BTreeMap<&str, Sum> {
    let (warm, _) = &evidence.warm;
    let mut sums: BTreeMap<_, Sum> = BTreeMap::new();
    for record in evidence.replayed.iter().filter(|record| record.time > *warm) {
        let time_us = match (&*record.outcome, record.broker_time_us) {
            ("answered", Some(time)) => time,
            ("unacknowledged", _) => 0.0,
            _ => continue,
        };
        let sum = sums.entry(common_name(&record.api)).or_default();
        sum.count += 1;
        sum.ms += time_us / 1000.0;
    }
    sums
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<32}{:>10}{:>12}{:>12}", "API", "requests", "observer ms", "broker ms")?;
        for (api, means) in &self.0 {
            let Means { count, observer_ms, broker_ms } = means;
            let note = if means.agree() { "" } else { "  too far apart" };
            writeln!(f, "{api:<32}{count:>10}{observer_ms:>12.2}{broker_ms:>12.2}{note}")?;
        }
        Ok(())
    }
}
