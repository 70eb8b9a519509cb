//! The pipeline as scripts: what passes on the wire, then what the pipeline says.

mod script;

use std::time::Duration;

use observer::event::{Event, Vantage};
use observer::input::{Flow, Input, SocketChange, SocketEvent, TcpFlags};
use observer::pipeline::Config;
use observer::tables::Table;
use observer::time::Timestamp;
use script::{
    BROKER, CLIENT, From, Script, heartbeat, ports, prefixed, produce, request, response,
};

#[test]
fn a_request_and_its_response_are_an_exchange() {
    let mut script = Script::new().open();
    script.client(&heartbeat(5)).wait(Duration::from_millis(9)).broker(&response(5, &[0; 2]));
    assert_eq!(script.said(), ["security plaintext", "Heartbeat v0 #5 10/10/0 ms"]);
    assert_eq!(script.finish(), [""; 0]);
    assert_eq!(script.ledger().decoded, 4 + 23 + 10);
}

#[test]
fn frames_may_be_split_at_any_byte() {
    let (asked, answered) = (heartbeat(5), response(5, &[0; 2]));
    for cut in 1..asked.len() {
        let mut script = Script::new().open();
        script.client(&asked[..cut]).client(&asked[cut..]);
        for byte in &answered {
            script.broker(&[*byte]);
        }
        assert_eq!(script.said(), ["security plaintext", "Heartbeat v0 #5 11/1/0 ms"], "{cut}");
    }
}

#[test]
fn several_frames_may_share_a_segment_and_ids_may_repeat() {
    let mut script = Script::new().open();
    script.client(&[heartbeat(-1), heartbeat(i32::MAX), heartbeat(-1)].concat());
    script.broker(&[response(-1, &[0; 2]), response(i32::MAX, &[0; 2])].concat());
    script.broker(&response(-1, &[0; 2]));
    assert_eq!(
        script.said()[1..],
        [
            "Heartbeat v0 #-1 1/1/0 ms",
            "Heartbeat v0 #2147483647 1/0/1 ms",
            "Heartbeat v0 #-1 2/1/1 ms"
        ]
    );
}

#[test]
fn acks_0_ends_with_its_frame_and_has_no_response() {
    let mut script = Script::new().open();
    script.client(&produce(1, 0, 5000)).client(&produce(2, 1, 10)).broker(&response(2, &[0; 9]));
    assert_eq!(script.said()[1..], ["Produce v7 #1 unacknowledged", "Produce v7 #2 1/1/0 ms"]);
}

#[test]
fn acks_0_is_seen_behind_ids_of_any_length_and_division() {
    let long = |version, client_id: usize, transactional_id: usize, acks: [u8; 2]| {
        let mut frame =
            [&[0, 0, 0, version, 0, 0, 0, 9][..], &(client_id as i16).to_be_bytes()].concat();
        frame.extend(vec![b'c'; client_id]);
        frame.extend((transactional_id as i16).to_be_bytes());
        frame.extend(vec![b't'; transactional_id]);
        frame.extend(acks);
        frame.extend([0x5a; 100]);
        prefixed(&frame)
    };
    for (client_id, transactional_id) in [(1500, 0), (3, 1500), (32_767, 32_767)] {
        for size in [1, 700, 1448, 5000, 100_000] {
            let mut script = Script::new().open();
            script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
            for part in long(7, client_id, transactional_id, [0, 0]).chunks(size) {
                script.client(part);
            }
            assert_eq!(script.said()[2..], ["Produce v7 #9 unacknowledged"], "{client_id} {size}");
            for part in long(7, client_id, transactional_id, [0, 1]).chunks(size) {
                script.client(part);
            }
            assert_eq!(script.said(), [""; 0], "{client_id} {size}");
        }
    }
}

#[test]
fn a_client_id_whose_end_was_not_seen_is_marked() {
    let asked = heartbeat(1);
    // Behind the client id's length, within the id, and behind it.
    for (cut, client_id) in [(14, None), (15, Some("a…")), (17, Some("app"))] {
        let mut script = Script::new().open();
        script.client(&heartbeat(0)).client(&asked[..cut]).unseen(From::Client, &asked[cut..]);
        script.client(&heartbeat(2));
        let mut ids = Vec::new();
        script.finish_with(&mut |event: Event<'_>| {
            if let Event::Exchange(exchange) = event {
                ids.push(exchange.header.client_id.clone());
            }
        });
        assert_eq!(ids, [Some("app".into()), client_id.map(Into::into), Some("app".into())]);
    }
}

