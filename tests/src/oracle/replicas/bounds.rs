//! A broker's counts against what passed the wire: what it must have counted and what it may have,
//! side by side with what it says. Where nothing passed while the broker was read, and every request
//! was answered without an error, both bounds are the same.

use std::collections::BTreeMap;
use std::fmt;

use super::run::Counted;
use super::traffic::Counting;
use super::{NEVER_QUIET, Run, View, errors, requests, topics};

/// What is counted, of which API or topic, and which part.
type Key = (&'static str, String, String);

/// A count, and where it must lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// What the broker must have counted.
    pub least: u64,
    /// What it may have counted at most.
    pub most: u64,
    /// Of what lies between, what the wire does not tell, whenever the broker was read.
    pub unknown: u64,
    /// What it says.
    pub broker: u64,
}

/// All counts of a run.
#[derive(Clone, Debug, Default)]
pub struct Account {
    rows: BTreeMap<Key, Bounds>,
}

impl Account {
    /// Holds what was read in a run against what the observer saw of it.
    pub fn new(run: &Run, counted: &Counted, view: &View) -> Self {
        let mut account = Self::default();
        for record in view.of_run(run) {
            let counting = Counting::of(record, counted.reading.span);
            requests::take(&mut account, record, counting);
            errors::take(&mut account, record, counting);
            topics::replicated(&mut account, record, run, counting);
            topics::take(&mut account, record, view, counted);
        }
        requests::read(&mut account, &counted.reading.value);
        errors::read(&mut account, &counted.reading.value);
        topics::read(&mut account, counted);
        topics::forgive_repetitions(&mut account, view);
        for record in view.of_run(run) {
            if Counting::of(record, counted.reading.span) == Counting::Unknown {
                errors::take_unanswered(&mut account, record);
            }
        }
        account.rows.retain(|_, row| *row != Bounds::default());
        account
    }

    /// Whether each count is within its bounds.
    pub fn agrees(&self) -> bool {
        self.rows.values().all(|row| row.holds())
    }

    /// Whether each count that rests when clients do is told exactly, but for what the wire does not
    /// tell.
    pub fn is_exact(&self) -> bool {
        let rests =
            |(kind, name, _): &Key| *kind != requests::KIND || !NEVER_QUIET.contains(&&**name);
        self.rows
            .iter()
            .filter(|(key, _)| rests(key))
            .all(|(_, row)| row.most - row.least == row.unknown)
    }

    /// How many counts there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn rows_of(
        &mut self,
        kind: &'static str,
        name: &str,
    ) -> impl Iterator<Item = &mut Bounds> {
        self.rows.iter_mut().filter(move |(key, _)| key.0 == kind && key.1 == name).map(|row| row.1)
    }

    pub(super) fn row(&mut self, kind: &'static str, name: &str, part: &str) -> &mut Bounds {
        self.rows.entry((kind, name.to_owned(), part.to_owned())).or_default()
    }
}

impl Bounds {
    fn holds(self) -> bool {
        (self.least..=self.most).contains(&self.broker)
    }

    /// Lets the broker have counted so many less.
    pub(super) fn forgive(&mut self, count: u64) {
        let forgiven = count.min(self.least);
        self.least -= forgiven;
        self.unknown += forgiven;
    }

    /// Adds what a record tells.
    pub(super) fn add(&mut self, count: u64, counting: Counting) {
        match counting {
            Counting::Surely => self.least += count,
            Counting::Perhaps => {}
            Counting::Unknown => self.unknown += count,
            Counting::Never => return,
        }
        self.most += count;
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [least, most, broker] = ["at least", "at most", "broker"];
        writeln!(f, "{:<72}{least:>10}{most:>10}{broker:>10}", "")?;
        for ((kind, name, part), row) in &self.rows {
            let Bounds { least, most, broker, .. } = row;
            write!(f, "{kind:<12}{name:<28}{part:<32}{least:>10}{most:>10}{broker:>10}")?;
            writeln!(f, "{}", if row.holds() { "" } else { "  differs" })?;
        }
        Ok(())
    }
}
