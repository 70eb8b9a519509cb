//! What a connection costs in memory: what a replay takes that has read 100,000 of them, less what one
//! takes that has read 1,000.

use tests::capture_writer::Conversation;
use tests::streamed::{conversation, resident};
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
        let connections = (0..count).flat_map(|number| say(conversation(number).open()).segments());
        resident(connections).expect("a replay")
    });
    many.saturating_sub(few) / u64::from(MANY - FEW)
}
