//! Between namespaces: both address families, with and without offloads, and through two veths.

use observer::source::live::{Config, Counter};
use tests::capture::{Recorder, watching};
use tests::netns::Namespace;
use tests::offloads;
use tests::traffic::{Pair, pattern};

const MTU_PAYLOAD: u32 = 1_500 - 20 - 20;

/// Two joined namespaces.
fn joined() -> (Namespace, Namespace) {
    let (near, far) = (Namespace::new(), Namespace::new());
    near.join("veth0", "10.7.0.1/24 fd07::1/64", &far, "veth0", "10.7.0.2/24 fd07::2/64");
    (near, far)
}

/// Sends both ways between joined namespaces; the largest payload that came in. (What leaves is
/// segmented behind the hook, with offloads or without.)
fn exchange(address: &str, offload: bool) -> u32 {
    let (near, far) = joined();
    for namespace in [&near, &far] {
        namespace.run(|| offloads::switch("veth0", offload));
    }
    let (port, listener) = far.run(|| Pair::listen(address));
    let recorder = near.run(|| Recorder::start(&watching(port, &["veth0"])));
    let mut pair = near.run(|| Pair::connect(&listener));
    let flow = pair.flow();
    let (request, response) = (pattern(200_000, 3), pattern(400_000, 4));
    pair.request(&request);
    pair.respond(&response);
    pair.close();
    let seen = recorder.until_closed(flow);
    recorder.finish();
    assert!(seen.streams[&flow].bytes == request, "the request differs");
    assert!(seen.streams[&flow.reversed()].bytes == response, "the response differs");
    seen.streams[&flow.reversed()].largest
}

#[test]
fn ipv4_with_offloads() {
    assert!(exchange("10.7.0.2", true) > MTU_PAYLOAD);
}

#[test]
fn ipv4_without_offloads() {
    assert!(exchange("10.7.0.2", false) <= MTU_PAYLOAD);
}

#[test]
fn ipv6_with_offloads() {
    assert!(exchange("fd07::2", true) > MTU_PAYLOAD);
}

#[test]
fn ipv6_without_offloads() {
    assert!(exchange("fd07::2", false) <= MTU_PAYLOAD);
}

/// A client's, a host's and a server's namespace, as two pods are joined to a node's.
pub fn two_pods() -> (Namespace, Namespace, Namespace) {
    let (client, host, server) = (Namespace::new(), Namespace::new(), Namespace::new());
    host.join("to-client", "10.8.1.1/24", &client, "veth0", "10.8.1.2/24");
    host.join("to-server", "10.8.2.1/24", &server, "veth0", "10.8.2.2/24");
    client.ip("route add default via 10.8.1.1");
    server.ip("route add default via 10.8.2.1");
    host.run(|| std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap());
    (client, host, server)
}

#[test]
fn a_connection_through_two_veths_is_seen_once() {
    let (client, host, server) = two_pods();
    let (port, listener) = server.run(|| Pair::listen("10.8.2.2"));
    let recorder = host.run(|| Recorder::start(&watching(port, &[])));
    assert_eq!(recorder.handle.hooks().len(), 5, "two veths in both directions, and lo");
    let mut pair = client.run(|| Pair::connect(&listener));
    let flow = pair.flow();
    let (request, response) = (pattern(100_000, 5), pattern(100_000, 6));
    pair.request(&request);
    pair.respond(&response);
    pair.close();
    recorder.until_closed(flow);
    let handle = recorder.handle.clone();
    let seen = recorder.finish();
    assert!(seen.streams[&flow].bytes == request, "the request differs");
    assert!(seen.streams[&flow.reversed()].bytes == response, "the response differs");
    let counters = handle.counters();
    assert_eq!(counters.get(Counter::Seen), seen.wire_bytes);
    // Both veths carry the same, retransmissions included, which are few.
    assert!(counters.get(Counter::ForeignBytes).abs_diff(seen.wire_bytes) < 50_000);
    assert!(seen.wire_bytes < 250_000);
}

#[test]
fn when_the_owning_interface_goes_the_other_takes_over() {
    let (near, far) = joined();
    near.join("veth1", "10.7.1.1/24", &far, "veth1", "10.7.1.2/24");
    // The address stays reachable by the second way, at the price of a longer route.
    near.ip("address add 10.9.0.1/32 dev lo");
    near.ip("route add 10.9.0.2 via 10.7.0.2 src 10.9.0.1 metric 1");
    near.ip("route add 10.9.0.2 via 10.7.1.2 src 10.9.0.1 metric 2");
    far.ip("route add 10.9.0.1 via 10.7.0.1 metric 1");
    far.ip("route add 10.9.0.1 via 10.7.1.1 metric 2");
    far.ip("address add 10.9.0.2/32 dev lo");
    let (port, listener) = far.run(|| Pair::listen("10.9.0.2"));
    let recorder = near.run(|| Recorder::start(&watching(port, &[])));
    let mut pair = near.run(|| Pair::connect(&listener));
    let flow = pair.flow();
    let (before, after) = (pattern(10_000, 7), pattern(10_000, 8));
    pair.request(&before);
    near.ip("link delete veth0");
    recorder.wait_until("the capture knows", |_| {
        recorder.handle.hooks().iter().all(|hook| hook.interface != "veth0")
    });
    pair.request(&after);
    let whole = [before, after].concat();
    recorder.wait_until("the rest has been seen on the other interface", |seen| {
        seen.streams.get(&flow).is_some_and(|stream| stream.bytes == whole)
    });
    recorder.finish();
}

#[test]
fn payload_beyond_the_snap_length_is_covered_and_not_copied() {
    let (near, far) = joined();
    for namespace in [&near, &far] {
        namespace.run(|| offloads::switch("veth0", false));
    }
    let (port, listener) = far.run(|| Pair::listen("10.7.0.2"));
    let config = Config { snap_len: Some(100), ..watching(port, &["veth0"]) };
    let recorder = near.run(|| Recorder::start(&config));
    let mut pair = near.run(|| Pair::connect(&listener));
    let flow = pair.flow();
    let sent = pattern(1_000, 9);
    pair.request(&sent);
    pair.close();
    let seen = recorder.until_closed(flow);
    let stream = &seen.streams[&flow];
    assert_eq!(stream.wire_bytes, 1_000);
    assert!(stream.bytes.starts_with(&sent[..100]));
    assert!(stream.bytes[100..].iter().all(|&byte| byte == 0));
    let counters = recorder.handle.counters();
    assert_eq!(counters.get(Counter::SubmittedBytes), 1_000);
    assert_eq!(counters.get(Counter::CopiedBytes), 100);
    recorder.finish();
}
