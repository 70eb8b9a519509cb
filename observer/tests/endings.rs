//! FINs and RSTs, and where they lie: which end a connection, and which are strays.

mod script;

use std::time::Duration;

use observer::event::{Event, Outcome};
use observer::input::TcpFlags;
use script::{From, Script, heartbeat, response};

const FAR: u32 = 1 << 28;

fn flagged(flags: TcpFlags) -> TcpFlags {
    TcpFlags(flags.0 | TcpFlags::ACK.0)
}

/// A connection with a request in flight.
fn waiting() -> Script {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2])).client(&heartbeat(2));
    script.said();
    script
}

/// An empty segment that lies `by` from where it should.
fn stray(script: &mut Script, from: From, flags: TcpFlags, by: u32) {
    script.reseed(by);
    script.pass(from, flagged(flags), &[]);
    script.reseed(by.wrapping_neg());
}

fn assert_goes_on(mut script: Script, case: &str) {
    script.wait(Duration::from_mins(1));
    script.broker(&response(2, &[0; 2])).client(&heartbeat(3)).broker(&response(3, &[0; 2]));
    let said = script.said();
    let said: Vec<_> = said.iter().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(said, ["#2", "#3"], "{case}");
    assert_eq!(script.ledger().gaps, [0; 4], "{case}");
}

#[test]
fn strays_far_from_the_window_end_nothing() {
    for flags in [TcpFlags::FIN, TcpFlags::RST] {
        for by in [FAR, FAR.wrapping_neg(), 9 << 20, 1_u32.wrapping_neg(), 1000_u32.wrapping_neg()]
        {
            let mut script = waiting();
            for from in [From::Client, From::Broker] {
                stray(&mut script, from, flags, by);
            }
            assert_goes_on(script, &format!("{flags:?} {}", by.cast_signed()));
        }
    }
}

#[test]
fn a_stray_that_bytes_pass_behind_was_one() {
    for flags in [TcpFlags::FIN, TcpFlags::RST] {
        let mut script = waiting();
        for from in [From::Client, From::Broker] {
            stray(&mut script, from, flags, 5);
        }
        script.broker(&response(2, &[0; 2])).client(&heartbeat(3)).broker(&response(3, &[0; 2]));
        script.wait(Duration::from_mins(1));
        script.client(&heartbeat(4)).broker(&response(4, &[0; 2]));
        let said = script.said();
        let said: Vec<_> = said.iter().filter_map(|line| line.split(' ').nth(2)).collect();
        assert_eq!(said, ["#2", "#3", "#4"], "{flags:?}");
        assert_eq!(script.ledger().gaps, [0; 4]);
    }
}

#[test]
fn a_reset_exactly_in_place_ends_at_once() {
    for from in [From::Client, From::Broker] {
        let mut script = waiting();
        script.pass(from, TcpFlags::RST, &[]);
        assert_eq!(script.said(), ["Heartbeat v0 #2 abandoned"]);
    }
}

#[test]
fn a_reset_behind_a_fin_ends_at_once() {
    let mut script = waiting();
    script.pass(From::Client, flagged(TcpFlags::FIN), &[]);
    stray(&mut script, From::Client, TcpFlags::RST, 1);
    assert_eq!(script.said(), ["Heartbeat v0 #2 abandoned"]);
}

#[test]
fn a_reset_behind_bytes_that_nobody_saw_ends_when_nothing_else_comes() {
    let mut script = waiting();
    script.unseen(From::Client, &heartbeat(3)).pass(From::Client, TcpFlags::RST, &[]);
    assert_eq!(script.said(), [""; 0]);
    script.wait(Duration::from_mins(1));
    assert_eq!(script.said(), ["Heartbeat v0 #2 abandoned"]);
}

#[test]
fn a_reset_seen_before_bytes_that_came_before_it_ends_when_nothing_else_comes() {
    let mut script = waiting();
    let late = heartbeat(3);
    script.unseen(From::Client, &late).pass(From::Client, TcpFlags::RST, &[]);
    script.retransmit(&late, late.len() as u32);
    assert_eq!(script.said(), [""; 0]);
    script.wait(Duration::from_mins(1));
    assert_eq!(script.said(), ["Heartbeat v0 #2 abandoned", "Heartbeat v0 #3 abandoned"]);
}

