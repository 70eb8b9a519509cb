//! The promises: what was measured of a load in; the ratio that each is of, if that was measured, out.

use super::bounds;
use super::{Bound, Measured};
use crate::bench::contestant::Contestant::{
    self, Dumpcap, Empty, Envoy, None as Alone, OnOff, Sieve, Tshark,
};
use crate::bench::load::Load;
use crate::bench::spread::{Spread, half_width};
use crate::bench::summary::Row;
use crate::bench::table::{number, percent};

/// A ratio that was promised.
pub struct Promise {
    /// What is compared.
    pub what: &'static str,
    /// Who has to have run for it.
    pub of: &'static [Contestant],
    /// What it may be, where something was promised.
    pub bound: fn(Load) -> Option<Bound>,
    /// What was measured of it.
    pub compare: fn(&Measured<'_>, Bound) -> Option<Ratio>,
}

/// A ratio as it was measured.
pub struct Ratio {
    /// The median.
    pub value: f64,
    /// What it may be.
    pub bound: Bound,
    /// Whether it was measured well enough to be judged.
    pub is_sure: bool,
    /// What else is to be known.
    pub note: String,
}

/// All of them.
pub const PROMISES: [Promise; 8] = [
    Promise {
        what: "sieve's cost / broker's",
        of: &[Sieve],
        bound: bounds::broker_share,
        compare: broker_share,
    },
    Promise {
        what: "bytes in the ring / on the wire",
        of: &[Sieve],
        bound: bounds::ring_share,
        compare: |of, bound| Some(Ratio::new(of.row(Sieve)?.ring_share?.median, bound)),
    },
    Promise {
        what: "bytes the sieve lost",
        of: &[Sieve],
        bound: |_| Some(bounds::LOST),
        compare: lost,
    },
    Promise {
        what: "Envoy's cost / sieve's",
        of: &[Sieve, Envoy],
        bound: |load| Some(bounds::than_envoy(load)),
        compare: |of, bound| times_cheaper(of.row(Sieve)?, of.row(Envoy)?, bound),
    },
    Promise {
        what: "dumpcap's cost / sieve's",
        of: &[Sieve, Dumpcap],
        bound: |load| Some(bounds::than_dumpcap(load)),
        compare: |of, bound| times_cheaper(of.row(Sieve)?, of.row(Dumpcap)?, bound),
    },
    Promise {
        what: "tshark's cost / replay's",
        of: &[Tshark],
        bound: |_| Some(bounds::TIMES_TSHARK),
        compare: |of, bound| Some(Ratio::new(of.row(Tshark)?.times_tshark?.median, bound)),
    },
    Promise {
        what: "throughput with sieve / without",
        of: &[OnOff],
        bound: |load| OnOff.takes_part(load, 0).then_some(bounds::THROUGHPUT),
        compare: throughput,
    },
    Promise {
        what: "p99 with sieve / without",
        of: &[Alone, Sieve],
        bound: |load| load.is_paced().then_some(bounds::P99),
        compare: |of, bound| latency(of.row(Sieve)?, of.row(Alone)?, bound),
    },
];

/// How far the mean of the throughputs' ratios may be from the truth.
const WIDEST: f64 = 0.02;

/// Neighbours among these ratios share a slice without the sieve, which correlates them by a sixth: the interval
/// is wider than that of as many independent ones by the root of 4/3.
const SHARED: f64 = 1.155;

/// The sieve's cost as a share of the broker's, and how much of that is due to its being counted.
fn broker_share(of: &Measured<'_>, bound: Bound) -> Option<Ratio> {
    let mut ratio = Ratio::new(of.row(Sieve)?.broker_share.median, bound);
    if let Some(empty) = of.row(Empty) {
        let counting = percent(empty.broker_share.median);
        ratio.note = format!("of which {counting} % is the counting itself (an empty program)");
    }
    Some(ratio)
}

/// What the sieve lost, and what it had not taken when a run began or was over.
fn lost(of: &Measured<'_>, bound: Bound) -> Option<Ratio> {
    let mut ratio = Ratio::new(of.row(Sieve)?.lost? as f64, bound);
    let its = of.runs().filter(|run| run.job.contestant == Sieve);
    let pending: u64 = its.filter_map(|run| Some(run.captured?.pending)).sum();
    if pending > 0 {
        ratio.note = format!("{pending} bytes were still pending");
    }
    Some(ratio)
}

/// How many times as much the other costs for a GB.
fn times_cheaper(sieve: &Row, other: &Row, bound: Bound) -> Option<Ratio> {
    let times = other.cost_per_gb.median / sieve.cost_per_gb.median;
    times.is_finite().then(|| Ratio::new(times, bound))
}

/// Throughput with the sieve as a share of that without, each time that it came.
fn throughput(of: &Measured<'_>, bound: Bound) -> Option<Ratio> {
    let ratios = of.runs().filter_map(|run| run.throughput.as_ref()).flatten().copied();
    let ratios: Vec<_> = ratios.collect();
    let median = Spread::of(ratios.iter().copied())?.median;
    let width = half_width(&ratios) * SHARED;
    let mut ratio = Ratio::new(median, bound);
    ratio.is_sure = width <= WIDEST;
    let (within, allowed) = (percent(width), percent(WIDEST));
    ratio.note = if ratio.is_sure {
        format!("+-{within} %")
    } else {
        format!("+-{within} %, of which {allowed} are allowed: take more --turns")
    };
    Some(ratio)
}

/// p99 with the sieve as a multiple of that without, unless runs without it differ by more.
fn latency(sieve: &Row, alone: &Row, bound: Bound) -> Option<Ratio> {
    let [_, with, _] = sieve.latency_ms?;
    let [_, without, _] = alone.latency_ms?;
    let mut ratio = Ratio::new(with.median / without.median, bound);
    let difference = without.ratio();
    if !bound.holds(difference) {
        ratio.bound = Bound::AtMost(difference);
        ratio.note = format!("runs without differ by {} among themselves", number(difference));
    }
    Some(ratio)
}

impl Ratio {
    fn new(value: f64, bound: Bound) -> Self {
        Self { value, bound, is_sure: true, note: String::new() }
    }
}