#[test]
fn a_connection_that_ends_abandons_its_requests() {
    let fin = TcpFlags(TcpFlags::FIN.0 | TcpFlags::ACK.0);
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).pass(From::Client, fin, &[]);
    assert_eq!(script.said(), ["security plaintext"], "a half-close is not an end");
    script.reseed(0);
    script.pass(From::Broker, fin, &[]);
    assert_eq!(script.said(), ["Heartbeat v0 #1 abandoned"]);

    let mut script = Script::new().open();
    script.client(&heartbeat(1)).pass(From::Broker, TcpFlags::RST, &[]);
    assert_eq!(script.said()[1..], ["Heartbeat v0 #1 abandoned"]);
}

#[test]
fn a_tail_that_both_ends_prove_missing_is_a_gap() {
    let fin = TcpFlags(TcpFlags::FIN.0 | TcpFlags::ACK.0);
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).unseen(From::Broker, &response(1, &[0; 2]));
    script.client(&heartbeat(2)).unseen(From::Broker, &response(2, &[0; 20]));
    script.pass(From::Client, fin, &[]).pass(From::Broker, fin, &[]);
    script.wait(Duration::from_mins(1));
    assert_eq!(script.said()[1..], ["Heartbeat v0 #1 abandoned", "Heartbeat v0 #2 abandoned"]);
    assert_eq!(script.ledger().gaps, [0, 0, 0, 10 + 28]);
}

#[test]
fn a_reused_four_tuple_is_a_new_connection() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1));
    script.reseed(1 << 28);
    script.handshake();
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
    assert_eq!(
        script.said(),
        [
            "security plaintext",
            "Heartbeat v0 #1 abandoned",
            "security plaintext",
            "Heartbeat v0 #1 1/1/0 ms"
        ]
    );
}

#[test]
fn requests_expire_and_their_responses_are_late() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).wait(Duration::from_mins(11));
    assert_eq!(script.said()[1..], ["Heartbeat v0 #1 expired"]);
    script.broker(&response(1, &[0; 2])).broker(&response(2, &[0; 2]));
    assert_eq!(script.said(), ["unmatched late", "unmatched unknown_id"]);
}

#[test]
fn a_packet_of_another_age_neither_expires_nor_stops_anything() {
    let mut config = Config::new(ports());
    config.exchange.expiry = Duration::from_mins(1);
    let mut script = Script::with(config).open();
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2])).client(&heartbeat(2));
    for (id, age) in [(3, Timestamp(u64::MAX)), (4, Timestamp(0))] {
        let now = std::mem::replace(&mut script.now, age);
        script.client(&heartbeat(id));
        script.now = now;
    }
    script.broker(&response(2, &[0; 2]));
    assert_eq!(script.said()[2..], ["Heartbeat v0 #2 1/1/0 ms"]);
    // What the times of those two say of their own exchanges is theirs.
    script.broker(&response(3, &[0; 2])).broker(&response(4, &[0; 2]));
    assert!(script.said().iter().all(|line| !line.contains("expired")));
    // What is overdue still expires.
    script.client(&heartbeat(5));
    for _ in 0..30 {
        script.now = script.now.plus(Duration::from_secs(5));
        script.client(&[]);
    }
    assert_eq!(script.said(), ["Heartbeat v0 #5 expired"]);
}

#[test]
fn packets_without_times_make_exchanges_without_times() {
    let mut script = Script::new();
    script.is_timed = false;
    script.handshake();
    script.client(&heartbeat(1)).client(&heartbeat(2));
    script.broker(&response(1, &[0; 2])).broker(&response(2, &[0; 2]));
    assert_eq!(
        script.said()[1..],
        ["Heartbeat v0 #1 -/-/0 ms", "Heartbeat v0 #2 -/-/- ms"],
        "the first one waits behind none"
    );
    script.is_timed = true;
    script.client(&heartbeat(3)).broker(&response(3, &[0; 2]));
    assert_eq!(script.said(), ["Heartbeat v0 #3 1/-/- ms"], "the response before has no time");
}

