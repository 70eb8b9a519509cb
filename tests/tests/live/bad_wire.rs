//! A wire that loses, doubles and reorders: everything is told as it was, and every direction is soon in
//! step again.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use observer::event::{Exchange, Outcome};
use observer::source::live::{Config, Counter, Handle};
use tests::bad_wire::{BadWire, Faults};
use tests::capture::watching;
use tests::in_process::Said;
use tests::netns::Namespace;
use tests::observed::{Observed, falls};
use tests::offloads;
use tests::running::wait_until;
use tests::traffic::Pair;

use tests::talk::{fetch, produce};

const CONNECTIONS: usize = 6;
/// Exchanges of each connection while the wire is bad.
const BAD: i32 = 150;
/// Frames after which a direction is in step again.
const FRAMES: i32 = 64;

/// What a connection is asked and answers under this number: sizes tell exchanges apart.
fn exchange(id: i32) -> [Vec<u8>; 2] {
    let len = 100 + id as usize * 37 % 20_000;
    if id % 2 == 0 { produce(id, len) } else { fetch(id, len) }
}

fn talk(pair: &mut Pair, ids: std::ops::Range<i32>) {
    for id in ids {
        let [asked, answered] = exchange(id);
        pair.request(&asked);
        pair.respond(&answered);
    }
}

fn all_talk(pairs: &mut [Pair], ids: &std::ops::Range<i32>) {
    thread::scope(|scope| {
        for pair in pairs {
            scope.spawn(|| talk(pair, ids.clone()));
        }
    });
}

/// Two namespaces with a wire between them that can be made bad.
struct Line {
    near: Namespace,
    far: Namespace,
    // Before the namespaces its threads run in are gone.
    wire: BadWire,
    _between: Namespace,
}

fn line() -> Line {
    let (near, between, far) = (Namespace::new(), Namespace::new(), Namespace::new());
    near.join("veth0", "10.9.0.1/24", &between, "near", "");
    far.join("veth0", "10.9.0.2/24", &between, "far", "");
    for end in [&near, &far] {
        end.run(|| {
            offloads::switch("veth0", false);
            offloads::switch_checksums("veth0", false);
        });
    }
    let wire = BadWire::start(&between, ["near", "far"], 7);
    Line { near, far, wire, _between: between }
}

/// Directions that are out of step.
fn out_of_step(handle: &Handle) -> u64 {
    let counters = handle.counters();
    falls(&counters) - counters.get(Counter::Resumes)
}

/// Every exchange up to this one was told, once and as it was, and nothing else.
fn check(said: &Said, ids: i32) {
    assert_eq!((&said.unmatched[..], &said.malformed[..]), (&[][..], &[][..]));
    let mut told: BTreeMap<(u16, i32), Vec<&Exchange>> = BTreeMap::new();
    for exchange in &said.exchanges {
        let key = (exchange.peers.client.port, exchange.header.correlation_id);
        told.entry(key).or_default().push(exchange);
    }
    assert_eq!(told.len(), CONNECTIONS * ids as usize);
    for ((_, id), told) in told {
        let [asked, answered] = exchange(id).map(|frame| frame.len() as u32 - 4);
        let [told] = told[..] else { panic!("{id} was told {} times", told.len()) };
        assert_eq!(told.outcome, Outcome::Answered, "{told:?}");
        assert_eq!((told.request_bytes, told.response_bytes), (asked, Some(answered)), "{told:?}");
        assert_eq!(told.undecoded(), None, "{told:?}");
    }
}

/// A wire that is bad for a time. Behind it two exchanges pass on each connection, each after a pause, or
/// as many as may be; then every direction is in step.
fn spoil(faults: Faults, quiet: bool) {
    let Line { near, far, wire, _between } = line();
    let (port, listener) = far.run(|| Pair::listen("10.9.0.2"));
    let config = Config { sockets: false, ring_bytes: 16 << 20, ..watching(port, &["veth0"]) };
    let observed = near.run(|| Observed::start(&config));
    let connect = || near.run(|| Pair::connect(&listener));
    let mut pairs: Vec<_> = std::iter::repeat_with(connect).take(CONNECTIONS).collect();
    all_talk(&mut pairs, &(0..4));
    assert_eq!(falls(&observed.handle.counters()), 0, "in step from the first byte");
    wire.set(faults);
    all_talk(&mut pairs, &(4..BAD));
    wire.set(Faults::default());
    let fallen = falls(&observed.handle.counters());
    assert!(fallen > 0, "the wire was bad");
    let ids = if quiet {
        for id in BAD..BAD + 2 {
            thread::sleep(Duration::from_millis(100));
            all_talk(&mut pairs, &(id..id + 1));
        }
        BAD + 2
    } else {
        all_talk(&mut pairs, &(BAD..BAD + FRAMES));
        BAD + FRAMES
    };
    println!("{fallen} falls, {} out of step", out_of_step(&observed.handle));
    assert_eq!(out_of_step(&observed.handle), 0, "of {fallen} falls");
    wait_until("all is told", Duration::from_secs(10), || {
        observed.look(|said| said.exchanges.len()) >= CONNECTIONS * ids as usize
    });
    let handle = observed.handle.clone();
    let said = observed.finish();
    check(&said, ids);
    assert_eq!(said.ledger.gaps.iter().sum::<u64>(), 0, "every byte came past");
    assert_eq!(said.ledger.accounted(), said.ledger.seen);
    assert!(said.ledger.out_of_step == 0 && said.ledger.out_of_step_ns > 0, "for a time");
    let counters = handle.counters();
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    assert_eq!(said.ledger.seen, counters.get(Counter::SubmittedBytes));
}

#[test]
fn frames_that_are_lost() {
    spoil(Faults { lost: 20, ..Faults::default() }, false);
}

#[test]
fn frames_that_are_overtaken_and_come_twice() {
    spoil(Faults { doubled: 30, overtaken: 50, ..Faults::default() }, false);
}

#[test]
fn a_wire_that_is_quiet_again() {
    spoil(Faults { lost: 10, doubled: 20, overtaken: 20 }, true);
}
