//! More than the ring takes: the ledger balances, and capture is right again afterwards.

use observer::source::live::{Config, Counter};
use tests::capture::{Recorder, watching};
use tests::netns::Namespace;
use tests::traffic::{Pair, pattern};

const CONNECTIONS: usize = 4;
const BYTES: usize = 10_000_000;

#[test]
fn with_the_smallest_ring_the_ledger_balances_and_capture_recovers() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { ring_bytes: 4_096, ..watching(port, &["lo"]) };
    let recorder = here.run(|| Recorder::start(&config));
    let connect = || here.run(|| Pair::connect(&listener));
    let mut pairs: Vec<_> = std::iter::repeat_with(connect).take(CONNECTIONS).collect();
    let load = pattern(BYTES, 1);
    std::thread::scope(|scope| {
        for pair in &mut pairs {
            scope.spawn(|| pair.request(&load));
        }
    });
    let counters = recorder.handle.counters();
    let sent = (CONNECTIONS * BYTES) as u64;
    assert!(counters.get(Counter::Seen) >= sent);
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    assert!(counters.get(Counter::RingFullBytes) > 0);
    recorder.wait_until("what was submitted has been delivered", |seen| {
        seen.wire_bytes == counters.get(Counter::SubmittedBytes)
            && seen.segments == counters.get(Counter::SubmittedRecords)
    });

    let mut pair = here.run(|| Pair::connect(&listener));
    let flow = pair.flow();
    pair.request(b"small again");
    pair.close();
    let seen = recorder.until_closed(flow);
    assert_eq!(seen.streams[&flow].bytes, b"small again");
    recorder.finish();
}

#[test]
fn a_ring_that_is_no_power_of_two_is_refused_in_one_sentence() {
    for ring_bytes in [0, 4_095, 5_000, 2_048, u32::MAX] {
        let config = Config { ring_bytes, ..watching(9092, &["lo"]) };
        let Err(error) = observer::source::live::Capture::start(&config) else {
            panic!("a ring of {ring_bytes} bytes")
        };
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(&ring_bytes.to_string()), "{error}");
    }
}
