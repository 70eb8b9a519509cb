//! Sockets that live on are measured now and then.

use std::time::Duration;

use observer::input::{Flow, SocketChange};
use tests::capture::{Recorder, Seen, watching};
use tests::traffic::Pair;

use crate::veth::two_pods;

/// Talks for ten seconds; how often the client's and the server's socket were measured.
fn converse(recorder: Recorder, mut pair: Pair) -> [usize; 2] {
    for _ in 0..50 {
        pair.request(b"hello");
        pair.respond(b"world");
        std::thread::sleep(Duration::from_millis(200));
    }
    let (flow, seen) = (pair.flow(), recorder.finish());
    [flow, flow.reversed()].map(|flow| measurements(&seen, flow))
}

fn measurements(seen: &Seen, flow: Flow) -> usize {
    let of_it = seen.sockets.iter().filter(|event| event.flow == flow);
    let is_measured = |change: &SocketChange| matches!(change, SocketChange::Measured { rtt, .. } if !rtt.is_zero());
    of_it.filter(|event| is_measured(&event.change)).count()
}

#[test]
fn on_the_loopback() {
    let (port, listener) = Pair::listen("127.0.0.1");
    let recorder = Recorder::start(&watching(port, &["lo"]));
    let pair = Pair::connect(&listener);
    // By the first segment behind each four seconds.
    for measured in converse(recorder, pair) {
        assert!((2..=3).contains(&measured), "{measured} times");
    }
}

#[test]
fn of_pods_on_their_host() {
    let (client, host, server) = two_pods();
    let (port, listener) = server.run(|| Pair::listen("10.8.2.2"));
    let recorder = host.run(|| Recorder::start(&watching(port, &[])));
    let pair = client.run(|| Pair::connect(&listener));
    for measured in converse(recorder, pair) {
        assert!((2..=3).contains(&measured), "{measured} times");
    }
}
