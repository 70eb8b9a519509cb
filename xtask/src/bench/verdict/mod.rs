//! Whether the sieve keeps what was promised: rows and runs in; each ratio with its bound, and
//! whether it holds, out. What was not measured has no verdict, which is said.

mod bounds;
mod promises;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::contestant::Contestant;
use super::load::Load;
use super::run::Run;
use super::summary::{Row, find};
use super::table::{number, percent};
use promises::{PROMISES, Promise, Ratio};

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

/// Every verdict that the measurements allow, load by load.
pub fn verdicts(rows: &[Row], runs: &[Run]) -> Vec<Verdict> {
    let measured = Measured::loads(rows, runs);
    measured.iter().flat_map(|of| PROMISES.iter().filter_map(|promise| of.judge(promise))).collect()
}

/// What was promised and not judged, under which of the loads that were measured, and why: a sentence for
/// each promise.
pub fn unjudged(rows: &[Row], runs: &[Run]) -> Vec<String> {
    let measured = Measured::loads(rows, runs);
    let sentence = |promise| {
        let open = measured.iter().filter(|of| of.is_open(promise));
        // Who is missing may differ from load to load.
        let mut missing: Vec<(String, Vec<String>)> = Vec::new();
        for of in open {
            let (why, load) = (of.why(promise), super::name(of.load));
            match missing.iter_mut().find(|(known, _)| *known == why) {
                Some((_, loads)) => loads.push(load),
                None => missing.push((why, vec![load])),
            }
        }
        let told = |(why, loads): (String, Vec<String>)| {
            format!("{}: {} ({why})", loads.join(", "), promise.what)
        };
        missing.into_iter().map(told).collect::<Vec<_>>()
    };
    PROMISES.iter().flat_map(sentence).collect()
}

/// What was measured of a load.
pub struct Measured<'a> {
    load: Load,
    rows: &'a [Row],
    runs: &'a [Run],
}

impl<'a> Measured<'a> {
    fn loads(rows: &'a [Row], runs: &'a [Run]) -> Vec<Self> {
        let mut loads: Vec<_> = runs.iter().map(|run| run.job.load).collect();
        loads.sort();
        loads.dedup();
        loads.into_iter().map(|load| Self { load, rows, runs }).collect()
    }

    fn row(&self, contestant: Contestant) -> Option<&'a Row> {
        find(self.rows, self.load, contestant)
    }

    fn runs(&self) -> impl Iterator<Item = &'a Run> {
        self.runs.iter().filter(|run| run.job.load == self.load)
    }

    fn judge(&self, promise: &Promise) -> Option<Verdict> {
        let ratio = (promise.compare)(self, (promise.bound)(self.load)?)?;
        let Ratio { value, bound, is_sure, note } = ratio;
        let (what, is_steady) = (promise.what.to_owned(), self.was_steady(promise));
        let holds = is_sure && is_steady && bound.holds(value);
        let unsteady = if is_steady { "" } else { "the broker had not become steady" };
        let notes: Vec<_> = [&note, unsteady].into_iter().filter(|note| !note.is_empty()).collect();
        Some(Verdict { load: self.load, what, value, bound, holds, note: notes.join("; ") })
    }

    /// Whether the broker was warm in all runs of those it is of.
    fn was_steady(&self, promise: &Promise) -> bool {
        let mut its = self.runs().filter(|run| promise.of.contains(&run.job.contestant));
        its.all(|run| !run.unsteady)
    }

    /// Whether it was promised of this load, and has no verdict.
    fn is_open(&self, promise: &Promise) -> bool {
        (promise.bound)(self.load).is_some() && self.judge(promise).is_none()
    }

    /// Why a promise has no verdict.
    fn why(&self, promise: &Promise) -> String {
        let has_run = |who: &Contestant| self.runs().any(|run| run.job.contestant == *who);
        let missing = promise.of.iter().filter(|who| !has_run(who));
        let missing: Vec<_> = missing.map(|&who| super::name(who)).collect();
        if missing.is_empty() {
            "too little was measured".to_owned()
        } else {
            format!("not run: {}", missing.join(", "))
        }
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
