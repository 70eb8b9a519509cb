//! Claims that are not true cost bounded memory and have a counted reason: sizes of 2 GiB and below
//! zero, arrays of 2^31 elements, more connections and more client ids than anyone has.

use tests::capture_writer::TcpSegment;
use tests::oracle::Metrics;
use tests::streamed::{self, conversation};
use tests::wire::{frame, heartbeat, heartbeat_answer, request, response};

const MIB: u64 = 1 << 20;
/// Connections followed at once, by default.
const MAX_CONNECTIONS: u64 = 100_000;

#[test]
fn a_request_of_two_gib() {
    let claim = i32::MAX.to_be_bytes();
    let (metrics, memory) = replay(spoken(&[&claim[..], &[0, 0, 0, 9, 1, 2, 3, 4]].concat(), b""));
    assert_eq!(metrics.sum("malformed_requests_total", r#"reason="length_too_large""#), 1);
    hold(&metrics, memory, 64 * MIB);
}

#[test]
fn a_request_of_negative_length() {
    let (metrics, memory) = replay(spoken(&(-2_i32).to_be_bytes(), b""));
    assert_eq!(metrics.sum("malformed_requests_total", r#"reason="length_too_small""#), 1);
    hold(&metrics, memory, 64 * MIB);
}

/// Responses have no limit of their own: the frame goes on until the connection ends.
#[test]
fn a_response_of_two_gib() {
    let claim = [&i32::MAX.to_be_bytes()[..], &1_i32.to_be_bytes(), &[0; 100]].concat();
    let (metrics, memory) = replay(spoken(&heartbeat(1, "client"), &claim));
    assert_eq!(metrics.sum("request_outcomes_total", r#"outcome="answered""#), 2);
    hold(&metrics, memory, 64 * MIB);
}

#[test]
fn a_response_of_negative_length() {
    let claim = (-1_i32).to_be_bytes();
    let (metrics, memory) = replay(spoken(&heartbeat(1, "client"), &claim));
    assert_eq!(metrics.sum("malformed_responses_total", r#"reason="length_too_small""#), 1);
    hold(&metrics, memory, 64 * MIB);
}

/// Produce v3 with acks=1, a topic array of 2^31 - 1; ApiVersions answered with as many keys.
#[test]
fn arrays_of_two_to_the_31() {
    let produce =
        [&(-1_i16).to_be_bytes()[..], &1_i16.to_be_bytes(), &[0; 4], &[0x7f, 0xff, 0xff, 0xff]];
    let asked = [request(0, 3, 1, "client", &produce.concat()), request(18, 0, 2, "client", b"")];
    let answered = [
        response(1, &[0x7f, 0xff, 0xff, 0xff]),
        response(2, &[0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 1]),
    ];
    let (metrics, memory) = replay(spoken(&asked.concat(), &answered.concat()));
    assert_eq!(metrics.sum("request_outcomes_total", r#"outcome="answered""#), 3);
    hold(&metrics, memory, 64 * MIB);
}

/// A client id longer than its frame.
#[test]
fn a_header_that_contradicts_its_frame() {
    let header = [&[0, 12, 0, 0, 0, 0, 0, 1][..], &i16::MAX.to_be_bytes(), b"short"].concat();
    let (metrics, memory) = replay(spoken(&frame(&header), b""));
    assert_eq!(metrics.sum("malformed_requests_total", r#"reason="header""#), 1);
    hold(&metrics, memory, 64 * MIB);
}

#[test]
fn more_connections_than_are_followed() {
    hold_connections(150_000);
}

#[test]
#[ignore = "the long form"]
fn a_million_connections() {
    hold_connections(1_000_000);
}

#[test]
fn many_client_ids() {
    hold_client_ids(50_000);
}

#[test]
#[ignore = "the long form"]
fn a_million_client_ids() {
    hold_client_ids(1_000_000);
}

fn hold_connections(count: u32) {
    let connections = (0..count).flat_map(|number| {
        let request = heartbeat(1, "client");
        conversation(number).open().request(&request).segments()
    });
    let (metrics, memory) = replay(connections);
    assert_eq!(metrics.sum("requests_total", ""), u64::from(count));
    let evicted = u64::from(count) - MAX_CONNECTIONS;
    assert_eq!(metrics.sum("table_evictions_total", r#"table="connections""#), evicted);
    assert_eq!(metrics.sum("request_outcomes_total", r#"outcome="evicted""#), evicted);
    hold(&metrics, memory, 512 * MIB);
}

fn hold_client_ids(count: i32) {
    let start = conversation(0).open().segments();
    let (client, broker) = (start[0].src, start[0].dst);
    let mut seqs = [start[2].seq, start[2].ack];
    let mut time_ns = start[2].time_ns;
    let asked = (0..count).flat_map(move |id| {
        let message = heartbeat(id, &format!("client-{id}"));
        let answer = heartbeat_answer(id);
        let pair = [(client, broker, 0, message), (broker, client, 1, answer)];
        pair.map(|(src, dst, side, payload)| {
            time_ns += 1_000;
            let (seq, ack) = (seqs[side], seqs[1 - side]);
            seqs[side] = seq.wrapping_add(payload.len() as u32);
            TcpSegment { time_ns, src, dst, seq, ack, flags: 0x18, payload }
        })
    });
    let (metrics, memory) = replay(start.into_iter().chain(asked));
    assert_eq!(metrics.sum("requests_total", ""), count as u64);
    assert!(metrics.sum("series_overflow_total", r#"label="client_id""#) > 0);
    hold(&metrics, memory, 128 * MIB);
}

/// Both ledgers balance, and no more memory was taken.
fn hold(metrics: &Metrics, memory: u64, limit: u64) {
    metrics.check_balance().expect("both ledgers balance");
    println!("{} MiB", memory / MIB);
    assert!(memory < limit, "{} MiB", memory / MIB);
}

/// A connection on which client and broker say this after a proper exchange.
fn spoken(client: &[u8], broker: &[u8]) -> Vec<TcpSegment> {
    let mut said = conversation(0).open().request(&heartbeat(0, "client"));
    said = said.response(&heartbeat_answer(0)).request(client);
    if !broker.is_empty() {
        said = said.response(broker);
    }
    said.close().segments()
}

fn replay(segments: impl IntoIterator<Item = TcpSegment>) -> (Metrics, u64) {
    streamed::replay(segments).expect("a replay")
}
