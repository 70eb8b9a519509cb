//! What one skb can cost at worst in the kernel's programs, whatever a peer sends: shapes that make the
//! sieve take as many steps as may be, each a write that loopback passes as one skb, as large as others are
//! and as large as can be (BIG TCP, here over IPv6: Linux 5.19). It fails where one takes more steps than are
//! granted, as the same sieve counts them on the host, and the kernel does not tell that, or tells it of another.
//! `cargo bench -p tests --bench worst`; it takes root, and three minutes.

use std::fs;

use observer::input::{Chunk, Endpoint, Flow, Segment, Seq, TcpFlags, Wants};
use observer::source::live::{Config, Copy, Counter};
use observer_common::sieve::MOST_STEPS;
use tests::capture::watching;
use tests::netns::Namespace;
use tests::observed::Observed;
use tests::sieve::Sieve;
use tests::talk::record_set;
use tests::traffic::Pair;
use tests::wire::{frame, heartbeat, heartbeat_answer, string};
use xtask::bench::bpf;

/// Connections on which each is sent once.
const SAMPLES: usize = 50;
/// What an skb takes of loopback's MTU.
const SKB: usize = 65_000;
/// What one takes of the largest GSO size there is, [`GSO_SIZE`].
const BIG_SKB: usize = 520_000;
const GSO_SIZE: u32 = 524_280;
/// Buffers with which a sender fills either: an skb is at most half of a receiver's window.
const BUFFERS: &str = "4096 8388608 8388608";
/// As much as opens that window.
const OPENING: usize = 4 << 20;

fn main() {
    let _counting = bpf::Counting::start().expect("this bench takes root");
    for size in [SKB, BIG_SKB] {
        let title = format!("us for an skb of {size}");
        println!("{title:<24} {:>10} {:>10} {:>10} {:>10}", "sieve", "worst", "plain", "steps");
        for (name, payload) in shapes(size) {
            let steps = steps(&payload);
            let [sieve, plain] = [Copy::Sieve, Copy::Plain].map(|copy| measure(&payload, copy));
            check(name, steps, &sieve);
            let us = |sample: Option<&Sample>| sample.map_or(f64::NAN, |it| it.cost as f64 / 1e3);
            let median = |samples: &[Sample]| us(samples.get(samples.len() / 2));
            let (worst, sieve, plain) = (us(sieve.last()), median(&sieve), median(&plain));
            println!("{name:<24} {sieve:>10.1} {worst:>10.1} {plain:>10.1} {steps:>10}");
        }
    }
}

/// What came of a payload that passed as one skb.
#[derive(Debug)]
struct Sample {
    /// Nanoseconds in the kernel's programs.
    cost: u64,
    /// How often a direction fell as the steps were too many.
    fell: u64,
    /// Packets, acknowledgments among them.
    packets: u64,
}

/// Whether the direction fell each time, where the steps are more than are granted, and else never.
fn check(name: &str, steps: usize, samples: &[Sample]) {
    const GRANTED: usize = MOST_STEPS as usize;
    // The kernel has other windows into an skb than the host, which takes a step more here and there.
    if steps.abs_diff(GRANTED) > GRANTED / 16 {
        let expected = u64::from(steps > GRANTED);
        let is_right = samples.iter().all(|sample| sample.fell == expected);
        assert!(is_right, "{name}: {steps} steps, of which {GRANTED} are granted: {samples:?}");
    }
}

