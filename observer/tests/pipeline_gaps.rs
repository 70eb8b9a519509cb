//! Scripts of holes in either direction, and of packets that come in another order.

mod script;

use std::time::Duration;

use observer::input::TcpFlags;
use script::{From, Script, heartbeat, request, response};

/// ApiVersions v3, which names a library.
fn hello(id: i32) -> Vec<u8> {
    request(18, 3, id, b"\x05java\x064.4.0\0")
}

#[test]
fn a_gap_inside_a_response_keeps_the_step() {
    let big = response(1, &[7; 3000]);
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).broker(&big[..1000]).unseen(From::Broker, &big[1000..2000]);
    script.broker(&big[2000..]).client(&heartbeat(2)).broker(&response(2, &[0; 2]));
    assert_eq!(script.said()[1..], ["Heartbeat v0 #1 2/1/0 ms", "Heartbeat v0 #2 1/1/0 ms"]);
    assert_eq!(script.ledger().gaps, [1000, 0, 0, 0]);
}

#[test]
fn a_response_in_a_gap_is_lost_when_a_later_one_is_seen() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).client(&heartbeat(2));
    script.unseen(From::Broker, &response(1, &[0; 2]));
    script.broker(&response(2, &[0; 2])).client(&heartbeat(3));
    script.wait(Duration::from_millis(5)).broker(&response(3, &[0; 2]));
    let said = script.said();
    assert_eq!(said[1], "resynchronised Response");
    assert_eq!(said[2..4], ["Heartbeat v0 #1 lost", "Heartbeat v0 #2 1/-/- ms"]);
}

#[test]
fn a_request_in_a_gap_leaves_its_response_unmatched() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
    script.unseen(From::Client, &heartbeat(2)).broker(&response(2, &[0; 2]));
    script.client(&heartbeat(3)).wait(Duration::from_millis(5)).broker(&response(3, &[0; 2]));
    let said = script.said();
    assert_eq!(
        said[1..],
        [
            "Heartbeat v0 #1 1/1/0 ms",
            "resynchronised Request",
            "unmatched unknown_id",
            "Heartbeat v0 #3 6/6/0 ms"
        ]
    );
}

#[test]
fn a_response_seen_before_its_request_waits_for_it() {
    let (one, two) = (heartbeat(1), heartbeat(2));
    let mut script = Script::new().open();
    script.client(&one).broker(&response(1, &[0; 2]));
    // The second request's first half comes late, by another queue.
    script.unseen(From::Client, &two[..9]).client(&two[9..]);
    script.broker(&response(2, &[0; 2]));
    script.reseed(0);
    let late = script.now;
    script.unseen(From::Client, &[]);
    assert_eq!(script.said()[1..], ["Heartbeat v0 #1 1/1/0 ms"]);
    script.retransmit(&two[..9], two.len() as u32);
    assert_eq!(script.said(), ["Heartbeat v0 #2 -/1/0 ms"], "{late:?}");
}

#[test]
fn a_library_is_learned_however_its_request_ends() {
    let hello = hello(2);
    let (first, second) = hello.split_at(9);
    let library = "library java 4.4.0";
    // Answered before all of it was seen.
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
    script.unseen(From::Client, first).client(second).broker(&response(2, &[0; 2]));
    script.retransmit(first, hello.len() as u32);
    assert_eq!(script.said()[2..], [library, "ApiVersions v3 #2 -/1/0 ms"]);
    // The connection ends within it, behind the name.
    let mut script = Script::new().open();
    script.client(&hello[..hello.len() - 1]).pass(From::Client, TcpFlags::RST, &[]);
    assert_eq!(script.said()[1..], [library, "ApiVersions v3 #2 abandoned"]);
}

#[test]
fn an_early_response_is_not_for_a_later_request_with_the_same_id() {
    let mut script = Script::new().open();
    script.client(&heartbeat(0)).broker(&response(0, &[0; 2]));
    // The answer to a request that nobody saw, and within a millisecond another request.
    script.unseen(From::Client, &heartbeat(0)).broker(&response(0, &[0; 20]));
    script.client(&heartbeat(0)).wait(Duration::from_millis(5)).broker(&response(0, &[0; 2]));
    assert_eq!(
        script.said()[1..],
        [
            "Heartbeat v0 #0 1/1/0 ms",
            "resynchronised Request",
            "unmatched unknown_id",
            // Another one with its id may be in flight, and nobody have seen it.
            "Heartbeat v0 #0 lost",
            "unmatched unknown_id"
        ]
    );
}

#[test]
fn a_response_answers_what_its_packet_acknowledges() {
    let one = heartbeat(0);
    let mut script = Script::new().open();
    script.client(&one).broker(&response(0, &[0; 2])).client(&one);
    // Sent before the second request came, and seen after it, by another queue.
    script.broker_behind(one.len(), &response(0, &[0; 20]));
    // All but the last byte is not all.
    script.broker_behind(1, &response(0, &[0; 20])).broker(&response(0, &[0; 2]));
    assert_eq!(
        script.said()[1..],
        [
            "Heartbeat v0 #0 1/1/0 ms",
            "unmatched unknown_id",
            "unmatched unknown_id",
            "Heartbeat v0 #0 3/1/2 ms"
        ]
    );
}
