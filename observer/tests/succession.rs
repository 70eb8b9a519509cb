//! One connection after another on the same 4-tuple, and SYNs that begin none, as scripts.

mod script;

use std::time::Duration;

use observer::event::Event;
use observer::input::TcpFlags;
use script::{From, Script, heartbeat, response};

const SYN: TcpFlags = TcpFlags::SYN;
const ACK: TcpFlags = TcpFlags::ACK;
const SYN_ACK: TcpFlags = TcpFlags(TcpFlags::SYN.0 | TcpFlags::ACK.0);
const RST_ACK: TcpFlags = TcpFlags(TcpFlags::RST.0 | TcpFlags::ACK.0);

/// Where strays lie from the next byte: near, in the stream's way, far ahead, behind.
const PLACES: [u32; 7] = [27, 5000, 1 << 20, 1 << 26, 1 << 30, 1 << 31, u32::MAX - 5000];

/// Passes something as if the numbers were elsewhere.
fn astray(script: &mut Script, by: u32, from: From, flags: TcpFlags) {
    script.reseed(by);
    script.pass(from, flags, &[]);
    script.reseed(by.wrapping_neg());
}

/// Some exchanges; says what was not one.
fn converse(script: &mut Script, ids: std::ops::Range<i32>) -> Vec<String> {
    let mut odd = Vec::new();
    for id in ids {
        script.client(&heartbeat(id)).broker(&response(id, &[0; 2]));
        let said = script.said();
        if said != [format!("Heartbeat v0 #{id} 1/1/0 ms")] {
            odd.extend(said);
        }
    }
    odd
}

/// Connections opened while this passes.
fn opened(script: &mut Script, from: From, segments: &[(TcpFlags, &[u8])]) -> usize {
    let mut opened = 0;
    for (flags, bytes) in segments {
        script.observe(from, *flags, bytes, &mut |event: Event<'_>| {
            opened += usize::from(matches!(event, Event::ConnectionOpened(_)));
        });
    }
    opened
}

#[test]
fn a_stray_syn_ends_nothing() {
    for place in PLACES {
        for (from, flags) in [(From::Client, SYN), (From::Broker, SYN_ACK)] {
            let mut script = Script::new().open();
            assert_eq!(
                converse(&mut script, 0..1),
                ["security plaintext", "Heartbeat v0 #0 1/1/0 ms"]
            );
            astray(&mut script, place, from, flags);
            // A challenge: the broker acknowledges the old numbers.
            script.pass(From::Broker, ACK, &[]);
            assert_eq!(converse(&mut script, 1..400), [""; 0], "{from:?} {place}");
            assert_eq!(script.finish(), [""; 0], "{from:?} {place}");
        }
    }
}

#[test]
fn a_stray_syn_in_mid_stream_ends_nothing() {
    for place in PLACES {
        let mut script = Script::new();
        converse(&mut script, 0..2);
        astray(&mut script, place, From::Client, SYN);
        assert_eq!(converse(&mut script, 2..400), [""; 0], "{place}");
    }
}

#[test]
fn a_stray_syn_ends_nothing_where_one_direction_is_seen() {
    for place in PLACES {
        let mut script = Script::new();
        script.pass(From::Client, SYN, &[]).client(&heartbeat(0));
        astray(&mut script, place, From::Client, SYN);
        for id in 1..100 {
            script.client(&heartbeat(id));
        }
        assert_eq!(script.said(), ["security plaintext"], "{place}");
        assert_eq!(script.pipeline.inflight(), 100, "{place}");
    }
}

#[test]
fn a_four_tuple_is_used_again_at_once() {
    for place in PLACES {
        let mut script = Script::new().open();
        script.client(&heartbeat(1));
        script.reseed(place);
        script.handshake();
        script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
        let again = ["Heartbeat v0 #1 abandoned", "security plaintext", "Heartbeat v0 #1 1/1/0 ms"];
        assert_eq!(script.said()[1..], again, "{place}");
    }
}

