//! Two views of the same traffic: exchange records of both in, what differs between them out.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use jiff::Timestamp;

use crate::record::Record;

/// How far two times of the same thing may be apart.
const CLOSE_US: f64 = 1000.0;

type Key<'a> = (&'a str, &'a str, i32, i16, i16);

/// What differs, one text each.
#[derive(Clone, Debug, Default)]
pub struct Differences {
    /// Exchanges that only one has, and facts other than times.
    pub facts: Vec<String>,
    /// Exchanges of which a time differs by a millisecond or more.
    pub times: Vec<String>,
    /// Exchanges compared.
    pub compared: usize,
}

/// On the loopback the observer sees a packet when it is sent, a recording when it is received. On
/// a busy processor these are milliseconds apart now and then: for no more than one in so many.
const RARE: usize = 1_000;

impl Differences {
    /// Whether the views are the same.
    fn are_none(&self) -> bool {
        self.compared != 0 && self.facts.is_empty() && self.times.len() <= self.compared / RARE
    }
}

/// Fails unless the exchanges that began before `until` are the same.
pub fn check_same(left: &[Record], right: &[Record], until: Timestamp) -> Result<()> {
    let found = differing(left, right, until);
    println!("{} exchanges of {} at other times", found.times.len(), found.compared);
    let first = || (found.facts.first(), found.times.first());
    ensure!(found.are_none(), "not the same: {:#?}", first());
    Ok(())
}

/// Compares the exchanges that began before `until`.
pub fn differing(left: &[Record], right: &[Record], until: Timestamp) -> Differences {
    let (left, right) = (by_key(left, until), by_key(right, until));
    let mut found = Differences::default();
    for (key, ours) in &left {
        let theirs = right.get(key).map_or(&[][..], Vec::as_slice);
        if ours.len() != theirs.len() {
            let (here, there) = (ours.len(), theirs.len());
            found.facts.push(format!("{key:?}: {here} times here, {there} there"));
        }
        for (one, other) in ours.iter().zip(theirs) {
            found.compare(one, other);
        }
    }
    let only_right = right.keys().filter(|key| !left.contains_key(*key));
    found.facts.extend(only_right.map(|key| format!("{key:?}: only there")));
    found
}

/// Exchanges by what identifies them; those of the same key in the order of time.
fn by_key(records: &[Record], until: Timestamp) -> BTreeMap<Key<'_>, Vec<&Record>> {
    let mut by_key: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.time < until) {
        let Record { client, broker, correlation_id, api_key, api_version, .. } = record;
        let key = (&**client, &**broker, *correlation_id, *api_key, *api_version);
        by_key.entry(key).or_default().push(record);
    }
    for records in by_key.values_mut() {
        records.sort_by_key(|record| record.time);
    }
    by_key
}

impl Differences {
    fn compare(&mut self, one: &Record, other: &Record) {
        self.compared += 1;
        let text = || format!("{one:?}\n  there {other:?}");
        if !has_same_facts(one, other) {
            self.facts.push(text());
        } else if !has_close_times(one, other) {
            self.times.push(text());
        }
    }
}

fn has_same_facts(one: &Record, other: &Record) -> bool {
    one.api == other.api
        && one.client_id == other.client_id
        && one.outcome == other.outcome
        && one.errors == other.errors
        && one.topics == other.topics
        && one.forwarded == other.forwarded
        && one.undecoded == other.undecoded
        && one.request_bytes == other.request_bytes
        && one.response_bytes == other.response_bytes
        && one.duration_us.is_some() == other.duration_us.is_some()
        && one.broker_time_us.is_some() == other.broker_time_us.is_some()
        && one.wait_us.is_some() == other.wait_us.is_some()
}

fn has_close_times(one: &Record, other: &Record) -> bool {
    let apart_us = other.time.duration_since(one.time).as_micros().abs() as f64;
    apart_us < CLOSE_US
        && is_close(one.duration_us, other.duration_us)
        && is_close(one.broker_time_us, other.broker_time_us)
        && is_close(one.wait_us, other.wait_us)
}

fn is_close(one: Option<f64>, other: Option<f64>) -> bool {
    one.zip(other).is_none_or(|(one, other)| (one - other).abs() < CLOSE_US)
}