#[test]
fn a_reset_ahead_that_its_receiver_ignores_ends_nothing() {
    let mut script = waiting();
    // It lies exactly where the next request ends.
    stray(&mut script, From::Client, TcpFlags::RST, heartbeat(3).len() as u32);
    script.broker(&response(2, &[0; 2]));
    for id in 3..100 {
        script.client(&heartbeat(id)).broker(&response(id, &[0; 2]));
    }
    assert_eq!(script.said().len(), 98);
    assert_eq!(script.finish(), [""; 0]);
}

#[test]
fn a_reset_far_behind_bytes_that_nobody_saw_ends_when_nothing_else_comes() {
    for lost in [300 << 10, 9 << 20] {
        let mut script = waiting();
        script.unseen(From::Broker, &vec![0; lost]);
        script.pass(From::Broker, flagged(TcpFlags::RST), &[]);
        assert_eq!(script.said(), [""; 0]);
        script.wait(Duration::from_mins(1));
        assert_eq!(script.said(), ["Heartbeat v0 #2 abandoned"], "{lost}");
    }
}

#[test]
fn fins_far_behind_bytes_that_nobody_saw_end_it_when_nothing_else_comes() {
    let mut script = waiting();
    script.unseen(From::Broker, &vec![0; 9 << 20]);
    for from in [From::Broker, From::Client] {
        script.pass(from, flagged(TcpFlags::FIN), &[]);
    }
    assert_eq!(script.said(), [""; 0]);
    script.wait(Duration::from_mins(1));
    assert_eq!(script.said(), ["Heartbeat v0 #2 abandoned"]);
}

#[test]
fn a_reset_of_which_nothing_tells_whose_it_is_counts_where_the_bytes_get_there() {
    let mut script = waiting();
    script.unseen(From::Client, &vec![0; 1 << 20]);
    // It acknowledges nothing, and comes before what it follows.
    let rest = heartbeat(3);
    script.unseen(From::Client, &rest);
    script.pass(From::Client, TcpFlags::RST, &[]);
    script.wait(Duration::from_mins(1));
    assert_eq!(script.said(), [""; 0]);
    script.retransmit(&rest, rest.len() as u32);
    script.wait(Duration::from_mins(1));
    let said = script.said();
    let ended =
        ["resynchronised Request", "Heartbeat v0 #2 abandoned", "Heartbeat v0 #3 abandoned"];
    assert_eq!(said, ended);
}

#[test]
fn fins_of_both_ends_end_it_and_what_was_in_flight() {
    let mut script = waiting();
    script.pass(From::Client, flagged(TcpFlags::FIN), &[]);
    let mut outcomes = Vec::new();
    // A response may still come behind the client's FIN.
    script.broker(&response(2, &[0; 2])).client(&[]);
    let fin = flagged(TcpFlags::FIN);
    script.observe(From::Broker, fin, &[], &mut |event: Event<'_>| match event {
        Event::Exchange(exchange) => outcomes.push(Some(exchange.outcome)),
        Event::ConnectionClosed { .. } => outcomes.push(None),
        _ => {}
    });
    assert_eq!(script.said(), ["Heartbeat v0 #2 2/2/0 ms"]);
    assert_eq!(outcomes, [None::<Outcome>]);
}

#[test]
fn what_many_connections_say_at_once_is_told_in_the_order_of_their_use() {
    const CONNECTIONS: u16 = 20;
    let mut script = Script::new();
    for n in 0..CONNECTIONS {
        script.client.port = 40_000 + n;
        script.handshake();
        let id = i32::from(n);
        script.client(&heartbeat(id)).client(&heartbeat(100 + id)).client(&heartbeat(200 + id));
        script.unseen(From::Broker, &response(id, &[0; 2])).broker(&response(100 + id, &[0; 2]));
    }
    assert!(script.said().iter().all(|line| line.starts_with("security")));
    script.wait(Duration::from_mins(1));
    let given_up: Vec<_> = script.said();
    let ids = |said: &[String], kind: &str| -> Vec<i32> {
        let of_kind = said.iter().filter(|line| line.contains(kind));
        of_kind.filter_map(|line| line.split(['#', ' ']).nth(3)?.parse().ok()).collect()
    };
    let all = |from: i32| (from..from + i32::from(CONNECTIONS)).collect::<Vec<_>>();
    assert_eq!(ids(&given_up, "lost"), all(0));
    assert_eq!(ids(&given_up, " ms"), all(100));
    script.wait(Duration::from_mins(11));
    assert_eq!(ids(&script.said(), "expired"), all(200));
}
