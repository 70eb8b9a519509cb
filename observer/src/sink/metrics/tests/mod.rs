//! Events in, text out.

mod bodies;

use std::sync::Arc;
use std::time::Duration;

use super::health::{CaptureStats, Health, Hook};
use super::{Metrics, Options, text};
use crate::decode::{ErrorCounts, Facts};
use crate::event::{
    ClientSoftware, Event, Fetcher, Handler, Malformed, Outcome, Security, Side, Unmatched,
};
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::sink::samples::{TIME, exchange, peers, request};

fn counted(options: Options, clients: &[&str]) -> Metrics {
    let mut metrics = Metrics::new(options).unwrap();
    metrics.advance(TIME);
    for client in clients {
        metrics.event(Event::Request(&request(client)));
        metrics.event(Event::Exchange(&exchange(client)));
    }
    metrics
}

/// The samples of a metric (its series, without HELP and TYPE).
fn samples(metrics: &Metrics, name: &str) -> Vec<String> {
    let text = text(&metrics.gather(&Health::default())).unwrap();
    let prefix = format!("kafka_observer_{name}");
    let own =
        |line: &&str| line.strip_prefix(&prefix).is_some_and(|rest| rest.starts_with(['{', ' ']));
    text.lines().filter(own).map(|line| line[prefix.len()..].to_owned()).collect()
}

