//! Other protocols on a Kafka port yield no exchange, beside a Kafka connection that yields all.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use observer::event::Outcome;
use observer::ports::Ports;
use proptest::prelude::*;
use tests::capture_writer::{Conversation, Frame, Link, Order, TcpSegment, Unit, pcap};
use tests::in_process::{self, Said};
use tests::wire::{frame, heartbeat, heartbeat_answer, request, response};

const BROKER: &str = "10.0.0.9:9092";
const KAFKA_CLIENT: u16 = 40_000;
/// Pairs of (API key, version) that no table knows, asked after a request that every table knows.
const UNKNOWN: [(i16, i16); 5] = [(999, 0), (0, 90), (12, 77), (500, 3), (32_767, 32_767)];
/// Made with openssl on a Kafka port: TLS 1.3 and TLS 1.2, from SYN to FIN.
const TLS: &[u8] = include_bytes!("captures/tls-handshakes.pcap");

/// What client and server of some other protocol say, by turns.
type Dialogue = Vec<(Vec<u8>, Vec<u8>)>;

#[test]
fn http() {
    let get = b"GET /index.html HTTP/1.1\r\nHost: broker:9092\r\nAccept: */*\r\n\r\n".to_vec();
    let post =
        b"POST /api HTTP/1.1\r\nHost: broker:9092\r\nContent-Length: 4\r\n\r\n\0\0\0\x12".to_vec();
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".to_vec();
    yields_nothing(&vec![(get.clone(), answer.clone()), (post, answer.clone()), (get, answer)]);
}

#[test]
fn redis() {
    let ping = (b"*1\r\n$4\r\nPING\r\n".to_vec(), b"+PONG\r\n".to_vec());
    let set = (b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n".to_vec(), b"+OK\r\n".to_vec());
    let inline = (b"GET k\r\n".to_vec(), b"$1\r\nv\r\n".to_vec());
    yields_nothing(&vec![ping, set, inline]);
}

#[test]
fn tls_handshakes() {
    let kafka = capture(&kafka().segments());
    let said = run(&[TLS, &kafka]);
    only_kafka(&said);
    assert!(said.ledger.opaque > 2_000, "{:?}", said.ledger);
}

proptest! {
    #[test]
    fn random_bytes(dialogue in random_dialogue(any::<Vec<u8>>().boxed())) {
        yields_nothing(&dialogue);
    }

    /// The worst case: what looks like frames, of random content.
    #[test]
    fn random_frames(dialogue in random_dialogue(any::<Vec<u8>>().prop_map(|m| frame(&m)).boxed())) {
        yields_nothing(&dialogue);
    }
}

fn random_dialogue(bytes: BoxedStrategy<Vec<u8>>) -> impl Strategy<Value = Dialogue> {
    prop::collection::vec((bytes.clone(), bytes), 1..20)
}

/// From its beginning, and from the middle.
fn yields_nothing(dialogue: &Dialogue) {
    for has_start in [true, false] {
        let mut foreign = conversation(40_001);
        if has_start {
            foreign = foreign.open();
        }
        for (client, server) in dialogue {
            foreign = foreign.request(client).response(server);
        }
        let foreign = capture(&foreign.close().segments());
        only_kafka(&run(&[&foreign, &capture(&kafka().segments())]));
    }
}

/// All that the Kafka connection said, and nothing else.
fn only_kafka(said: &Said) {
    let clients: BTreeSet<_> = said.exchanges.iter().map(|e| e.peers.client.port).collect();
    assert_eq!(clients, BTreeSet::from([KAFKA_CLIENT]), "{:#?}", said.exchanges);
    let asked: Vec<_> =
        said.exchanges.iter().map(|e| (e.header.api_key, e.header.api_version)).collect();
    assert_eq!(asked, [&[(12, 0)][..], &UNKNOWN].concat());
    assert!(said.exchanges.iter().all(|e| e.outcome == Outcome::Answered));
    assert_eq!(said.requests.len(), asked.len());
    assert_eq!(said.unmatched, []);
    assert_eq!(said.ledger.accounted(), said.ledger.seen, "{:?}", said.ledger);
}

/// A known request, then unknown keys and versions.
fn kafka() -> Conversation {
    let known = conversation(KAFKA_CLIENT)
        .open()
        .request(&heartbeat(0, "client"))
        .response(&heartbeat_answer(0));
    (1..)
        .zip(UNKNOWN)
        .fold(known, |all, (id, (key, version))| {
            all.request(&request(key, version, id, "client", &[7; 30]))
                .response(&response(id, &[9; 20]))
        })
        .close()
}

fn conversation(client_port: u16) -> Conversation {
    let client = SocketAddr::from(([10, 0, 0, 1], client_port));
    let broker = BROKER.parse().expect("an address");
    Conversation::new(client, broker, 1_700_000_000_000_000_000, 1_000_000)
}

fn capture(segments: &[TcpSegment]) -> Vec<u8> {
    let link = Link::Ethernet(&[]);
    let frames: Vec<_> = segments.iter().map(|segment| Frame::of(link, segment)).collect();
    pcap(Order::Little, Unit::Nanosecond, link.number(), &frames)
}

fn run(captures: &[&[u8]]) -> Said {
    in_process::run_all(captures.iter().copied(), &Ports::from_iter([9092..=9092]))
}
