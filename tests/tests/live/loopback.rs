//! On the loopback interface.

use observer::input::{SocketChange, TcpFlags};
use observer::source::live::Counter;
use tests::capture::{Recorder, Seen, watching};
use tests::traffic::{Pair, pattern};

#[test]
fn an_exchange_is_captured_byte_for_byte() {
    let (port, listener) = Pair::listen("127.0.0.1");
    let recorder = Recorder::start(&watching(port, &["lo"]));
    let mut pair = Pair::connect(&listener);
    let flow = pair.flow();
    let (request, response) = (pattern(300_000, 1), pattern(1_000_000, 2));
    pair.request(&request);
    pair.respond(&response);
    pair.close();
    recorder.until_closed(flow);
    let handle = recorder.handle.clone();
    let seen = recorder.finish();
    for (flow, sent) in [(flow, request), (flow.reversed(), response)] {
        let stream = &seen.streams[&flow];
        assert!(stream.has(TcpFlags::SYN));
        // A loaded machine retransmits also on its loopback interface.
        assert!(stream.wire_bytes >= sent.len() as u64);
        assert!(stream.bytes == sent, "captured bytes differ from those sent");
    }
    let counters = handle.counters();
    assert_eq!(counters.get(Counter::Seen), seen.wire_bytes);
    assert_eq!(counters.get(Counter::CopiedBytes), seen.wire_bytes);
    assert_eq!(counters.accounted(), seen.wire_bytes);
    assert_eq!(counters.get(Counter::SubmittedRecords), seen.segments);
}

#[test]
fn sockets_tell_of_their_lives() {
    let (port, listener) = Pair::listen("127.0.0.1");
    let recorder = Recorder::start(&watching(port, &["lo"]));
    let mut pair = Pair::connect(&listener);
    let flow = pair.flow();
    pair.request(b"hello");
    pair.close();
    let closed = |seen: &Seen| {
        seen.sockets.iter().filter(|event| event.change == SocketChange::Closed).count() == 2
    };
    let seen = recorder.wait_until("both sockets have closed", closed);
    let of = |flow| {
        let events = seen.sockets.iter().filter(move |event| event.flow == flow);
        events.map(|event| event.change).collect::<Vec<_>>()
    };
    let (client, server) = (of(flow), of(flow.reversed()));
    assert_eq!(client[0], SocketChange::Connected);
    assert_eq!(server[0], SocketChange::Accepted);
    let SocketChange::Measured { rtt, retransmits } = client[1] else { panic!("{client:?}") };
    assert!(!rtt.is_zero() && retransmits == 0);
    assert_eq!(client.last(), Some(&SocketChange::Closed));
}
