//! `audit`: what it prints of captures, and its exit codes.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};
use tests::binary;
use tests::capture_writer::{Conversation, Frame, Link, Order, Unit, pcap};
use tests::wire::{frame, heartbeat, heartbeat_answer, request, response, string};

use crate::{Run, START_NS, STEP_NS, assert_refused, file, observer};

const FETCH: i16 = 1;

/// Fetch v2 of no topic: replica -1 or a broker's id, at most 500 ms for at least a byte.
fn fetch(version: i16, replica: i32, correlation_id: i32, client: &str) -> Vec<u8> {
    let body: Vec<u8> = [replica, 500, 1, 0].iter().flat_map(|n: &i32| n.to_be_bytes()).collect();
    request(FETCH, version, correlation_id, client, &body)
}

/// Its answer: no throttling, no topic.
fn fetched(correlation_id: i32) -> Vec<u8> {
    response(correlation_id, &[0; 8])
}

/// ApiVersions v3, which names a library.
fn naming(name: &str, version: &str) -> Vec<u8> {
    let compact = |text: &str| [&[text.len() as u8 + 1], text.as_bytes()].concat();
    let mut message = 18_i16.to_be_bytes().to_vec();
    message.extend(3_i16.to_be_bytes());
    message.extend(0_i32.to_be_bytes());
    message.extend(string("named"));
    message.extend([&[0], &compact(name)[..], &compact(version), &[0]].concat());
    frame(&message)
}

/// A capture of one connection for each client.
fn captured(conversations: &[(&str, Vec<Vec<u8>>)]) -> Vec<u8> {
    let link = Link::Ethernet(&[]);
    let mut frames = Vec::new();
    for (client, messages) in conversations {
        let broker = "10.0.0.9:9092".parse().unwrap();
        let connection = Conversation::new(client.parse().unwrap(), broker, START_NS, STEP_NS);
        // Requests and responses take turns.
        let turns = messages.iter().enumerate();
        let connection =
            turns.fold(connection.open(), |connection, (turn, bytes)| match turn % 2 {
                0 => connection.request(bytes),
                _ => connection.response(bytes),
            });
        frames.extend(connection.segments().iter().map(|segment| Frame::of(link, segment)));
    }
    pcap(Order::Little, Unit::Nanosecond, link.number(), &frames)
}

/// A client and a follower that both fetch as of old, and a client that does not.
fn old_and_new() -> Vec<u8> {
    let answered = |client: &str, replica, n| {
        (1..=n).flat_map(|id| [fetch(2, replica, id, client), fetched(id)]).collect::<Vec<_>>()
    };
    let named = [naming("librdkafka", "1.6.0"), response(0, &[0; 7]), fetch(3, -1, 1, "named")];
    captured(&[
        ("10.0.0.1:40000", answered("orders", -1, 2)),
        ("10.0.0.1:40001", answered("orders", -1, 3)),
        ("10.0.0.2:40000", answered("broker-1-fetcher-0", 1, 4)),
        ("10.0.0.3:40000", vec![heartbeat(1, "payments"), heartbeat_answer(1)]),
        ("10.0.0.4:40000", named.to_vec()),
    ])
}

fn audit(capture: &[u8], arguments: &[&str]) -> Run {
    let file = file(capture);
    observer([&["audit", file.path().to_str().unwrap()], arguments].concat())
}

