//! Bytes that no honest peer sends: no panic, bounded memory, exact ledgers.

mod script;

use observer::event::Event;
use observer::input::{Chunk, Flow, Input, Segment, Seq, TcpFlags, Wants};
use observer::pipeline::{Config, Pipeline};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use script::{BROKER, CLIENT, heartbeat, ports, produce, request, response};

/// Honest frames, to be damaged.
fn frames() -> Vec<Vec<u8>> {
    vec![
        heartbeat(1),
        produce(2, 1, 300),
        produce(3, 0, 5000),
        request(18, 3, 4, b"\x05java\x064.4.0\0"),
        request(17, 0, 5, b"\0\x05PLAIN"),
        response(1, &[0; 2]),
        response(2, &[0; 900]),
        [0x7f, 0xff, 0xff, 0xff].to_vec(),
        [0xff, 0xff, 0xff, 0xff].to_vec(),
        [0, 0, 0, 0].to_vec(),
        b"\x16\x03\x01\x02\x00\x01".to_vec(),
    ]
}

fn run(seed: u64, frames: &[Vec<u8>]) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut config = Config::new(ports());
    config.max_connections = 4;
    config.buffer_bytes = 100_000;
    config.exchange.max_inflight = 20;
    config.exchange.max_inflight_per_connection = 8;
    config.exchange.hold_bytes = 4096;
    config.exchange.max_held_bytes = 10_000;
    config.exchange.max_request_bytes = 10_000;
    config.exchange.opaque_after_bytes = 10_000;
    let mut pipeline = Pipeline::new(config);
    let (mut requests, mut ended) = (0, 0);
    let mut count = |event: Event<'_>| match event {
        Event::Request(_) => requests += 1,
        Event::Exchange(_) => ended += 1,
        _ => {}
    };
    let mut seqs = [[Seq(rng.random()); 2]; 6];
    for step in 0..200 {
        let connection = rng.random_range(0..seqs.len());
        let side = rng.random_range(0..2);
        let mut bytes = frames[rng.random_range(0..frames.len())].clone();
        for _ in 0..rng.random_range(0..3) {
            let at = rng.random_range(0..bytes.len());
            bytes[at] = rng.random();
        }
        bytes.truncate(rng.random_range(1..=bytes.len()));
        let client = observer::input::Endpoint::v6(CLIENT.addr, connection as u16);
        let flow = Flow { src: client, dst: BROKER };
        let seq = &mut seqs[connection][side];
        if rng.random_ratio(1, 10) {
            *seq = seq.plus(rng.random_range(0..60_000)).plus(30_000_u32.wrapping_neg());
        }
        let wire_len = bytes.len() as u32 + u32::from(rng.random_ratio(1, 10)) * 7000;
        let chunk = Chunk { offset: rng.random_range(0..3), bytes: &bytes, frame_start: false };
        let segment = Segment {
            time: Some(observer::time::Timestamp(step * rng.random_range(0..20_000_000))),
            flow: if side == 0 { flow } else { flow.reversed() },
            seq: *seq,
            ack: rng.random_bool(0.8).then(|| seqs[connection][1 - side]),
            flags: TcpFlags(if rng.random_ratio(1, 12) { rng.random() } else { 0x10 }),
            wire_len,
            is_first: true,
            is_last: true,
            chunks: &[chunk],
            wants: Wants::Nothing,
        };
        seqs[connection][side] = segment.seq.plus(wire_len);
        pipeline.input(&Input::Segment(segment), &mut count);
        let ledger = pipeline.ledger();
        assert_eq!(ledger.seen, ledger.accounted(), "{ledger:?}");
        assert!(pipeline.connections() <= 4 && pipeline.inflight() <= 20);
        assert!(ledger.unsynchronised <= 20_000, "{ledger:?}");
        assert!(pipeline.buffered() <= 100_000 + 70_000);
    }
    pipeline.finish(observer::event::Outcome::Open, &mut count);
    assert_eq!((pipeline.inflight(), pipeline.buffered()), (0, 0));
    assert_eq!(pipeline.ledger().pending, 0);
    assert_eq!(requests, ended);
}

#[test]
fn damaged_frames_cost_no_more_than_their_bounds() {
    let frames = frames();
    for seed in 0..1_000 {
        let result = std::panic::catch_unwind(|| run(seed, &frames));
        assert!(result.is_ok(), "seed {seed} fails");
    }
}
