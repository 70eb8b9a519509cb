//! What a connection costs in memory: what a replay takes that has read 100,000 of them, less what one
//! takes that has read 1,000.

use std::net::{Ipv4Addr, SocketAddr};

use tests::capture_writer::Conversation;
use tests::streamed;
use tests::talk::{fetch, produce};
use tests::wire::{heartbeat, heartbeat_answer};

const FEW: u32 = 1_000;
const MANY: u32 = 100_000;

/// Handshake and one exchange, and nothing more.
fn idle(talk: Conversation) -> Conversation {
    talk.request(&heartbeat(1, "client")).response(&heartbeat_answer(1))
}

/// Besides, one request in flight and half an answer to another.
fn active(talk: Conversation) -> Conversation {
    let ([fetched, records], [produced, _]) = (fetch(2, 4_000), produce(3, 4_000));
    let part = records.get(..records.len() / 2).unwrap_or_default();
    idle(talk).request(&fetched).request(&produced).response(part)
}

#[test]
fn idle_connections_take_a_kibibyte_each() {
    let each = bytes_of_each(idle);
    println!("{each} bytes for each idle connection");
    assert!(each <= 1 << 10, "{each} bytes");
}

#[test]
fn active_connections_take_four_kibibytes_each() {
    let each = bytes_of_each(active);
    println!("{each} bytes for each active connection");
    assert!(each <= 4 << 10, "{each} bytes");
}

fn bytes_of_each(say: fn(Conversation) -> Conversation) -> u64 {
    let [few, many] = [FEW, MANY].map(|count| {
        let connections = (0..count).flat_map(|number| say(conversation(number)).segments());
        streamed::resident(connections).expect("a replay")
    });
    many.saturating_sub(few) / u64::from(MANY - FEW)
}

fn conversation(number: u32) -> Conversation {
    let client = Ipv4Addr::from(0x0a00_0000 + (number >> 14));
    let port = 20_000 + (number & 0x3fff) as u16;
    let time_ns = 1_700_000_000_000_000_000 + u64::from(number) * 10_000;
    let broker = SocketAddr::from(([192, 168, 0, 1], 9092));
    Conversation::new(SocketAddr::from((client, port)), broker, time_ns, 1_000).open()
}