#[test]
fn an_exchange_counts_under_all_its_labels() {
    let metrics = counted(Options::default(), &["a", "a", ""]);
    assert_eq!(
        samples(&metrics, "request_bytes_total"),
        [
            r#"{api="Produce",broker="10.0.0.2:9092",client_id="",vantage="broker"} 1234"#,
            r#"{api="Produce",broker="10.0.0.2:9092",client_id="a",vantage="broker"} 2468"#,
        ]
    );
    assert_eq!(
        samples(&metrics, "response_bytes_total")[1],
        r#"{api="Produce",broker="10.0.0.2:9092",client_id="a",vantage="broker"} 112"#
    );
    assert_eq!(
        samples(&metrics, "api_version_requests_total")[1],
        "{api=\"Produce\",api_version=\"9\",broker=\"10.0.0.2:9092\",client_id=\"a\",\
         vantage=\"broker\"} 2"
    );
    assert_eq!(
        samples(&metrics, "broker_time_seconds_count"),
        [r#"{api="Produce",broker="10.0.0.2:9092",vantage="broker"} 3"#]
    );
}

#[test]
fn requests_of_removed_versions_are_counted_apart() {
    let mut metrics = counted(Options::default(), &["new"]);
    let mut old = request("old");
    old.header.api_version = 2;
    metrics.event(Event::Request(&old));
    let deprecated = samples(&metrics, "deprecated_requests_total");
    assert!(deprecated.len() == 1 && deprecated[0].contains("api_version=\"2\""), "{deprecated:?}");
    assert!(deprecated[0].contains(r#"client_id="old""#), "{deprecated:?}");
    let mut follower = old.clone();
    (follower.header.api_key, follower.header.fetcher) = (1, Fetcher::Follower);
    metrics.event(Event::Request(&follower));
    assert_eq!(samples(&metrics, "deprecated_requests_total"), deprecated, "no client's");
}

#[test]
fn a_request_in_flight_is_a_gauge_and_an_ended_one_an_outcome() {
    let mut metrics = counted(Options::default(), &["a"]);
    metrics.event(Event::Request(&request("a")));
    metrics.event(Event::Request(&request("a")));
    let mut lost = exchange("a");
    lost.outcome = Outcome::Lost;
    metrics.event(Event::Exchange(&lost));
    assert_eq!(
        samples(&metrics, "inflight_requests"),
        [r#"{broker="10.0.0.2:9092",vantage="broker"} 1"#]
    );
    let outcomes = samples(&metrics, "request_outcomes_total");
    assert_eq!(outcomes.len(), Outcome::ALL.len(), "also those that did not happen: {outcomes:?}");
    assert!(
        outcomes
            .contains(&r#"{broker="10.0.0.2:9092",outcome="lost",vantage="broker"} 1"#.to_owned())
    );
}

#[test]
fn a_time_that_is_not_known_is_not_observed() {
    let mut metrics = Metrics::new(Options::default()).unwrap();
    let mut exchange = exchange("a");
    exchange.broker_time = None;
    metrics.event(Event::Exchange(&exchange));
    let count = |name| samples(&metrics, name).pop().unwrap();
    assert!(count("broker_time_seconds_count").ends_with(" 0"));
    assert!(count("request_duration_seconds_count").ends_with(" 1"));
}

#[test]
fn labels_can_be_turned_off_and_a_cluster_named() {
    let options =
        Options { client_id: false, cluster: Some("eu\"1".to_owned()), ..Options::default() };
    let metrics = counted(options, &["a", "b"]);
    assert_eq!(
        samples(&metrics, "requests_total"),
        [r#"{api="Produce",broker="10.0.0.2:9092",cluster="eu\"1",vantage="broker"} 2"#]
    );
}

#[test]
fn totals_stay_right_above_the_caps() {
    let clients: Vec<String> = (0..1000).map(|n| format!("client-{n}")).collect();
    let clients: Vec<&str> = clients.iter().map(String::as_str).collect();
    for options in [
        Options { max_label_values: 10, ..Options::default() },
        Options { max_client_ids: Some(10), ..Options::default() },
        Options { max_series: 10, ..Options::default() },
    ] {
        let metrics = counted(options, &clients);
        let requests = samples(&metrics, "requests_total");
        assert_eq!(requests.len(), 11);
        let value = |line: &String| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
        assert_eq!(requests.iter().map(value).sum::<u64>(), 1000);
        assert!(requests.iter().any(|line| line.contains(r#"client_id="other""#)));
        let overflows = samples(&metrics, "series_overflow_total");
        assert!(overflows.iter().any(|line| value(line) > 900), "{overflows:?}");
    }
}

#[test]
fn idle_series_expire_and_unlabelled_totals_do_not() {
    let mut metrics = counted(Options::default(), &["a"]);
    metrics.advance(TIME.plus(Duration::from_hours(1)));
    metrics.event(Event::Request(&request("b")));
    metrics.advance(TIME.plus(Duration::from_secs(3600 + 361)));
    let requests = samples(&metrics, "requests_total");
    assert!(requests.len() == 1 && requests[0].contains(r#"client_id="b""#), "{requests:?}");
    assert!(samples(&metrics, "request_duration_seconds_count").is_empty());
    let answered = r#"{broker="10.0.0.2:9092",outcome="answered",vantage="broker"} 1"#.to_owned();
    assert!(samples(&metrics, "request_outcomes_total").contains(&answered));
    metrics.event(Event::Request(&request("a")));
    assert!(samples(&metrics, "requests_total")[0].ends_with(" 1"), "counts from zero again");
}

#[test]
fn connections_are_counted_by_security_and_library() {
    let mut metrics = Metrics::new(Options::default()).unwrap();
    let software = ClientSoftware {
        name: Arc::from("apache-kafka-java"),
        version: Arc::from("4.4.0"),
        client_id: Some(Arc::from("a")),
    };
    let (was, is) = (Security::Unknown, Security::Plaintext);
    metrics.event(Event::ConnectionOpened(peers()));
    assert!(samples(&metrics, "client_info")[0].contains(r#"client_software_name="unknown""#));
    metrics.event(Event::ConnectionSecurity { peers: peers(), was, is });
    metrics.event(Event::ClientSoftware { peers: peers(), software: &software });
    assert_eq!(
        samples(&metrics, "client_info"),
        ["{broker=\"10.0.0.2:9092\",client_id=\"a\",client_software_name=\"apache-kafka-java\",\
          client_software_version=\"4.4.0\",vantage=\"broker\"} 1"]
    );
    let plaintext = r#"{broker="10.0.0.2:9092",security="plaintext",vantage="broker"}"#;
    assert!(samples(&metrics, "connections").contains(&format!("{plaintext} 1")));
    metrics.event(Event::ConnectionClosed { peers: peers(), security: is });
    assert!(samples(&metrics, "connections").contains(&format!("{plaintext} 0")));
    assert!(samples(&metrics, "client_info").is_empty());
}

#[test]
fn a_client_that_names_no_library_is_known_by_its_id() {
    let mut metrics = Metrics::new(Options::default()).unwrap();
    let library = |client_id: &str, software: &str, version: &str| {
        format!(
            "{{broker=\"10.0.0.2:9092\",client_id=\"{client_id}\",client_software_name=\
             \"{software}\",client_software_version=\"{version}\",vantage=\"broker\"}} 1"
        )
    };
    metrics.event(Event::ConnectionOpened(peers()));
    let mut nameless = request("");
    nameless.header.client_id = None;
    metrics.event(Event::Request(&nameless));
    assert_eq!(samples(&metrics, "client_info"), [library("", "unknown", "unknown")]);
    for client_id in ["a", "b"] {
        metrics.event(Event::Request(&request(client_id)));
        assert_eq!(samples(&metrics, "client_info"), [library("a", "unknown", "unknown")]);
    }
    let software = ClientSoftware {
        name: Arc::from("librdkafka"),
        version: Arc::from("2.0"),
        client_id: Some(Arc::from("a")),
    };
    metrics.event(Event::ClientSoftware { peers: peers(), software: &software });
    metrics.event(Event::Request(&request("a")));
    assert_eq!(samples(&metrics, "client_info"), [library("a", "librdkafka", "2.0")]);
    let security = Security::Plaintext;
    metrics.event(Event::ConnectionClosed { peers: peers(), security });
    assert!(samples(&metrics, "client_info").is_empty());
}

#[test]
fn connections_are_counted_by_the_mechanism_that_was_agreed_to() {
    let mut metrics = Metrics::new(Options::default()).unwrap();
    let mut handshake = exchange("a");
    handshake.header.api_key = ApiKey::SASL_HANDSHAKE.0;
    let asked = Facts { mechanism: Some(Arc::from("PLAIN")), ..Facts::default() };
    handshake.request = Some(Box::new(asked));
    let mut errors = ErrorCounts::default();
    errors.count(ErrorCode(33), None);
    handshake.response = Some(Box::new(Facts { errors, ..Facts::default() }));
    metrics.event(Event::Exchange(&handshake));
    assert!(samples(&metrics, "connections_by_mechanism").is_empty());
    handshake.response = Some(Box::new(Facts::default()));
    for _ in 0..2 {
        metrics.event(Event::Exchange(&handshake));
        assert_eq!(
            samples(&metrics, "connections_by_mechanism"),
            [r#"{broker="10.0.0.2:9092",mechanism="PLAIN",vantage="broker"} 1"#]
        );
    }
    let security = Security::SaslPlaintext;
    metrics.event(Event::ConnectionClosed { peers: peers(), security });
    assert!(samples(&metrics, "connections_by_mechanism").is_empty());
}

#[test]
fn what_was_wrong_is_counted_by_reason() {
    let mut metrics = Metrics::new(Options::default()).unwrap();
    let peers = peers();
    metrics.event(Event::UnmatchedResponse { peers, reason: Unmatched::Late });
    let reason = Malformed::Header;
    metrics.event(Event::Malformed { peers, side: Side::Response, reason });
    metrics.event(Event::Resynchronised { peers, side: Side::Request });
    let one = |reason: &str| {
        format!(r#"{{broker="10.0.0.2:9092",reason="{reason}",vantage="broker"}} 1"#)
    };
    assert!(samples(&metrics, "unmatched_responses_total").contains(&one("late")));
    assert!(samples(&metrics, "malformed_responses_total").contains(&one("header")));
    assert_eq!(samples(&metrics, "resyncs_total"), [" 1"]);
}

#[test]
fn the_capture_shows_its_own_state() {
    let capture = CaptureStats {
        seen_bytes: 10,
        lost_bytes: vec![("ring_full", 4)],
        skipped_packets: vec![("fragment", 3)],
        hooks: vec![
            Hook { interface: "eth0".to_owned(), hook: "ingress", is_attached: true },
            Hook { interface: "cgroup".to_owned(), hook: "sockops", is_attached: false },
        ],
        mode: "plain",
        mode_reason: "default".to_owned(),
        ..CaptureStats::default()
    };
    let health = Health { capture: Some(capture), ..Health::default() };
    let text = text(&Metrics::new(Options::default()).unwrap().gather(&health)).unwrap();
    for line in [
        "kafka_observer_stream_payload_bytes_total 10",
        r#"kafka_observer_stream_bytes_total{fate="lost"} 4"#,
        r#"kafka_observer_capture_lost_bytes_total{reason="ring_full"} 4"#,
        r#"kafka_observer_capture_skipped_packets_total{reason="fragment"} 3"#,
        r#"kafka_observer_interface_attached{interface="eth0",hook="ingress"} 1"#,
        r#"kafka_observer_interface_attached{interface="cgroup",hook="sockops"} 0"#,
        r#"kafka_observer_capture_mode{mode="plain",reason="default"} 1"#,
        concat!("kafka_observer_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn what_finds_no_room_fails_under_other() {
    let options = Options { max_series: 1, ..Options::default() };
    let metrics = counted(options, &["a", "b", "c"]);
    assert_eq!(
        samples(&metrics, "requests_failed_total"),
        [
            r#"{api="Produce",broker="10.0.0.2:9092",client_id="a",vantage="broker"} 1"#,
            r#"{api="other",broker="10.0.0.2:9092",client_id="other",vantage="broker"} 2"#,
        ]
    );
}
