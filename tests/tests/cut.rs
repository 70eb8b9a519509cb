//! Attached in mid-stream: a recorded connection cut at every byte never yields a request or a
//! pairing that is not in the whole recording, and is soon in step again.
//!
//! The recordings are of Java 4.4.0 clients and a broker of that version: an admin client, a group
//! member's coordinator connection, a pipelined producer and a consumer.

use std::collections::HashMap;
use std::time::Duration;

use observer::event::{Exchange, Outcome};
use observer::ports::Ports;
use tests::in_process::{Said, Segments};

const PORT: u16 = 31_092;
/// How much of the recording is looked at behind a cut.
const SEGMENTS: usize = 50;
/// Requests that may be missed behind a cut, besides those that were cut or in flight.
const MISSED_AT_MOST: usize = 2;

#[test]
fn an_admin_client() {
    hold(include_bytes!("captures/admin.pcap"));
}

#[test]
fn a_group_member() {
    hold(include_bytes!("captures/group.pcap"));
}

#[test]
fn a_pipelined_producer() {
    hold(include_bytes!("captures/producer.pcap"));
}

#[test]
fn a_consumer() {
    hold(include_bytes!("captures/consumer.pcap"));
}

fn hold(capture: &[u8]) {
    let ports = Ports::from_iter([PORT..=PORT]);
    let segments = Segments::read(capture, &ports);
    let whole = segments.run(&ports);
    let truth: HashMap<_, _> =
        whole.exchanges.iter().map(|e| (e.header.correlation_id, e)).collect();
    assert_eq!(truth.len(), whole.exchanges.len(), "correlation ids are unique in the recording");
    let mut worst = 0;
    for cut in 0..segments.bytes() {
        let rest = segments.from(cut, SEGMENTS);
        let said = rest.run(&ports);
        check_nothing_false(&said, &truth, &rest, cut);
        let missed = whole.exchanges.iter().filter(|e| is_within(e, &rest) && !found(&said, e));
        let missed = missed.count();
        worst = worst.max(missed);
        assert!(missed <= MISSED_AT_MOST, "cut at {cut}: {missed} requests missed");
    }
    println!("{} cuts, at most {worst} whole requests missed", segments.bytes());
}

/// Whether request and response passed behind the cut, and before the end.
fn is_within(exchange: &Exchange, rest: &Segments) -> bool {
    let end = exchange.time.zip(exchange.duration);
    rest.span()
        .zip(end)
        .is_some_and(|((first, last), (time, took))| time > first && time.plus(took) <= last)
}

/// Every request and every pairing is one of the whole recording's.
fn check_nothing_false(said: &Said, truth: &HashMap<i32, &Exchange>, rest: &Segments, cut: usize) {
    for request in &said.requests {
        let real = truth.get(&request.header.correlation_id);
        let is_true =
            real.is_some_and(|e| e.header == request.header && e.request_bytes == request.bytes);
        assert!(is_true, "cut at {cut}: {request:?}\nis not {real:?}");
    }
    let start = rest.span().map(|(first, _)| first);
    for exchange in &said.exchanges {
        let real = truth.get(&exchange.header.correlation_id);
        let is_true = real.is_some_and(|real| {
            // What passed before the cut may pass again, retransmitted: then its times are later.
            let is_retransmitted = real.time < start;
            is_part_of(exchange, real) && (is_retransmitted || has_times_of(exchange, real))
        });
        assert!(is_true, "cut at {cut}: {exchange:?}\nis not {real:?}");
    }
    assert_eq!(said.ledger.accounted(), said.ledger.seen, "cut at {cut}");
}

/// The same request, with the same response or none.
fn is_part_of(seen: &Exchange, real: &Exchange) -> bool {
    let has_answer = seen.outcome == Outcome::Answered;
    let answer = if has_answer { real.response_bytes } else { None };
    seen.header == real.header
        && seen.request_bytes == real.request_bytes
        && seen.response_bytes == answer
}

/// What times are given are the true ones.
fn has_times_of(seen: &Exchange, real: &Exchange) -> bool {
    let agrees = |seen: Option<Duration>, real| seen.is_none() || seen == real;
    seen.time == real.time
        && agrees(seen.duration, real.duration)
        && agrees(seen.broker_time, real.broker_time)
        && agrees(seen.wait, real.wait)
}

fn found(said: &Said, real: &Exchange) -> bool {
    said.exchanges.iter().any(|seen| seen.header == real.header && seen.outcome == real.outcome)
}
