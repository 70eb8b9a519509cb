//! What `replay -o metrics` prints is what Prometheus likes to read.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::{capture, replay};

/// What replay cannot know: what only the kernel or the process shows.
const LIVE_ONLY: [&str; 5] = [
    "kafka_observer_capture_",
    "kafka_observer_interface_attached",
    "kafka_observer_tcp_",
    "process_",
    "envoy_",
];

#[test]
fn promtool_has_no_complaint() {
    let run = replay(&capture("te\"st\\s\n"), &["-o", "metrics", "--cluster", "a\"b"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool (of Debian's package prometheus) is needed");
    promtool.stdin.take().unwrap().write_all(run.stdout.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(String::from_utf8(said).unwrap(), "", "for\n{}", run.stdout);
    assert!(output.status.success());
}

#[test]
fn the_ledgers_balance() {
    let run = replay(&capture("tests"), &["-o", "metrics"]);
    let sum = |name: &str| -> u64 {
        let prefix = format!("kafka_observer_{name}");
        let series = run.stdout.lines().filter_map(|line| line.strip_prefix(&prefix));
        let own = series.filter(|rest| rest.starts_with(['{', ' ']));
        own.map(|rest| rest.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    };
    assert_eq!(sum("stream_payload_bytes_total"), 19 + 14 + 19);
    assert_eq!(sum("stream_bytes_total"), sum("stream_payload_bytes_total"));
    assert_eq!(sum("requests_total"), 2);
    assert_eq!(sum("request_outcomes_total"), 2);
    assert_eq!(sum("inflight_requests"), 0);
}

#[test]
fn no_metric_is_there_that_is_never_filled() {
    let run = replay(&capture("tests"), &["-o", "metrics"]);
    let names: BTreeSet<&str> = run
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    for prefix in LIVE_ONLY {
        assert!(!names.iter().any(|name| name.starts_with(prefix)), "{prefix} in {names:?}");
    }
    assert!(names.contains("kafka_observer_requests_total"));
}

#[test]
fn every_packet_of_a_replay_has_a_fate_that_is_shown() {
    let run = replay(&capture("tests"), &["-o", "metrics"]);
    let fates = "kafka_observer_replay_packets_total{fate=\"";
    let fates = run.stdout.lines().filter_map(|line| line.strip_prefix(fates));
    let mut fates: Vec<_> = fates.map(|rest| rest.replace("\"}", "")).collect();
    fates.sort();
    assert_eq!(
        fates,
        [
            "copy 0",
            "fragment 0",
            "malformed 0",
            "not_ip 0",
            "not_tcp 0",
            "segment 6",
            "unknown_link 0",
            "unwatched 0",
        ]
    );
    for line in [
        "kafka_observer_replay_copied_bytes_total 0",
        "kafka_observer_replay_bad_blocks_total 0",
        "kafka_observer_table_evictions_total{table=\"flow_owners\"} 0",
    ] {
        assert!(run.stdout.lines().any(|l| l == line), "{line} is not in\n{}", run.stdout);
    }
}

#[test]
fn envoys_names_are_there_on_request() {
    let run = replay(&capture("tests"), &["-o", "metrics", "--envoy-stats", "broker"]);
    for line in [
        "envoy_kafka_broker_request_api_versions_request 2",
        "envoy_kafka_broker_response_api_versions_response 1",
        "envoy_kafka_broker_response_api_versions_response_duration_bucket{le=\"1\"} 1",
    ] {
        assert!(run.stdout.lines().any(|l| l == line), "{line} is not in\n{}", run.stdout);
    }
}
