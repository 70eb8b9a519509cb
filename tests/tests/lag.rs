//! Lag: what the observer knows of groups is what Kafka's own tools say, while members come and go; of
//! a share group, when nothing moves any more.
//!
//! Needs root, for the recording. The long form, `cargo test -p tests --release --test lag --
//! --ignored`, asks five times as often.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use observer::time::Timestamp;
use tests::oracle::{
    COMMIT_INTERVAL, Exported, GROUPS, History, Known, Lags, Row, SHARED, TRANSACTIONAL, before,
};

const SHORT: usize = 10;
const LONG: usize = 50;
const PARTITIONS: usize = 4;
/// A silent member's session; the tool may count one that has just left, or not yet joined.
const SETTLED: Duration = Duration::from_secs(6);

/// Brokers beside each other starve each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn hold_against_tool(moments: usize) {
    let is_live = cfg!(feature = "live");
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let lags = Lags::gather(moments, is_live).expect("groups, and a tool that describes them");
    let timeline = &lags.timeline;
    assert!(timeline.untimely.is_empty(), "absent until both are seen: {:?}", timeline.untimely);
    check_history(&lags, &timeline.history, agrees, "replayed");
    for group in GROUPS {
        let rebalances = timeline.rebalances.get(group).copied().unwrap_or_default();
        assert!(rebalances as usize >= moments / 2, "{group}: {rebalances} rebalances");
    }
    let ours = timeline.told_by_coordinator(TRANSACTIONAL);
    let ends = timeline.history.at_end(TRANSACTIONAL).into_iter();
    assert_eq!(ours, ends.map(|(partition, (committed, _))| (partition, committed)).collect());
    let fetches = &timeline.fetches;
    assert!(GROUPS.iter().all(|group| fetches.contains_key(&Some((*group).to_owned()))));
    assert!(fetches.contains_key(&None), "the watcher is in no group: {fetches:?}");
    assert_eq!(lags.live.is_some(), is_live);
    if let Some(exported) = &lags.live {
        check_history(&lags, &exported.history, may_agree, "live");
        check_counts(exported, moments);
    }
}

/// What was known was what the tool said, at each moment and at the end.
fn check_history(lags: &Lags, history: &History, holds: impl Fn(&[Known], Row) -> bool, how: &str) {
    let mut compared = 0;
    let mut behind = 0;
    for moment in &lags.moments {
        let (from, to) = around(moment.span, COMMIT_INTERVAL);
        for ((group, partition), row) in &moment.rows {
            let known = history.between(group, *partition, from, to);
            println!(
                "{how} {group} {partition}: {row:?} {:?} .. {:?}",
                known.first(),
                known.last()
            );
            assert!(holds(&known, *row), "{how} {group} {partition}: {row:?}, but {known:?}");
            compared += 1;
            behind += usize::from(row.lag > 0);
        }
    }
    let least = (lags.moments.len() - 2) * PARTITIONS * GROUPS.len();
    assert!(compared >= least, "{compared} rows only");
    assert!(behind > compared / 2, "{behind} of {compared} lag");
    for (group, told) in GROUPS.iter().flat_map(|g| lags.members.iter().map(move |told| (g, told)))
    {
        let (from, to) = around(told.span, SETTLED);
        let ours = history.members(group, from, to);
        let count = told.counts.get(*group).map(|n| *n as usize);
        assert!(ours.contains(&count), "{how} {group}: {count:?} members, but {ours:?}");
    }
    for group in GROUPS.iter().chain(&[TRANSACTIONAL]) {
        let ours = history.at_end(group);
        assert_eq!(ours.len(), PARTITIONS, "{how} {group}: the tool {:?}", lags.last);
        for (partition, known) in ours {
            let row = lags.last.get(&((*group).to_owned(), partition)).expect("a row");
            assert_eq!(
                known,
                (row.committed, Some(row.lag)),
                "{how} {group} {partition} at the end"
            );
        }
    }
    let ours = history.at_end(SHARED);
    println!("{how} {SHARED}: {:?}, the tool {:?}", ours, lags.last_shared);
    assert!(ours.iter().eq(lags.last_shared.iter()), "{SHARED}: the tool {:?}", lags.last_shared);
}

/// What was counted live is what is counted of the recording: fetches whose session tells their
/// topics, and rebalances.
fn check_counts(exported: &Exported, moments: usize) {
    let (live, replayed) = (&exported.live.metrics, &exported.replayed);
    exported.live.check_against(&exported.records, exported.until).expect("live it is the same");
    let by_topic = ["topic", "client_id"];
    for metric in ["topic_fetched_bytes_total", "topic_share_fetched_bytes_total"] {
        let ours = live.by(metric, by_topic);
        assert!(!ours.is_empty(), "{metric}");
        assert_eq!(ours, replayed.by(metric, by_topic), "{metric}");
    }
    let rebalances = live.by("group_rebalances_total", ["group"]);
    assert_eq!(rebalances, replayed.by("group_rebalances_total", ["group"]));
    let counted = |group: &str| rebalances.get(&[group.to_owned()]).copied().unwrap_or_default();
    assert!(GROUPS.iter().all(|group| counted(group) as usize >= moments / 2), "{rebalances:?}");
}

/// The tool asks first for the offset, then for the end: each was so within the time, if not at once.
fn agrees(known: &[Known], row: Row) -> bool {
    may_agree(known, row) && known.iter().any(|(committed, _)| *committed == row.committed)
}

/// The same of what was read now and then: a value may have come and gone between two readings.
fn may_agree(known: &[Known], row: Row) -> bool {
    let committed = known.iter().map(|(committed, _)| *committed);
    let ends = known.iter().filter_map(|(committed, lag)| Some(committed + lag.as_ref()?));
    is_among(committed, row.committed) && is_among(ends, row.end)
}

/// Offsets grow: whether one lies between those known.
fn is_among(known: impl Iterator<Item = i64> + Clone, offset: i64) -> bool {
    let range = known.clone().min().zip(known.max());
    range.is_some_and(|(first, last)| (first..=last).contains(&offset))
}

fn around((from, to): (Timestamp, Timestamp), by: Duration) -> (Timestamp, Timestamp) {
    (before(from, by), to.plus(by))
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
