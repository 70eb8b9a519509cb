//! The audit of real clients at a real broker that still answers all of them: those that Kafka 4
//! will refuse are findings, and no others.
//!
//! Needs root, for the recording.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tests::clients::{Audited, Client, Plan, Program, is_served};
use xtask::kafka::Version;

const RECORDS: u64 = 200;

const fn java(id: &'static str, version: &'static str) -> Client {
    Client { id, program: Program::Java(version), is_new_group: false, software: None }
}

/// Its Produce and Fetch are of versions that are gone.
const REFUSED: Client = java("refused", "0.10.2.2");
/// It names no library, but what it speaks is still taken.
const NAMELESS: Client = java("nameless", "1.1.1");
const NEW: Client = java("new", "4.4.0");

/// Brokers beside each other starve each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// APIs and versions of one entry.
fn versions(entry: &Value) -> Vec<(&str, i64)> {
    let used = entry["versions"].as_array().unwrap().iter();
    used.map(|used| (used["api"].as_str().unwrap(), used["api_version"].as_i64().unwrap()))
        .collect()
}

#[test]
fn clients_that_kafka_4_refuses_are_findings() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let clients = [REFUSED, NAMELESS, NEW];
    let plan = Plan { version: Version::V3_9, clients: &clients, records: RECORDS, codec: None };
    let audited = Audited::gather(&plan).expect("round trips at a broker, and an audit of them");
    println!("{:#}", audited.report);
    assert_eq!(audited.code, Some(1));
    let [refused] = &audited.of("clients", REFUSED.id).collect::<Vec<_>>()[..] else {
        panic!("one entry")
    };
    assert_eq!(versions(refused), [("Produce", 2), ("FetchConsumer", 3)]);
    assert_eq!((refused["library"].is_null(), &refused["address"]), (true, &"127.0.0.1".into()));
    assert!(refused["upgrade"].as_str().unwrap().ends_with("must learn Produce v3, Fetch v4"));
    assert_eq!(audited.report["clients"].as_array().map(Vec::len), Some(1), "nobody else");
    assert_eq!(audited.of("unnamed", NAMELESS.id).count(), 1);
    for list in ["clients", "early", "unnamed"] {
        assert_eq!(audited.of(list, NEW.id).count(), 0, "{list}");
    }
}

/// The audit's verdict is the broker's.
#[test]
fn kafka_4_refuses_the_findings_and_serves_the_others() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    for (client, verdict) in [(REFUSED, false), (NAMELESS, true), (NEW, true)] {
        let is_served = is_served(Version::LATEST, &client, RECORDS).expect("a broker");
        assert_eq!(is_served, verdict, "{}", client.id);
    }
}
