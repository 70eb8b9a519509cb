//! Lag: what the observer knows of groups is what Kafka's own tools say, while members come and go; of
//! a share group, when nothing moves any more.
//!
//! Needs root, for the recording. The long form, `cargo test -p tests --release --test lag --
//! --ignored`, asks five times as often.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use observer::time::Timestamp;
use tests::oracle::{COMMIT_INTERVAL, GROUPS, Known, Lags, Row, SHARED, TRANSACTIONAL};

const SHORT: usize = 10;
const LONG: usize = 50;
const PARTITIONS: usize = 4;
/// A silent member's session; the tool may count one that has just left, or not yet joined.
const SETTLED: Duration = Duration::from_secs(6);

/// Brokers beside each other starve each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn hold_against_tool(moments: usize) {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let lags = Lags::gather(moments).expect("groups, and a tool that describes them");
    let timeline = &lags.timeline;
    assert!(timeline.untimely.is_empty(), "absent until both are seen: {:?}", timeline.untimely);
    let mut compared = 0;
    let mut behind = 0;
    for moment in &lags.moments {
        let (from, to) = around(moment.span, COMMIT_INTERVAL);
        for ((group, partition), row) in &moment.rows {
            let known = timeline.between(group, *partition, from, to);
            println!("{group} {partition}: {row:?} {:?} .. {:?}", known.first(), known.last());
            assert!(agrees(&known, *row), "{group} {partition}: {row:?}, but {known:?}");
            compared += 1;
            behind += usize::from(row.lag > 0);
        }
    }
    assert!(compared >= (moments - 2) * PARTITIONS * GROUPS.len(), "{compared} rows only");
    assert!(behind > compared / 2, "{behind} of {compared} lag");
    for group in GROUPS {
        let rebalances = timeline.rebalances.get(group).copied().unwrap_or_default();
        assert!(rebalances as usize >= moments / 2, "{group}: {rebalances} rebalances");
        for told in &lags.members {
            let (from, to) = around(told.span, SETTLED);
            let ours = timeline.members(group, from, to);
            let count = told.counts.get(group).map(|n| *n as usize);
            assert!(ours.contains(&count), "{group}: {count:?} members, but {ours:?}");
        }
    }
    for group in GROUPS.iter().chain(&[TRANSACTIONAL]) {
        let ours = timeline.at_end(group);
        assert_eq!(ours.len(), PARTITIONS, "{group}");
        for (partition, known) in ours {
            let row = lags.last.get(&((*group).to_owned(), partition)).expect("a row");
            assert_eq!(known, (row.committed, Some(row.lag)), "{group} {partition} at the end");
        }
    }
    let ours = timeline.told_by_coordinator(TRANSACTIONAL);
    let ends = timeline.at_end(TRANSACTIONAL).into_iter();
    assert_eq!(ours, ends.map(|(partition, (committed, _))| (partition, committed)).collect());
    let ours = timeline.at_end(SHARED);
    println!("{SHARED}: {:?}, the tool {:?}", ours, lags.last_shared);
    assert!(ours.iter().eq(lags.last_shared.iter()), "{SHARED}: the tool {:?}", lags.last_shared);
    let fetches = &timeline.fetches;
    assert!(GROUPS.iter().all(|group| fetches.contains_key(&Some((*group).to_owned()))));
    assert!(fetches.contains_key(&None), "the watcher is in no group: {fetches:?}");
}

/// The tool asks first for the offset, then for the end: each was so within the time, if not at once.
fn agrees(known: &[Known], row: Row) -> bool {
    let ends = || known.iter().filter_map(|(committed, lag)| Some(committed + lag.as_ref()?));
    let range = ends().min().zip(ends().max());
    let has_offset = known.iter().any(|(committed, _)| *committed == row.committed);
    has_offset && range.is_some_and(|(first, last)| (first..=last).contains(&row.end))
}

fn around((from, to): (Timestamp, Timestamp), by: Duration) -> (Timestamp, Timestamp) {
    (Timestamp(from.0.saturating_sub(by.as_nanos() as u64)), to.plus(by))
}

#[test]
fn lag_is_what_the_tool_says() {
    hold_against_tool(SHORT);
}

#[test]
#[ignore = "takes minutes"]
fn lag_is_what_the_tool_says_for_long() {
    hold_against_tool(LONG);
}
