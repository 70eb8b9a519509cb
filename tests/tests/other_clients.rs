//! Clients of other make, each at a real broker: all that they say is understood, and what they say
//! they did is what was seen.
//!
//! Needs root, for the recording, and what `cargo xtask setup` brings. The long form, with more
//! records, every broker and compression: `cargo test -p tests --test other_clients -- --ignored`.

use std::sync::{Mutex, PoisonError};

use observer::event::Outcome;
use tests::clients::{Client, Evidence, JAVA_NEW, JAVA_OLD, NEW_GROUPS, OTHERS, Plan, Seen};
use xtask::kafka::Version;

const SHORT: u64 = 500;
const LONG: u64 = 50_000;

/// Whoever leaves does not wait for answers to these.
const UNAWAITED: [&str; 4] = ["ConsumerGroupHeartbeat", "FetchConsumer", "Heartbeat", "Metadata"];

/// Brokers beside each other starve each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn all_is_seen(version: Version, clients: &[&[Client]], records: u64, codec: Option<&str>) {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let clients = clients.concat();
    let plan = Plan { version, clients: &clients, records, codec };
    let is_live = cfg!(feature = "live");
    let evidence =
        Evidence::gather(&plan, is_live).expect("round trips at a broker, and a recording");
    evidence.metrics.check_balance().expect("both ledgers balance");
    evidence.metrics.check_nothing_lost().expect("nothing is lost");
    if let Some(live) = &evidence.live {
        live.check_against(&evidence.replayed, evidence.until).expect("live it is the same");
    }
    let cut_off = evidence.said.check_understood().expect("all is understood");
    assert_eq!(evidence.metrics.sum("decode_errors_total", ""), cut_off);
    for client in &clients {
        println!("{version}, {}: {:?}", client.id, evidence.of(client).outcomes());
        trip_is_seen(client, &evidence.of(client), records);
        let topic = format!("topic={:?}", client.topic());
        let produced = evidence.metrics.sum("topic_produced_records_total", &topic);
        assert_eq!(produced, records, "{}", client.id);
    }
}

/// What the client did: it produced the records, read them all, and committed behind the last.
fn trip_is_seen(client: &Client, seen: &Seen<'_>, records: u64) {
    let id = client.id;
    for ((api, outcome), count) in seen.outcomes() {
        let has_left = matches!(outcome, Outcome::Abandoned | Outcome::Open);
        let may_be_left = has_left && UNAWAITED.contains(&&*api);
        assert!(outcome == Outcome::Answered || may_be_left, "{id}: {count} {api} {outcome:?}");
    }
    assert_eq!(seen.produced_records(), Some(records), "{id}");
    let (fetched, produced) = (seen.fetched_bytes(), seen.produced_bytes());
    assert!(fetched >= produced, "{id}: {fetched} bytes fetched of {produced}");
    assert_eq!(seen.committed(), records as i64, "{id}");
    assert_eq!(seen.groups(), [&*client.group()].into(), "{id}");
    assert_eq!(seen.software, client.software.into_iter().collect(), "{id}");
}

#[test]
fn newest_broker() {
    all_is_seen(Version::LATEST, &[&OTHERS, &NEW_GROUPS, &JAVA_NEW], SHORT, None);
}

#[test]
fn broker_with_the_old_versions() {
    all_is_seen(Version::V3_9, &[&JAVA_OLD], SHORT, None);
}

#[test]
#[ignore = "the long form, minutes"]
fn newest_broker_and_much_to_read() {
    all_is_seen(Version::LATEST, &[&OTHERS, &NEW_GROUPS, &JAVA_NEW], LONG, Some("gzip"));
}

#[test]
#[ignore = "the long form, minutes"]
fn broker_with_the_old_versions_and_much_to_read() {
    all_is_seen(Version::V3_9, &[&OTHERS, &JAVA_NEW, &JAVA_OLD], LONG, Some("gzip"));
}

#[test]
#[ignore = "the long form, minutes"]
fn broker_with_zookeeper_and_much_to_read() {
    all_is_seen(Version::V2_8, &[&OTHERS, &JAVA_NEW, &JAVA_OLD], LONG, Some("gzip"));
}
