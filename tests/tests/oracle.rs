//! Real brokers as the oracle: what the observer counts and times equals what they do.
//!
//! Needs root, for the recording. The short form is about ten thousand requests for each broker;
//! the long form, `cargo test -p tests --release --test oracle -- --ignored`, over a hundred
//! thousand.

use std::sync::{Mutex, PoisonError};

use tests::oracle::{Cluster, Evidence, Latency, Plan};
use xtask::kafka::Version;

const CLASSIC: &[&str] = &["classic"];
const BOTH: &[&str] = &["classic", "consumer"];

const SHORT: u32 = 10_000;
/// The load takes this as a measure; what the broker counts is asserted.
const LONG: u32 = 120_000;
const LONG_AT_LEAST: u64 = 100_000;

/// Brokers beside each other starve each other, and then pass on requests long after the wire did.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn plan(version: Version, requests: u32) -> Plan {
    let group_protocols = if version == Version::LATEST { BOTH } else { CLASSIC };
    Plan { version, requests, group_protocols, is_live: cfg!(feature = "live") }
}

/// Every count equals the broker's, nothing was lost, both ledgers balance, and the means agree.
fn hold_against_broker(plan: Plan) -> Evidence {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let evidence = Evidence::gather(&plan).expect("a broker under load, and a recording of it");
    evidence.metrics.check_balance().expect("both ledgers balance");
    evidence.metrics.check_nothing_lost().expect("nothing is lost");
    let counts = evidence.comparison();
    println!("{}:\n{counts}", plan.version);
    assert!(counts.agrees(), "{}:\n{counts}", plan.version);
    let latency = Latency::of(&evidence);
    println!("{latency}");
    assert!(latency.len() >= 5, "too few APIs with enough requests:\n{latency}");
    assert!(latency.agrees(), "{}:\n{latency}", plan.version);
    if let Some(live) = &evidence.live {
        live.check_against(&evidence.replayed, evidence.until).expect("live it is the same");
    }
    evidence
}

fn hold_under_long_load(version: Version) {
    let evidence = hold_against_broker(plan(version, LONG));
    assert!(evidence.comparison().total() >= LONG_AT_LEAST);
}

#[test]
fn newest_broker() {
    hold_against_broker(plan(Version::LATEST, SHORT));
}

#[test]
fn broker_with_the_old_versions() {
    hold_against_broker(plan(Version::V3_9, SHORT));
}

#[test]
fn broker_with_zookeeper() {
    hold_against_broker(plan(Version::V2_8, SHORT));
}

#[test]
fn two_brokers_that_follow_each_other() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let cluster = Cluster::gather(&plan(Version::LATEST, SHORT)).expect("a cluster under load");
    cluster.metrics.check_balance().expect("both ledgers balance");
    cluster.metrics.check_nothing_lost().expect("nothing is lost");
    if let Some(live) = &cluster.live {
        live.check_against(&cluster.replayed, cluster.until).expect("live it is the same");
    }
    for counts in &cluster.brokers {
        println!("{counts}");
        assert!(counts.agrees(), "{counts}");
    }
}

#[test]
#[ignore = "the long form, minutes"]
fn newest_broker_under_long_load() {
    hold_under_long_load(Version::LATEST);
}

#[test]
#[ignore = "the long form, minutes"]
fn broker_with_the_old_versions_under_long_load() {
    hold_under_long_load(Version::V3_9);
}

#[test]
#[ignore = "the long form, minutes"]
fn broker_with_zookeeper_under_long_load() {
    hold_under_long_load(Version::V2_8);
}
