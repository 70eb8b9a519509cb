//! The sieve on the host: of recorded connections, and of messages of every layout, cut up anyhow, the
//! pipeline says the same of what the sieve keeps as of all.

use std::fmt::Write;

use observer::ports::Ports;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::capture_writer::{Conversation, Frame, Link, Order, Unit, pcap};
use tests::in_process::{Said, Segments};
use tests::sieve::dialogue::{Dialogue, dialogues};
use tests::sieve::{Sieve, run};

const PORT: u16 = 31_092;
const SEEDS: u64 = 40;
const PER_LAYOUT: u32 = 7;

#[test]
fn an_admin_client() {
    hold(include_bytes!("captures/admin.pcap"), SEEDS);
}

#[test]
fn a_group_member() {
    hold(include_bytes!("captures/group.pcap"), SEEDS);
}

#[test]
fn a_pipelined_producer() {
    hold(include_bytes!("captures/producer.pcap"), SEEDS);
}

#[test]
fn a_consumer() {
    hold(include_bytes!("captures/consumer.pcap"), SEEDS);
}

/// Messages of every layout, written by Kafka's own classes.
#[test]
fn every_layout() {
    let mut dialogues = dialogues(PER_LAYOUT).expect("the generator");
    // Behind SaslHandshake v0 come tokens, not frames.
    dialogues.retain(|dialogue| dialogue.layout != (17, 0));
    for Dialogue { layout, frames } in &dialogues {
        let (client, broker) = (([10, 0, 0, 1], 40_000).into(), ([10, 0, 0, 2], PORT).into());
        let mut talk = Conversation::new(client, broker, 1_000_000_000, 1_000_000).open();
        for (request, response) in frames {
            talk = talk.request(request).response(response);
        }
        println!("{layout:?}");
        hold(&capture(talk), 2);
    }
    assert_eq!(dialogues.len(), 736 / 2 - 1);
}

fn hold(capture: &[u8], seeds: u64) {
    let ports = Ports::from_iter([PORT..=PORT]);
    let recorded = Segments::read(capture, &ports);
    let mut kept = 1.0_f64;
    for seed in 0..seeds {
        let mut rng = StdRng::seed_from_u64(seed);
        let longest = [3, 12, 200, 3000, 70_000][rng.random_range(0..5)];
        let segments = recorded.cut_up(|| rng.random_range(1..=longest));
        let mut sieve = Sieve::default();
        sieve.window = rng.random_range(16..300);
        let (whole, sieved) = (segments.run(&ports), run(&segments, &ports, &mut sieve));
        assert_eq!(sieve.falls, [], "seed {seed}");
        let (whole_said, sieved_said) = (account(&whole), account(&sieved));
        for (whole, sieved) in whole_said.lines().zip(sieved_said.lines()) {
            assert_eq!(whole, sieved, "seed {seed}, segments up to {longest}");
        }
        assert_eq!(whole_said.lines().count(), sieved_said.lines().count(), "seed {seed}");
        assert_eq!(whole.ledger.seen, sieved.ledger.seen + sieve.duplicate, "seed {seed}");
        kept = kept.min(sieved.ledger.decoded as f64 / sieved.ledger.seen as f64);
    }
    println!("{:.2} % of the bytes are kept", 100.0 * kept);
}

fn capture(talk: Conversation) -> Vec<u8> {
    let link = Link::Ethernet(&[]);
    let segments = talk.close().segments();
    let frames: Vec<_> = segments.iter().map(|segment| Frame::of(link, segment)).collect();
    pcap(Order::Little, Unit::Nanosecond, link.number(), &frames)
}

/// All that was said, but how many bytes were copied.
fn account(said: &Said) -> String {
    let mut account = String::new();
    for exchange in &said.exchanges {
        writeln!(account, "{exchange:?}").expect("a string takes all");
    }
    write!(account, "{:?} {:?} {}", said.unmatched, said.malformed, said.resyncs)
        .expect("a string takes all");
    account
}
