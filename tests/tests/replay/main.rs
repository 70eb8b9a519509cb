//! Replay of captures: written ones in every variant, damaged ones, and recorded ones.

mod containers;
mod copies;
mod hostile;
mod links;
mod parts;
mod recorded;

use std::net::SocketAddr;

use tests::capture_writer::{Conversation, Frame, Link, TcpSegment};
use tests::replayed::Seen;

const START_NS: u64 = 1_700_000_000_000_000_000;
/// Eighths of a second, which every resolution that is tested can express.
const STEP_NS: u64 = 125_000_000;
const ETHERNET: Link = Link::Ethernet(&[]);

/// One connection: payloads of several sizes, sequence numbers that wrap.
fn conversation(client: &str, broker: &str) -> Vec<TcpSegment> {
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    Conversation::new(address(client), address(broker), START_NS, STEP_NS)
        .open()
        .request(b"a")
        .response(&[7; 1448])
        .request(b"some request")
        .request(b"")
        .response(&[9; 61])
        .close()
        .segments()
}

fn conversation_v4() -> Vec<TcpSegment> {
    conversation("10.1.2.3:40000", "10.1.2.4:9092")
}

fn conversation_v6() -> Vec<TcpSegment> {
    conversation("[2001:db8::1]:40000", "[2001:db8::2]:9093")
}

fn frames(link: Link, segments: &[TcpSegment]) -> Vec<Frame> {
    segments.iter().map(|segment| Frame::of(link, segment)).collect()
}

fn expected(segments: &[TcpSegment]) -> Vec<Seen> {
    segments.iter().map(Seen::from).collect()
}
