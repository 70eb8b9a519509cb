//! Bounds hold in bytes of memory, not only in entries and payload: measured by a counting allocator.

mod counting;
mod script;

use counting::{Counting, counts};
use observer::decode::Undecoded;
use observer::event::Event;
use observer::input::TcpFlags;
use observer::pipeline::Config;
use observer::tables::Table;
use script::{From, Script, heartbeat, ports, prefixed, request, response};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a connection may take by itself: its state, its place in tables, small buffers.
const PER_CONNECTION: usize = 4 << 10;

/// Bytes that passing this takes for good.
fn taken(script: &mut Script, pass: impl FnOnce(&mut Script)) -> usize {
    let before = counts().bytes;
    pass(script);
    usize::try_from(counts().bytes - before).unwrap()
}

fn pass(script: &mut Script, from: From, bytes: &[u8]) {
    script.observe(from, TcpFlags::ACK, bytes, &mut |_: Event<'_>| {});
}

/// A believed connection whose broker's boundary fell into a hole.
fn lose_step(script: &mut Script) {
    pass(script, From::Client, &heartbeat(1));
    pass(script, From::Broker, &response(1, &[0; 2]));
    script.unseen(From::Broker, &[0; 1000]);
    pass(script, From::Client, &heartbeat(2));
    pass(script, From::Broker, &[1]);
    script.wait(std::time::Duration::from_millis(5));
}

#[test]
fn a_search_through_tiny_segments_keeps_within_its_bound() {
    let mut config = Config::new(ports());
    config.exchange.hold_bytes = 16 << 10;
    let hold = config.exchange.hold_bytes as usize;
    let mut script = Script::with(config).open();
    lose_step(&mut script);
    let taken = taken(&mut script, |script| {
        for _ in 0..20_000 {
            pass(script, From::Broker, &[1]);
        }
    });
    // A vector may have twice the room that it needs.
    assert!(taken <= 2 * hold + PER_CONNECTION, "{taken} bytes");
    assert!(script.ledger().unsynchronised > 0, "it searches");
}

#[test]
fn searches_of_many_connections_keep_within_their_common_bound() {
    const CONNECTIONS: u16 = 200;
    let mut config = Config::new(ports());
    config.exchange.max_held_bytes = 256 << 10;
    let bound = config.exchange.max_held_bytes as usize;
    let mut script = Script::with(config);
    let taken = taken(&mut script, |script| {
        for port in 1..=CONNECTIONS {
            script.client.port = port;
            script.handshake();
            lose_step(script);
            for _ in 0..300 {
                pass(script, From::Broker, &[1]);
            }
        }
    });
    let fixed = usize::from(CONNECTIONS) * PER_CONNECTION;
    assert!(taken <= 2 * bound + fixed, "{taken} bytes");
    assert!(script.pipeline.evictions().0[Table::Buffers as usize] > 0, "the bound was reached");
}

#[test]
fn names_as_long_as_the_protocol_allows_are_not_kept_whole() {
    const REQUESTS: i32 = 1_000;
    let mut script = Script::new().open();
    let hello =
        [&[0, 18, 0, 3, 0, 0, 0, 0, 0, 1, b'c', 0, 0x99, 0x75][..], &[b'n'; 15_000]].concat();
    let hello = [&hello[..], &[0x99, 0x75], &[b'v'; 15_000], &[0]].concat();
    let taken = taken(&mut script, |script| {
        pass(script, From::Client, &prefixed(&hello));
        for id in 1..=REQUESTS {
            let name = format!("{id:05}").repeat(6_000);
            let fixed = [&[0, 12, 0, 0][..], &id.to_be_bytes(), &30_000_i16.to_be_bytes()].concat();
            pass(script, From::Client, &prefixed(&[&fixed[..], name.as_bytes(), &[0; 8]].concat()));
        }
    });
    assert_eq!(script.pipeline.inflight(), REQUESTS as usize, "the oldest was evicted");
    assert!(taken <= REQUESTS as usize * 800 + PER_CONNECTION, "{taken} bytes");
}

#[test]
fn a_long_client_id_is_cut_and_marked() {
    let mut script = Script::new().open();
    let fixed = [0, 12, 0, 0, 0, 0, 0, 1, 1, 44];
    let mut ids = Vec::new();
    let frame = prefixed(&[&fixed[..], &[b'x'; 300], &[0; 8]].concat());
    script.observe(From::Client, TcpFlags::ACK, &frame, &mut |event: Event<'_>| {
        if let Event::Request(request) = event {
            ids.push(request.header.client_id.clone().unwrap());
        }
    });
    assert_eq!(ids, [format!("{}…", "x".repeat(253)).into()]);
}