#[test]
fn a_new_connection_shows_in_one_direction_alone() {
    // Elsewhere than where bytes of the live connection could be.
    for place in [1 << 20, 1 << 26, 1 << 30, 1 << 31, u32::MAX - (1 << 20)] {
        let asked = heartbeat(1);
        let mut script = Script::new();
        assert_eq!(opened(&mut script, From::Client, &[(SYN, &[]), (ACK, &asked)]), 1);
        script.reseed(place);
        assert_eq!(opened(&mut script, From::Client, &[(SYN, &[]), (ACK, &asked)]), 1, "{place}");
        assert_eq!(script.finish(), ["Heartbeat v0 #1 open"], "{place}");

        let answer = response(1, &[0; 2]);
        let mut script = Script::new();
        assert_eq!(opened(&mut script, From::Broker, &[(SYN_ACK, &[]), (ACK, &answer)]), 1);
        script.reseed(place);
        let again = opened(&mut script, From::Broker, &[(SYN_ACK, &[]), (ACK, &answer)]);
        assert_eq!(again, 1, "{place}");
    }
}

#[test]
fn a_new_connection_shows_though_its_answer_to_the_syn_was_not_seen() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1));
    script.reseed(1 << 28);
    script.pass(From::Client, SYN, &[]).client(&heartbeat(1)).broker(&response(1, &[0; 2]));
    let again = ["Heartbeat v0 #1 abandoned", "security plaintext", "Heartbeat v0 #1 1/1/0 ms"];
    assert_eq!(script.said()[1..], again);
}

#[test]
fn a_closed_connection_is_succeeded_without_a_syn_too() {
    for place in [1 << 24, 1 << 31, u32::MAX - (1 << 24)] {
        let mut script = Script::new().open();
        script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
        script.pass(From::Client, RST_ACK, &[]);
        // Late bytes are not another connection's.
        script.client(&heartbeat(9)).broker(&response(9, &[0; 2]));
        assert_eq!(script.said()[1..], ["Heartbeat v0 #1 1/1/0 ms"]);
        script.reseed(place);
        script.client(&heartbeat(2)).broker(&response(2, &[0; 2])).client(&heartbeat(3));
        assert_eq!(script.said(), ["security plaintext", "Heartbeat v0 #2 1/-/- ms"], "{place}");
    }
}

#[test]
fn a_reset_that_answers_a_challenge_makes_room() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1));
    // The client has forgotten the connection: challenged, it resets it, and tries again.
    astray(&mut script, 1 << 28, From::Client, SYN);
    script.pass(From::Broker, ACK, &[]).pass(From::Client, TcpFlags::RST, &[]);
    assert_eq!(script.said()[1..], ["Heartbeat v0 #1 abandoned"]);
    script.reseed(1 << 28);
    script.handshake();
    assert_eq!(converse(&mut script, 2..3), ["security plaintext", "Heartbeat v0 #2 1/1/0 ms"]);
}

#[test]
fn a_refused_syn_shows_that_the_broker_has_forgotten_the_connection() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1));
    script.reseed(1 << 28);
    script.pass(From::Client, SYN, &[]).pass(From::Broker, RST_ACK, &[]);
    assert_eq!(script.said()[1..], ["Heartbeat v0 #1 abandoned"]);
}

#[test]
fn a_successor_is_forgotten_when_the_connection_goes_on() {
    let mut script = Script::new().open();
    converse(&mut script, 0..1);
    astray(&mut script, 1 << 28, From::Client, SYN);
    converse(&mut script, 1..40);
    // Bytes at the stray's place are now no more than a hole's end.
    script.unseen(From::Client, &vec![0; 1 << 28]);
    script.client(&heartbeat(90)).wait(Duration::from_secs(5));
    assert!(!script.said().iter().any(|line| line.starts_with("security")));
}
