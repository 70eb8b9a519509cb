//! The observer's metrics against its exchange records: what both tell of errors and topics is the
//! same.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::View;
use crate::record::{Record, Topic};

/// Controllers write to it all the time, so the records, which live are read last, may tell of more.
const NEVER_QUIET: &str = "__cluster_metadata";
const LIVE: &str = "live";

type Sums = BTreeMap<[String; 2], u64>;

/// Fails where they differ, with both.
pub(super) fn check(view: &View) -> Result<()> {
    check_errors(view)?;
    let fetched = |api: &'static str| move |record: &Record| record.api == api;
    check_fetched(view, "topic_fetched_bytes_total", fetched("FetchConsumer"))?;
    check_fetched(view, "topic_replicated_bytes_total", fetched("FetchFollower"))?;
    check_produced(view)
}

fn check_errors(view: &View) -> Result<()> {
    let mut told: BTreeMap<[String; 3], u64> = BTreeMap::new();
    for record in &view.records {
        for (api, errors) in record.told() {
            for (error, count) in errors {
                let key = [&*record.broker, api, error].map(str::to_owned);
                *told.entry(key).or_default() += count;
            }
        }
    }
    let counted = view.metrics.by("request_errors_total", ["broker", "api", "error"]);
    ensure!(counted == told, "errors: metrics {counted:#?}, records {told:#?}");
    Ok(())
}

/// Of a response that a broker's end cut short, the metrics count the record sets that came; its record
/// tells no sum of a topic that it was cut in.
fn check_fetched(view: &View, metric: &str, is_meant: impl Fn(&Record) -> bool) -> Result<()> {
    let told = bytes(view, &is_meant);
    let cut = cut_topics(view, &is_meant);
    let mut counted = view.metrics.by(metric, ["broker", "topic"]);
    for (key, most) in &cut {
        let more = told.get(key).copied().unwrap_or_default();
        if let Some(bytes) =
            counted.get_mut(key).filter(|bytes| (more..=more + most).contains(bytes))
        {
            *bytes = more;
        }
    }
    if view.name == LIVE {
        for (key, told) in told.iter().filter(|([_, topic], _)| topic == NEVER_QUIET) {
            counted.entry(key.clone()).and_modify(|bytes| *bytes = *told.max(bytes));
        }
    }
    counted.retain(|_, bytes| *bytes > 0);
    ensure!(counted == told, "{metric}: {counted:#?}, records {told:#?}, cut {cut:#?}");
    Ok(())
}

/// Topics that responses were cut in, and how many bytes came of those at most.
fn cut_topics(view: &View, is_meant: impl Fn(&Record) -> bool) -> Sums {
    const UNKNOWN: u64 = 10 << 20;
    let mut sums = Sums::new();
    let cut = view.records.iter().filter(|record| is_meant(record) && record.undecoded.is_some());
    for (record, topic) in cut.flat_map(|record| topics(record).map(move |t| (record, t))) {
        if topic.bytes.is_none() {
            let key = [record.broker.clone(), view.name(topic).to_owned()];
            *sums.entry(key).or_default() += record.response_bytes.unwrap_or(UNKNOWN);
        }
    }
    sums
}

/// What was refused in part is told apart by the metrics alone.
fn check_produced(view: &View) -> Result<()> {
    let mut counted = view.metrics.by("topic_produced_bytes_total", ["broker", "topic"]);
    let clean = bytes(view, |record| record.api == "Produce" && record.is_clean());
    for (key, bytes) in &clean {
        let counted = counted.get(key).copied().unwrap_or_default();
        ensure!(counted >= *bytes, "{key:?}: {counted} bytes produced, records {bytes}");
    }
    for (key, bytes) in view.metrics.by("topic_rejected_bytes_total", ["broker", "topic"]) {
        *counted.entry(key).or_default() += bytes;
    }
    let answered = |record: &Record| record.api == "Produce" && record.errors.is_some();
    let told = bytes(view, answered);
    ensure!(counted == told, "produced and rejected: metrics {counted:#?}, records {told:#?}");
    Ok(())
}

fn bytes(view: &View, is_meant: impl Fn(&Record) -> bool) -> Sums {
    let mut sums = Sums::new();
    let answered = view.records.iter().filter(|record| is_meant(record));
    for (record, topic) in answered.flat_map(|record| topics(record).map(move |t| (record, t))) {
        if let Some(bytes) = topic.bytes.filter(|bytes| *bytes > 0) {
            let key = [record.broker.clone(), view.name(topic).to_owned()];
            *sums.entry(key).or_default() += bytes;
        }
    }
    sums
}

fn topics(record: &Record) -> impl Iterator<Item = &Topic> {
    record.topics.iter().flatten()
}
