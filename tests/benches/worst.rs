//! What one skb can cost at worst in the kernel's programs, whatever a peer sends: shapes that make the
//! sieve take as many steps as may be, each a write that loopback passes as one skb.
//! `cargo bench -p tests --bench worst`; it takes root, and half a minute.

use observer::source::live::{Config, Copy};
use tests::capture::watching;
use tests::netns::Namespace;
use tests::observed::Observed;
use tests::talk::record_set;
use tests::traffic::Pair;
use tests::wire::{frame, heartbeat, heartbeat_answer, string};
use xtask::bench::bpf;

/// Connections on which each is sent once.
const SAMPLES: usize = 50;
/// What an skb takes of loopback's MTU.
const SKB: usize = 65_000;

fn main() {
    let _counting = bpf::Counting::start().expect("this bench takes root");
    println!("{:<24} {:>10} {:>10} {:>10}", "us for an skb of 65,000", "sieve", "worst", "plain");
    for (name, payload) in shapes() {
        let [sieve, plain] = [Copy::Sieve, Copy::Plain].map(|copy| measure(&payload, copy));
        let us = |ns: u64| ns as f64 / 1e3;
        let median = |costs: &[u64]| us(costs.get(SAMPLES / 2).copied().unwrap_or_default());
        let worst = us(sieve.last().copied().unwrap_or_default());
        println!("{name:<24} {:>10.1} {worst:>10.1} {:>10.1}", median(&sieve), median(&plain));
    }
}

/// Nanoseconds in the kernel's programs while the payload passes, each on a connection of its own; the
/// least first.
fn measure(payload: &[u8], copy: Copy) -> Vec<u64> {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { sockets: false, copy, ring_bytes: 64 << 20, ..watching(port, &["lo"]) };
    let observed = here.run(|| Observed::start(&config));
    let run_time = || bpf::run_time(std::process::id()).expect("the kernel counts");
    let sample = || {
        let mut pair = here.run(|| Pair::connect(&listener));
        pair.request(&heartbeat(1, "client"));
        pair.respond(&heartbeat_answer(1));
        let before = run_time();
        pair.request(payload);
        let cost = run_time().saturating_sub(before).as_nanos() as u64;
        pair.close();
        cost
    };
    let mut costs: Vec<u64> = std::iter::repeat_with(sample).take(SAMPLES).collect();
    observed.finish();
    costs.sort_unstable();
    costs
}

/// Requests in this many bytes.
fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let produce = |version: i16, body: &[u8]| {
        let head = [&[0, 0][..], &version.to_be_bytes(), &[0, 0, 0, 2], &string("client")];
        frame(&[&head.concat()[..], body].concat())
    };
    let fill = |with: &[u8]| with.iter().copied().cycle().take(SKB - 200).collect::<Vec<_>>();
    let topic = |partitions: u32| {
        let begin = [&[0xff, 0xff, 0, 1, 0, 0, 3, 0xe8, 0, 0, 0, 1][..], &string("orders")];
        [&begin.concat()[..], &partitions.to_be_bytes()].concat()
    };
    let rows = (SKB as u32 - 200) / 8;
    let set_len = SKB as u32 - 200;
    let batch = record_set(1, 0);
    let whole = [&topic(1)[..], &[0; 4], &set_len.to_be_bytes(), &fill(&batch)].concat();
    let small = heartbeat(2, "c");
    vec![
        // The header's tagged fields, without end.
        (
            "tagged fields",
            produce(9, &[&[0xff, 0xff, 0xff, 0xff, 0xf][..], &fill(&[1, 0])].concat()),
        ),
        (
            "partitions without data",
            produce(3, &[topic(rows), fill(&[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])].concat()),
        ),
        ("batches without records", produce(3, &whole)),
        (
            "small requests",
            small.iter().copied().cycle().take(SKB / small.len() * small.len()).collect(),
        ),
        ("frames of one byte", fill(&[0, 0, 0, 1, 0])),
        (
            "one that is data",
            produce(3, &[&topic(1)[..], &[0; 4], &set_len.to_be_bytes(), &fill(&[0; 61])].concat()),
        ),
        ("zeros", vec![0; SKB]),
    ]
}