/// What the payload costs, each time on a connection of its own; the least first.
fn measure(payload: &[u8], copy: Copy) -> Vec<Sample> {
    let here = Namespace::new();
    let is_big = payload.len() > SKB;
    if is_big {
        here.ip(&format!("link set lo gso_max_size {GSO_SIZE} gro_max_size {GSO_SIZE}"));
    }
    here.run(|| {
        for buffers in ["rmem", "wmem"] {
            fs::write(format!("/proc/sys/net/ipv4/tcp_{buffers}"), BUFFERS).unwrap();
        }
    });
    let address = if is_big { "::1" } else { "127.0.0.1" };
    let (port, listener) = here.run(|| Pair::listen(address));
    let config = Config { sockets: false, copy, ring_bytes: 64 << 20, ..watching(port, &["lo"]) };
    let observed = here.run(|| Observed::start(&config));
    let run_time = || bpf::run_time(std::process::id()).expect("the kernel counts");
    let falls = || observed.handle.counters().get(Counter::FellWork);
    let sample = || {
        let mut pair = here.run(|| Pair::connect(&listener));
        pair.request(&heartbeat(1, "client"));
        pair.respond(&heartbeat_answer(1));
        pair.request(&data(OPENING));
        let (packets_before, falls_before, before) = (here.run(packets), falls(), run_time());
        pair.request(payload);
        let cost = run_time().saturating_sub(before).as_nanos() as u64;
        let (packets, fell) = (here.run(packets) - packets_before, falls() - falls_before);
        pair.close();
        Sample { cost, fell, packets }
    };
    let mut samples: Vec<_> = std::iter::repeat_with(sample).take(SAMPLES).collect();
    observed.finish();
    // It and its acknowledgment.
    samples.retain(|sample| sample.packets <= 2);
    assert!(samples.len() > SAMPLES / 2, "loopback passes no skb of {} bytes", payload.len());
    samples.sort_unstable_by_key(|sample| sample.cost);
    samples
}

/// Packets that loopback has passed in the thread's network namespace.
fn packets() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/net/dev").unwrap();
    let mut lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("lo:"));
    lines.next().and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap()
}

/// Steps that the sieve takes of a payload which passes as one skb.
fn steps(payload: &[u8]) -> usize {
    let mut sieve = Sieve::default();
    let ends = [40_000, 9092].map(|port| Endpoint::v4([127, 0, 0, 1], port));
    let (flow, mut seq) = (Flow { src: ends[0], dst: ends[1] }, Seq(1));
    let mut pass = |flags, bytes: &[u8]| {
        let (len, before) = (bytes.len() as u32, sieve.steps);
        let chunks = [Chunk { offset: 0, bytes, frame_start: false }];
        let (time, ack, wants) = (None, None, Wants::Nothing);
        let (wire_len, chunks) = (len, &chunks[..]);
        let (is_first, is_last) = (true, true);
        sieve.segment(
            &Segment { time, flow, seq, ack, flags, wire_len, is_first, is_last, chunks, wants },
            |_| {},
        );
        seq = seq.plus(len);
        sieve.steps - before
    };
    pass(TcpFlags(TcpFlags::SYN.0), &[]);
    pass(TcpFlags(TcpFlags::ACK.0), &heartbeat(1, "client"));
    pass(TcpFlags(TcpFlags::ACK.0), payload)
}

/// A request of Produce with this body.
fn produce(version: i16, body: &[u8]) -> Vec<u8> {
    let head = [&[0, 0][..], &version.to_be_bytes(), &[0, 0, 0, 2], &string("client")];
    frame(&[&head.concat()[..], body].concat())
}

/// What comes before so many partitions.
fn topic(partitions: usize) -> Vec<u8> {
    let begin = [&[0xff, 0xff, 0, 1, 0, 0, 3, 0xe8, 0, 0, 0, 1][..], &string("orders")];
    [&begin.concat()[..], &(partitions as u32).to_be_bytes()].concat()
}

/// One partition's set of so many bytes, these again and again.
fn set(of: &[u8], len: usize) -> Vec<u8> {
    let body = [&topic(1)[..], &[0; 4], &(len as u32).to_be_bytes(), &fill(of, len)].concat();
    produce(3, &body)
}

/// A request that is data, nearly all of it.
fn data(len: usize) -> Vec<u8> {
    set(&[0; 61], len)
}

fn fill(with: &[u8], len: usize) -> Vec<u8> {
    with.iter().copied().cycle().take(len).collect()
}

/// Requests in so many bytes.
fn shapes(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    // Behind what comes before it.
    let len = size - 200;
    let small = heartbeat(2, "c");
    vec![
        // The header's tagged fields, without end.
        (
            "tagged fields",
            produce(9, &[&[0xff, 0xff, 0xff, 0xff, 0xf][..], &fill(&[1, 0], len)].concat()),
        ),
        (
            "partitions without data",
            produce(
                3,
                &[topic(len / 8), fill(&[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], len)].concat(),
            ),
        ),
        ("batches without records", set(&record_set(1, 0), len)),
        ("small requests", fill(&small, size / small.len() * small.len())),
        ("frames of one byte", fill(&[0, 0, 0, 1, 0], len)),
        ("one that is data", data(len)),
        ("zeros", vec![0; size]),
    ]
}
