//! The sieve on the host: of recorded connections, cut up anyhow, the pipeline says the same of what
//! the sieve keeps as of all.

use std::fmt::Write;

use observer::ports::Ports;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::in_process::{Said, Segments};
use tests::sieve::{Sieve, run};

const PORT: u16 = 31_092;
const SEEDS: u64 = 40;

#[test]
fn an_admin_client() {
    hold(include_bytes!("captures/admin.pcap"));
}

#[test]
fn a_group_member() {
    hold(include_bytes!("captures/group.pcap"));
}

#[test]
fn a_pipelined_producer() {
    hold(include_bytes!("captures/producer.pcap"));
}

#[test]
fn a_consumer() {
    hold(include_bytes!("captures/consumer.pcap"));
}

fn hold(capture: &[u8]) {
    let ports = Ports::from_iter([PORT..=PORT]);
    let recorded = Segments::read(capture, &ports);
    let mut kept = 1.0_f64;
    for seed in 0..SEEDS {
        let mut rng = StdRng::seed_from_u64(seed);
        let longest = [3, 12, 200, 3000, 70_000][rng.random_range(0..5)];
        let segments = recorded.cut_up(|| rng.random_range(1..=longest));
        let mut sieve = Sieve::default();
        sieve.window = rng.random_range(16..300);
        let (whole, sieved) = (segments.run(&ports), run(&segments, &ports, &mut sieve));
        assert_eq!(sieve.falls, [], "seed {seed}");
        assert_eq!(account(&whole), account(&sieved), "seed {seed}, segments up to {longest}");
        assert_eq!(whole.ledger.seen, sieved.ledger.seen + sieve.duplicate, "seed {seed}");
        kept = kept.min(sieved.ledger.decoded as f64 / sieved.ledger.seen as f64);
    }
    println!("{:.2} % of the bytes are kept", 100.0 * kept);
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
