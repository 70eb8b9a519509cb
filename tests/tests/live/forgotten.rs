//! Tables of the kernel that are full: what they forget is counted.

use observer::event::{Command, Flow};
use observer::input::Endpoint;
use observer::source::live::{Capture, Config};
use observer::tables::{Evictions, Table};
use tests::capture::{Recorder, watching};
use tests::netns::Namespace;
use tests::traffic::Pair;

const CONNECTIONS: u64 = 400;

fn evicted(Evictions(counts): &Evictions, table: Table) -> u64 {
    counts[table as usize]
}

#[test]
fn directions_and_sockets_that_find_no_room_are_counted() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let flows = 64;
    let config = Config { flows, ..watching(port, &["lo"]) };
    let recorder = here.run(|| Recorder::start(&config));
    let handle = recorder.handle.clone();
    let evictions = || handle.evictions(&handle.counters());
    let mut pairs = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut pair = here.run(|| Pair::connect(&listener));
        pair.request(b"seen");
        pairs.push(pair);
    }
    let directions = 2 * CONNECTIONS;
    assert_eq!(evicted(&evictions(), Table::FlowOwners), directions - u64::from(flows));
    assert_eq!(evicted(&evictions(), Table::Sockets), 0, "none has closed");
    pairs.into_iter().for_each(Pair::close);
    // Both ends are sockets, and half as many as directions find room.
    recorder.wait_until("sockets that have closed were forgotten", |_| {
        evicted(&evictions(), Table::Sockets) > CONNECTIONS
    });
    recorder.finish();
}

#[test]
fn connections_that_have_ended_make_room_and_are_not_missed() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { flows: 64, ..watching(port, &["lo"]) };
    let recorder = here.run(|| Recorder::start(&config));
    for _ in 0..CONNECTIONS {
        let mut pair = here.run(|| Pair::connect(&listener));
        pair.request(b"seen");
        pair.close();
    }
    let handle = recorder.handle.clone();
    recorder.finish();
    assert_eq!(evicted(&handle.evictions(&handle.counters()), Table::FlowOwners), 0);
}

#[test]
fn where_there_is_room_nothing_is_forgotten() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let recorder = here.run(|| Recorder::start(&watching(port, &["lo"])));
    let mut pair = here.run(|| Pair::connect(&listener));
    let flow = pair.flow();
    pair.request(b"seen");
    pair.close();
    recorder.until_closed(flow);
    let handle = recorder.handle.clone();
    recorder.finish();
    assert_eq!(handle.evictions(&handle.counters()), Evictions::default());
}

#[test]
fn orders_that_nobody_obeys_are_taken_back_and_counted() {
    let here = Namespace::new();
    let capture = here.run(|| Capture::start(&watching(9092, &["lo"]))).unwrap();
    let handle = capture.handle();
    let (connections, room) = (3_000_u16, 4_096);
    for port in 0..connections {
        let client = Endpoint::v4([127, 0, 0, 1], 10_000 + port);
        let broker = Endpoint::v4([127, 0, 0, 1], 9092);
        handle.command(Command::CountOnly(Flow { src: client, dst: broker }));
    }
    // Answered behind the orders.
    let evictions = handle.evictions(&handle.counters());
    assert_eq!(evicted(&evictions, Table::Orders), 2 * u64::from(connections) - room);
}
