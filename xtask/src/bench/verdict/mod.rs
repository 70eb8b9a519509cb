//! Whether the sieve keeps what was promised: rows and runs in; each ratio with its bound, and
//! whether it holds, out. What was not measured has no verdict.

mod bounds;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::contestant::Contestant::{Dumpcap, Empty, Envoy, None as Alone, Sieve};
use super::load::Load;
use super::run::Run;
use super::spread::{Spread, half_width};
use super::summary::{Row, find};
use super::table::{number, percent};

/// A ratio and its bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Under which load.
    pub load: Load,
    /// What was compared.
    pub what: String,
    /// The median.
    pub value: f64,
    /// What it may be.
    pub bound: Bound,
    /// Whether that was shown to hold.
    pub holds: bool,
    /// What else is to be known.
    pub note: String,
}

/// What a ratio may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Bound {
    /// This share or less.
    ShareAtMost(f64),
    /// This many times or less.
    AtMost(f64),
    /// This many times or more.
    AtLeast(f64),
}

/// How far the mean of the throughputs' ratios may be from the truth.
const WIDEST: f64 = 0.02;

/// Neighbours among these ratios share a slice without the sieve, which correlates them by a sixth: the interval
/// is wider than that of as many independent ones by the root of 4/3.
const SHARED: f64 = 1.155;

/// Every verdict that the measurements allow, load by load.
pub fn verdicts(rows: &[Row], runs: &[Run]) -> Vec<Verdict> {
    let mut loads: Vec<_> = runs.iter().map(|run| run.job.load).collect();
    loads.sort();
    loads.dedup();
    loads.into_iter().flat_map(|load| of_load(load, rows, runs)).collect()
}

fn of_load(load: Load, rows: &[Row], runs: &[Run]) -> Vec<Verdict> {
    let sieve = find(rows, load, Sieve);
    let than = |other| sieve.and_then(|sieve| times_cheaper(sieve, find(rows, load, other)?));
    let share = sieve.and_then(|sieve| broker_share(sieve, find(rows, load, Empty)));
    let ring = sieve.and_then(|sieve| sieve.ring_share).zip(bounds::ring_share(load));
    let ring = ring.map(|(ring, bound)| {
        Verdict::new(load, "bytes in the ring / on the wire", ring.median, bound)
    });
    let lost = sieve.and_then(|sieve| sieve.lost);
    let lost =
        lost.map(|lost| Verdict::new(load, "bytes the sieve lost", lost as f64, bounds::LOST));
    let envoy = than(Envoy)
        .map(|times| Verdict::new(load, "Envoy's cost / sieve's", times, bounds::than_envoy(load)));
    let dumpcap = than(Dumpcap).map(|times| {
        Verdict::new(load, "dumpcap's cost / sieve's", times, bounds::than_dumpcap(load))
    });
    let decoders = rows.iter().filter(|row| row.load == load).find_map(|row| row.times_tshark);
    let decoding = decoders.map(|times| {
        Verdict::new(load, "tshark's cost / replay's", times.median, bounds::TIMES_TSHARK)
    });
    let throughput = throughput(load, runs);
    let latency = sieve.and_then(|sieve| latency(sieve, find(rows, load, Alone)?));
    [share, ring, lost, envoy, dumpcap, decoding, throughput, latency]
        .into_iter()
        .flatten()
        .collect()
}

/// The sieve's cost as a share of the broker's, and how much of that is due to its being counted.
fn broker_share(sieve: &Row, empty: Option<&Row>) -> Option<Verdict> {
    let (bound, share) = (bounds::broker_share(sieve.load)?, sieve.broker_share.median);
    let mut verdict = Verdict::new(sieve.load, "sieve's cost / broker's", share, bound);
    if let Some(empty) = empty {
        let counting = percent(empty.broker_share.median);
        verdict.note = format!("of which {counting} % is the counting itself (an empty program)");
    }
    Some(verdict)
}

/// How many times as much the other costs for a GB.
fn times_cheaper(sieve: &Row, other: &Row) -> Option<f64> {
    let times = other.cost_per_gb.median / sieve.cost_per_gb.median;
    times.is_finite().then_some(times)
}

/// Throughput with the sieve as a share of that without, each time that it came.
fn throughput(load: Load, runs: &[Run]) -> Option<Verdict> {
    let runs = runs.iter().filter(|run| run.job.load == load);
    let ratios: Vec<_> =
        runs.filter_map(|run| run.throughput.as_ref()).flatten().copied().collect();
    let median = Spread::of(ratios.iter().copied())?.median;
    let width = half_width(&ratios) * SHARED;
    let mut verdict =
        Verdict::new(load, "throughput with sieve / without", median, bounds::THROUGHPUT);
    let within = format!("+-{} %", percent(width));
    if width > WIDEST {
        verdict.holds = false;
        let allowed = percent(WIDEST);
        verdict.note = format!("{within}, of which {allowed} are allowed: take more --turns");
    } else {
        verdict.note = within;
    }
    Some(verdict)
}

/// p99 with the sieve as a multiple of that without, unless runs without it differ by more.
fn latency(sieve: &Row, alone: &Row) -> Option<Verdict> {
    let [_, with, _] = sieve.latency_ms?;
    let [_, without, _] = alone.latency_ms?;
    let allowed = bounds::P99.max(without.ratio());
    let value = with.median / without.median;
    let mut verdict =
        Verdict::new(sieve.load, "p99 with sieve / without", value, Bound::AtMost(allowed));
    if without.ratio() > bounds::P99 {
        verdict.note =
            format!("runs without differ by {} among themselves", number(without.ratio()));
    }
    Some(verdict)
}

impl Verdict {
    fn new(load: Load, what: &str, value: f64, bound: Bound) -> Self {
        let what = what.to_owned();
        Self { load, what, value, bound, holds: bound.holds(value), note: String::new() }
    }
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::ShareAtMost(most) | Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, bound) = match self.bound {
            Bound::ShareAtMost(most) => {
                (percent(self.value) + " %", format!("at most {} %", percent(most)))
            }
            Bound::AtMost(most) => (number(self.value), format!("at most {}", number(most))),
            Bound::AtLeast(least) => (number(self.value), format!("at least {}", number(least))),
        };
        let holds = match (self.holds, self.bound.holds(self.value)) {
            (true, _) => "holds",
            (false, true) => "UNSURE",
            (false, false) => "BROKEN",
        };
        let load = super::name(self.load);
        write!(f, "{holds:6}  {load:10}  {:32}  {value:>9}  ({bound})", self.what)?;
        if self.note.is_empty() { Ok(()) } else { write!(f, "  {}", self.note) }
    }
}

#[cfg(test)]
mod tests;