#[test]
fn clients_of_removed_versions_are_findings() {
    let run = audit(&old_and_new(), &[]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""), "{}", run.stdout);
    for line in [
        "API versions that Kafka 4.4.0 no longer takes (KIP-896)",
        "  FetchConsumer       v2            v4         5",
        "  FetchConsumer       v3            v4         1",
        "  FetchFollower       v2            v4         4",
        "  -> upgrade to librdkafka 1.8.2 or later, for Fetch v4",
        "Brokers among themselves (not counted):",
    ] {
        assert!(run.stdout.lines().any(|l| l == line), "{line:?} in:\n{}", run.stdout);
    }
    let begins = |text: &str| run.stdout.lines().any(|line| line.starts_with(text));
    assert!(begins("12 requests seen, 2026-01-02T03:04:05."), "{}", run.stdout);
    assert!(begins("client \"orders\", unknown library, 10.0.0.1 > 10.0.0.9:9092, 2026-01-02T"));
    assert!(begins("client \"payments\", unknown library, 10.0.0.3 > 10.0.0.9:9092, 2026-"));
}

#[test]
fn the_document_says_the_same() {
    let run = audit(&old_and_new(), &["-o", "json"]);
    assert_eq!((run.code, run.stderr.as_str(), run.stdout.lines().count()), (Some(1), "", 1));
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let of = |list: &str| -> Vec<_> {
        let senders = report[list].as_array().unwrap().iter();
        senders.map(|s| json!([s["client_id"], s["library"]["name"], s["requests"]])).collect()
    };
    assert_eq!(report["requests"], 12);
    assert_eq!(of("clients"), [json!(["orders", null, 5]), json!(["named", "librdkafka", 1])]);
    assert_eq!(of("brokers"), [json!(["broker-1-fetcher-0", null, 4])]);
    assert_eq!(of("unnamed"), [json!(["payments", null, 1])]);
    let used = json!({"api_key": 1, "api": "FetchConsumer", "api_version": 2, "lowest_version": 4,
        "requests": 5});
    assert_eq!(report["clients"][0]["versions"], json!([used]));
}

#[test]
fn no_finding_is_exit_code_0() {
    let capture = captured(&[("10.0.0.3:40000", vec![heartbeat(1, "a"), heartbeat_answer(1)])]);
    let run = audit(&capture, &[]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(run.stdout.contains(": no client used such a version\n"), "{}", run.stdout);
}

#[test]
fn an_audit_that_saw_nothing_is_no_good_news() {
    let run = audit(&captured(&[("10.0.0.3:40000", vec![])]), &[]);
    assert!(run.stdout.contains("\n0 requests seen: "), "{}", run.stdout);
    let nothing = "kafka-observer: no request was seen, so this says nothing of any client\n";
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), nothing));
}

#[test]
fn clients_beyond_the_bound_are_findings_too() {
    let run = audit(&old_and_new(), &["--max-clients", "1"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    let more = "1 such requests of further clients; --max-clients lists more";
    assert!(run.stdout.lines().any(|line| line == more), "{}", run.stdout);
}

#[test]
fn standard_input_is_a_capture_too() {
    let mut command = binary::command().unwrap();
    command.args(["audit", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&old_and_new()).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("client \"orders\""), "{}", run.stdout);
}

#[test]
fn a_damaged_capture_gives_what_could_be_read() {
    let capture = old_and_new();
    let run = audit(&capture[..capture.len() - 5], &[]);
    assert!(run.stdout.contains("client \"orders\""), "{}", run.stdout);
    assert!(run.stderr.contains("is truncated: it ends within "), "{}", run.stderr);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(1), 1));
}

#[test]
fn what_cannot_be_audited_is_refused() {
    let missing = "there is no file /nowhere/x.pcap: name a pcap or pcapng file, or -";
    assert_refused(&observer(["audit", "/nowhere/x.pcap"]), 2, missing);
    assert_refused(
        &observer(["audit", "x", "--max-clients", "0"]),
        2,
        "invalid value '0' for '--max-clients <N>': write a number from 1 to 100000000 \
         (see `kafka-observer --help`)",
    );
}

#[cfg(not(feature = "live"))]
#[test]
fn without_live_capture_it_needs_a_file() {
    assert_refused(
        &observer(["audit"]),
        2,
        "the following required arguments were not provided: <FILE>... \
         (see `kafka-observer --help`)",
    );
}