#[test]
fn what_requests_in_flight_say_keeps_within_its_bound() {
    const REQUESTS: i32 = 200;
    let mut config = Config::new(ports());
    config.exchange.max_fact_bytes = 8 << 20;
    let bound = config.exchange.max_fact_bytes;
    let mut script = Script::with(config).open();
    // Metadata v1 of as many topics as are told apart: three bytes each on the wire.
    let topics = [&16_000_i32.to_be_bytes()[..], &b"\0\x01t".repeat(16_000)].concat();
    let mut undecoded = Vec::new();
    let mut count = |event: Event<'_>| {
        if let Event::Exchange(exchange) = event {
            undecoded.push(exchange.undecoded());
        }
    };
    let taken = taken(&mut script, |script| {
        for id in 1..=REQUESTS {
            pass(script, From::Client, &request(3, 1, id, &topics));
        }
    });
    assert_eq!(script.pipeline.inflight(), REQUESTS as usize);
    // The message that is passing is whole once, and its memory is kept.
    assert!(taken <= bound + (2 << 20), "{taken} bytes");
    let answer = [0; 12];
    for id in 1..=REQUESTS {
        script.observe(From::Broker, TcpFlags::ACK, &response(id, &answer), &mut count);
    }
    let dropped = undecoded.iter().filter(|why| **why == Some(Undecoded::Dropped)).count();
    assert!(dropped > 100 && undecoded.first() == Some(&None), "{undecoded:?}");
    assert_eq!(script.pipeline.evictions().0[Table::MessageFacts as usize], dropped as u64);
    // What was charged is given back.
    pass(&mut script, From::Client, &request(3, 1, 1_000, &topics));
    assert_eq!(script.pipeline.evictions().0[Table::MessageFacts as usize], dropped as u64);
    drop(script);
}

#[test]
fn requests_that_expired_leave_no_memory() {
    let mut script = Script::new();
    let burst = |script: &mut Script| {
        for id in 0..1_000 {
            pass(script, From::Client, &heartbeat(id));
        }
        script.wait(std::time::Duration::from_mins(11));
        script.said();
    };
    // Memory for messages is used again: by then it is there.
    burst(&mut script);
    script.client.port += 1;
    let taken = taken(&mut script, burst);
    assert_eq!((script.pipeline.inflight(), script.pipeline.connections()), (0, 2));
    assert!(taken <= PER_CONNECTION, "{taken} bytes");
}

#[test]
fn evicted_connections_leave_no_memory_though_no_time_passes() {
    let mut config = Config::new(ports());
    config.max_connections = 10;
    let mut script = Script::with(config);
    script.is_timed = false;
    let taken = taken(&mut script, |script| {
        for _ in 0..20_000 {
            script.client.port = script.client.port.wrapping_add(1);
            pass(script, From::Client, &[1; 20]);
            script.unseen(From::Client, &[1]);
            pass(script, From::Client, &[1; 20]);
        }
    });
    assert_eq!(script.pipeline.connections(), 10);
    assert!(taken <= 10 * PER_CONNECTION, "{taken} bytes");
}