#[test]
fn too_many_requests_in_flight_evict_the_oldest() {
    let mut config = Config::new(ports());
    config.exchange.max_inflight_per_connection = 2;
    let mut script = Script::with(config).open();
    script.client(&heartbeat(1)).client(&heartbeat(2)).client(&heartbeat(3));
    script.broker(&response(1, &[0; 2])).broker(&response(2, &[0; 2]));
    assert_eq!(
        script.said()[1..],
        ["Heartbeat v0 #1 evicted", "unmatched evicted", "Heartbeat v0 #2 3/1/2 ms"]
    );
    assert_eq!(script.pipeline.evictions().0[Table::Inflight as usize], 1);
}

#[test]
fn the_bound_of_all_requests_in_flight_holds_over_many_connections() {
    let mut config = Config::new(ports());
    config.exchange.max_inflight = 1;
    let mut script = Script::with(config);
    for port in 1..=50 {
        script.client.port = port;
        script.handshake();
        script.client(&heartbeat(i32::from(port)));
        assert_eq!(script.pipeline.inflight(), 1);
        script.reseed(99);
    }
    assert_eq!(script.pipeline.evictions().0[Table::Inflight as usize], 49);
    script.rewind(From::Client, 99);
    script.rewind(From::Broker, 99);
    script.broker(&response(50, &[0; 2]));
    let said = script.said();
    assert_eq!(said.iter().filter(|line| line.ends_with(" evicted")).count(), 50);
    assert_eq!(said.last().unwrap(), "unmatched evicted");
    assert_eq!(script.finish(), ["Heartbeat v0 #1 open"]);
}

#[test]
fn too_many_connections_evict_the_oldest() {
    let mut config = Config::new(ports());
    config.max_connections = 2;
    let mut script = Script::with(config);
    for port in 1..=3 {
        script.client.port = port;
        script.handshake();
        script.client(&heartbeat(i32::from(port)));
        script.reseed(99);
    }
    assert!(script.said().contains(&"Heartbeat v0 #1 evicted".to_owned()));
    assert_eq!(script.pipeline.evictions().0[Table::Connections as usize], 1);
    assert_eq!(script.pipeline.connections(), 2);
}

#[test]
fn a_snap_length_keeps_the_headers() {
    let mut script = Script::new().open();
    script.snap = 64;
    let (asked, answered) = (produce(1, 1, 10_000), response(1, &[0; 2000]));
    for part in asked.chunks(1448) {
        script.client(part);
    }
    script.broker(&answered[..1448]).broker(&answered[1448..]);
    script.client(&heartbeat(2)).broker(&response(2, &[0; 2]));
    assert_eq!(script.said()[1..], ["Produce v7 #1 8/1/0 ms", "Heartbeat v0 #2 1/1/0 ms"]);
    assert!(script.ledger().elided > 10_000);
}

#[test]
fn a_client_names_its_library_once() {
    let mut script = Script::new().open();
    let hello = request(18, 3, 0, b"\x05java\x064.4.0\0");
    script.client(&hello).broker(&response(0, &[0; 2])).client(&hello);
    let said = script.said();
    assert_eq!(said.iter().filter(|line| *line == "library java 4.4.0").count(), 1);
}

#[test]
fn sockets_tell_which_ends_are_local() {
    let mut script = Script::new().open();
    let flow = Flow { src: CLIENT, dst: BROKER };
    for (flow, change) in
        [(flow, SocketChange::Connected), (flow.reversed(), SocketChange::Accepted)]
    {
        script.input(&Input::Socket(SocketEvent { time: script.now, flow, change }));
    }
    let mut vantage = None;
    let time = script.now;
    script.client(&heartbeat(1));
    let change = SocketChange::Measured { rtt: Duration::from_micros(50), retransmits: 1 };
    let event = Input::Socket(SocketEvent { time, flow, change });
    script.pipeline.input(&event, &mut |event: observer::event::Event<'_>| {
        if let observer::event::Event::Socket { peers, .. } = event {
            vantage = Some(peers.vantage);
        }
    });
    assert_eq!(vantage, Some(Vantage::Both));
}
