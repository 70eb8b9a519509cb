//! Two views of the same traffic: exchange records of both in, what only one of them has out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::record::Record;

/// How far two times of the same thing may be apart.
const CLOSE_US: f64 = 1000.0;

type Key<'a> = (&'a str, &'a str, i32, i16, i16);

/// Compares the exchanges that began before `until`, and says what differs, one line each.
pub fn differing(left: &[Record], right: &[Record], until: Timestamp) -> Vec<String> {
    let (left, right) = (by_key(left, until), by_key(right, until));
    let mut found = Vec::new();
    for (key, ours) in &left {
        let theirs = right.get(key).map_or(&[][..], Vec::as_slice);
        if ours.len() != theirs.len() {
            found.push(format!("{key:?}: {} times here, {} there", ours.len(), theirs.len()));
        }
        for (one, other) in ours.iter().zip(theirs) {
            found.extend(difference(one, other));
        }
    }
    let only_right = right.keys().filter(|key| !left.contains_key(*key));
    found.extend(only_right.map(|key| format!("{key:?}: only there")));
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

fn difference(one: &Record, other: &Record) -> Option<String> {
    let exact = |r: &Record| {
        (r.api.clone(), r.client_id.clone(), r.outcome.clone(), r.request_bytes, r.response_bytes)
    };
    let apart = other.time.duration_since(one.time).as_micros().abs() as f64;
    let same = exact(one) == exact(other)
        && apart < CLOSE_US
        && is_close(one.duration_us, other.duration_us)
        && is_close(one.broker_time_us, other.broker_time_us)
        && is_close(one.wait_us, other.wait_us);
    (!same).then(|| format!("{one:?}\n  there {other:?}"))
}

fn is_close(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() < CLOSE_US,
        (None, None) => true,
        _ => false,
    }
}
