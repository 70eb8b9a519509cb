//! Connections of other protocols, joined in mid-stream: when they are only counted.

mod script;

use observer::pipeline::Config;
use script::{Script, heartbeat, ports, response};

const KIB: usize = 1 << 10;

#[test]
fn a_client_that_is_answered_and_begins_no_request_is_soon_not_kafkas() {
    let mut script = Script::new();
    let mut turns = 0;
    while script.said().is_empty() {
        script.client(b"GET /again HTTP/1.1\r\n\r\n");
        for _ in 0..4 {
            script.broker(&vec![0xee; 32 * KIB]);
        }
        turns += 1;
    }
    assert!((64..75).contains(&turns), "{turns} turns of 128 KiB");
    assert!(script.ledger().discarded < 9 << 20, "{:?}", script.ledger());
}

#[test]
fn answers_while_a_large_request_passes_leave_it_kafkas() {
    let mut config = Config::new(ports());
    config.exchange.max_request_bytes = 12 << 20;
    let mut script = Script::with(config);
    for n in 0..380 {
        script.client(&vec![0xee; 32 * KIB]);
        if n < 50 {
            script.broker(&response(n, &[7; 20]));
        }
    }
    script.client(&heartbeat(60)).broker(&response(60, &[0; 2])).client(&heartbeat(61));
    assert_eq!(script.said()[1..], ["Heartbeat v0 #60 1/1/0 ms"]);
}

#[test]
fn clients_of_unknown_versions_are_answered_as_often_as_they_like() {
    let mut script = Script::new();
    for id in 0..100 {
        // Nameless, and each with more than is looked at as a whole.
        let asked =
            [&[0, 1, 0, 99][..], &i32::to_be_bytes(id), &[0xff; 2], &vec![0; 100 * KIB]].concat();
        script.client(&script::prefixed(&asked)).broker(&response(id, &[0; 20]));
    }
    let found = ids(&script.said());
    assert!(found.len() > 90 && found.is_sorted(), "{found:?}");
}

/// Of those that were answered.
fn ids(said: &[String]) -> Vec<i32> {
    let id = |line: &String| line.strip_suffix(" ms")?.split(['#', ' ']).nth(3)?.parse().ok();
    said.iter().filter_map(id).collect()
}

/// Requests of a version that no table knows, joined amid them, in segments that begin anywhere; each is
/// answered while the next one passes.
fn produce_in_a_row(script: &mut Script, size: usize, answers: impl Fn(usize) -> Vec<u8>) {
    let stream: Vec<u8> =
        (0..120).flat_map(|id| script::request(0, 99, id, &vec![0x5a; size])).collect();
    let len = stream.len() / 120;
    let mut answered = 0;
    for (n, part) in stream[1000..].chunks(1448).enumerate() {
        script.client(part);
        if (1000 + (n + 1) * 1448) / len > answered + 1 {
            script.broker(&answers(answered));
            answered += 1;
        }
    }
}

#[test]
fn a_busy_producer_of_an_unknown_version_is_kafkas() {
    let mut config = Config::new(ports());
    config.exchange.max_request_bytes = 1 << 20;
    let mut script = Script::with(config);
    produce_in_a_row(&mut script, 100_000, |id| response(id as i32, &[0; 20]));
    let found = ids(&script.said());
    assert!(found.len() > 105 && found.is_sorted(), "{found:?}");
    assert_eq!(script.ledger().opaque, 0);
}

#[test]
fn a_busy_client_whose_answers_have_no_ids_in_a_row_is_not() {
    let mut script = Script::new();
    produce_in_a_row(&mut script, 100_000, |id| response(id as i32 * 2, &[0; 20]));
    assert!(script.ledger().discarded < 9 << 20, "{:?}", script.ledger());
    assert!(script.ledger().opaque > 0);
}

/// A consumer of a version that no table knows, which is answered with more than is held; each of its ids
/// is so much larger than the one before.
fn consume_in_a_row(script: &mut Script, ahead: i32, ask: impl Fn(i32) -> Vec<u8>) {
    for id in (0..200).map(|n| n * ahead) {
        script.client(&ask(id));
        for part in response(id, &vec![0x5a; 100_000]).chunks(1448) {
            script.broker(part);
        }
    }
}

#[test]
fn a_busy_consumer_of_an_unknown_version_is_found() {
    for ahead in [1, 3] {
        let mut script = Script::new();
        consume_in_a_row(&mut script, ahead, |id| script::request(1, 99, id, &[1; 60]));
        let found = ids(&script.said());
        assert!(found.len() > 190 && found.is_sorted(), "{found:?}");
        assert_eq!(script.ledger().opaque, 0);
    }
}

#[test]
fn what_carries_the_ids_and_is_no_header_of_kafkas_is_not() {
    let asks: [fn(i32) -> Vec<u8>; 4] = [
        // An API and a version that will never be; an id that is not answered; one in another place.
        |id| script::request(3000, 9, id, &[1; 60]),
        |id| script::request(1, 900, id, &[1; 60]),
        |id| script::request(1, 99, id + 3000, &[1; 60]),
        |id| {
            script::prefixed(
                &[&id.to_be_bytes()[..], &[0, 0, 0, 4, 0, 0, 0, 5], b"/path", &[0]].concat(),
            )
        },
    ];
    for (n, ask) in asks.into_iter().enumerate() {
        let mut script = Script::new();
        consume_in_a_row(&mut script, 1, ask);
        let said = script.said();
        assert!(!said.is_empty() && said.iter().all(|line| line == "command count only"), "{n}");
        assert!(script.ledger().discarded < 10 << 20, "{n} {:?}", script.ledger());
    }
}

#[test]
fn a_zookeeper_client_joined_in_mid_stream_yields_nothing() {
    let mut script = Script::new();
    // getData of "/path": its number and type read as Produce, of a client without a name.
    for xid in 1..20_i32 {
        let asked = [&xid.to_be_bytes()[..], &[0, 0, 0, 4, 0, 0, 0, 5], b"/path", &[0]].concat();
        let answered = [&xid.to_be_bytes()[..], &[0; 12], b"data"].concat();
        script.client(&script::prefixed(&asked)).broker(&script::prefixed(&answered));
    }
    assert_eq!(script.said(), [""; 0]);
}

/// A type, a number and a name, answered by the same number: as headers, Produce v3 and nothing behind it.
#[test]
fn what_answers_by_number_is_not_kafkas_where_a_known_layout_says_no() {
    let mut script = Script::new();
    for id in 1..200_i32 {
        let asked = [&[0, 0, 0, 3][..], &id.to_be_bytes(), b"\0\x04user\0\0\0\0"].concat();
        script.client(&script::prefixed(&asked)).broker(&response(id, b"\0\0\0\0payload"));
    }
    assert_eq!(script.said(), [""; 0]);
}
