//! Bytes and records, by topic; and what followers fetched.

use super::run::{Counted, Run};
use super::traffic::Counting;
use super::{Account, Bounds, View};
use crate::oracle::differences::is_internal;
use crate::record::{Record, Topic};

const IN: &str = "bytes in";
const MESSAGES: &str = "messages";
const OUT: &str = "bytes out";
const REPLICATED: &str = "replicated";
const ALL: &str = "all topics";
/// Topics of producers with one record in flight, which only the leader is to have written.
const ONE_AT_A_TIME: [&str; 2] = ["led", "single"];
/// The topic of an idempotent producer.
const WITHOUT_REPETITIONS: &str = "once";

/// No answer to a fetch is larger under this load.
const UNREAD: u64 = 1 << 16;

/// Adds what a record tells of topics, each of which was last read at its own time.
pub(super) fn take(account: &mut Account, record: &Record, view: &View, counted: &Counted) {
    for topic in record.topics.iter().flatten() {
        let name = view.name(topic);
        let Some(read) = counted.topics.get(name).filter(|_| !is_internal(name)) else {
            continue;
        };
        match &*record.api {
            "Produce" => {
                let counting = Counting::of_taken(record, read.span);
                produced(account, record, name, topic, counting);
            }
            "FetchConsumer" => {
                let counting = Counting::of(record, read.span);
                fetched(account.row(OUT, name, ""), topic.bytes, counting);
            }
            _ => {}
        }
    }
}

/// The broker counts before it sends, and the connection may have ended before that.
fn fetched(row: &mut Bounds, bytes: Option<u64>, counting: Counting) {
    let bytes = bytes.unwrap_or_default();
    row.add(if counting == Counting::Unknown { bytes.max(UNREAD) } else { bytes }, counting);
}

fn produced(account: &mut Account, record: &Record, name: &str, topic: &Topic, counting: Counting) {
    let is_refused = record.errors.as_ref().is_some_and(|errors| !errors.is_empty());
    let counting = match counting {
        _ if is_refused && ONE_AT_A_TIME.contains(&name) => Counting::Never,
        // One partition of several may have been refused, or have been written all the same.
        Counting::Surely if !record.is_clean() => Counting::Unknown,
        counting => counting,
    };
    account.row(IN, name, "").add(topic.bytes.unwrap_or_default(), counting);
    account.row(MESSAGES, name, "").add(topic.records.unwrap_or_default(), counting);
}

/// What is sent again to a topic without repetitions, because nobody answered or another leads now,
/// is answered with success, and appended once.
pub(super) fn forgive_repetitions(account: &mut Account, view: &View) {
    let (bytes, records) = view.unsettled(WITHOUT_REPETITIONS);
    account.row(IN, WITHOUT_REPETITIONS, "").forgive(bytes);
    account.row(MESSAGES, WITHOUT_REPETITIONS, "").forgive(records);
}

/// Adds what followers of the brokers' topics fetched; those of the metadata ask the controllers,
/// which do not count.
pub(super) fn replicated(account: &mut Account, record: &Record, run: &Run, counting: Counting) {
    if record.api == "FetchFollower" && record.broker == run.listener.to_string() {
        let bytes = record.topics.iter().flatten().filter_map(|topic| topic.bytes).sum();
        fetched(account.row(REPLICATED, ALL, ""), Some(bytes), counting);
    }
}

/// Adds what the broker says.
pub(super) fn read(account: &mut Account, counted: &Counted) {
    for (name, counted) in counted.topics.iter().filter(|(name, _)| !is_internal(name)) {
        account.row(IN, name, "").broker += counted.value.bytes_in;
        account.row(MESSAGES, name, "").broker += counted.value.messages_in;
        account.row(OUT, name, "").broker += counted.value.bytes_out;
    }
    account.row(REPLICATED, ALL, "").broker += counted.reading.value.replicated_out;
}
