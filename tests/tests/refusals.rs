//! A real broker refuses: many APIs, many errors, and every way in which records come and go.
//!
//! Needs root, for the recording.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tests::oracle::{ErrorComparison, Metrics, Refusals};
use xtask::kafka::Version;

const APIS_AT_LEAST: usize = 40;
const CODES_AT_LEAST: usize = 25;

/// APIs with errors that the broker counts and does not send.
const UNSENT: [&str; 2] = ["Fetch", "Produce"];

/// What the scenario asks in a version that nobody knows.
const UNKNOWN: [&str; 2] = ["ApiVersions", "unknown_version"];

/// Brokers beside each other starve each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// API and field of the errors that the broker sends and does not count: those of logins, and
/// some beside others.
fn uncounted(version: Version) -> BTreeSet<(&'static str, &'static str)> {
    let mut fields = BTreeSet::from([
        ("ApiVersions", "errorCode"),
        ("CreateTopics", "topics.topicConfigErrorCode"),
        ("DescribeUserScramCredentials", "errorCode"),
        ("SaslAuthenticate", "errorCode"),
        ("SaslHandshake", "errorCode"),
    ]);
    if version.is_kraft() {
        fields.insert(("AssignReplicasToDirs", "directories.topics.partitions.errorCode"));
    }
    if version == Version::LATEST {
        fields.insert(("ShareFetch", "responses.partitions.acknowledgeErrorCode"));
    }
    fields
}

fn hold_against_broker(version: Version) {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let refusals =
        Refusals::gather(version, cfg!(feature = "live")).expect("a broker that refuses");
    let coverage = refusals.coverage();
    println!("{version}:\n{coverage}");
    assert!(coverage.apis() >= APIS_AT_LEAST, "{version}: {} APIs", coverage.apis());
    assert!(coverage.codes().len() >= CODES_AT_LEAST, "{version}: {:?}", coverage.codes());
    let requests = refusals.requests();
    assert!(requests.agrees(), "{version}:\n{requests}");
    check_told(&refusals, "replayed", &refusals.metrics);
    if let Some(live) = &refusals.live {
        check_told(&refusals, "live", &live.metrics);
    }
    refusals.metrics.check_balance().expect("both ledgers balance");
    refusals.metrics.check_nothing_lost().expect("nothing is lost");
    if let Some(live) = &refusals.live {
        live.check_against(&refusals.replayed, refusals.until).expect("live it is the same");
    }
    let least =
        ErrorComparison::new(version, &refusals.told.errors(), &refusals.told, &refusals.reading);
    assert!(least.broker_has_all(), "{version}: what clients were answered, and JMX:\n{least}");
    let occurred = refusals.told.uncounted();
    let occurred: BTreeSet<_> = occurred.keys().map(|(api, path, _)| (&**api, &**path)).collect();
    assert_eq!(occurred, uncounted(version), "{version}: known differences that occurred");
    assert_eq!(refusals.told.unsent.keys().map(|(api, _)| &**api).collect::<Vec<_>>(), UNSENT);
}

/// Errors, bytes and records are the broker's, and nothing was left undecoded.
fn check_told(refusals: &Refusals, how: &str, metrics: &Metrics) {
    let version = refusals.version;
    let errors = refusals.errors(metrics);
    assert!(errors.agrees(), "{version} {how}:\n{errors}");
    let topics = refusals.topics(metrics);
    assert!(topics.agrees(), "{version} {how}:\n{topics}");
    let undecoded = metrics.by("decode_errors_total", ["api", "reason"]);
    let undecoded: Vec<_> = undecoded.into_keys().collect();
    assert_eq!(undecoded, [UNKNOWN.map(str::to_owned)], "{version} {how}");
}

#[test]
fn newest_broker() {
    hold_against_broker(Version::LATEST);
}

#[test]
fn broker_with_the_old_versions() {
    hold_against_broker(Version::V3_9);
}

#[test]
fn broker_with_zookeeper() {
    hold_against_broker(Version::V2_8);
}
