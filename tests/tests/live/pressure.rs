//! More than the ring takes: the ledger balances, and capture is right again afterwards.

use observer::event::Outcome;
use observer::source::live::{Config, Counter, Counters};
use tests::capture::{Recorder, watching};
use tests::netns::Namespace;
use tests::observed::{Observed, falls};
use tests::talk::produce;
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

/// The sieve's records do not fit the ring either: no false pair is told, and what comes behind is told
/// as it was.
#[test]
fn with_the_smallest_ring_no_pair_is_false_and_the_sieve_recovers() {
    const LOAD: i32 = 2_000;
    const BEHIND: i32 = 64;
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { ring_bytes: 4_096, sockets: false, ..watching(port, &["lo"]) };
    let observed = here.run(|| Observed::start(&config));
    let connect = || here.run(|| Pair::connect(&listener));
    let mut pairs: Vec<_> = std::iter::repeat_with(connect).take(CONNECTIONS).collect();
    // Sizes tell exchanges apart.
    let exchange = |id: i32| produce(id, 100 + id as usize % 997);
    std::thread::scope(|scope| {
        for pair in &mut pairs {
            scope.spawn(|| {
                let (asked, answered): (Vec<_>, Vec<_>) =
                    (0..LOAD).map(exchange).map(|[asked, answered]| (asked, answered)).unzip();
                for (asked, answered) in asked.chunks(50).zip(answered.chunks(50)) {
                    pair.request(&asked.concat());
                    pair.respond(&answered.concat());
                }
            });
        }
    });
    let lost = observed.handle.counters().get(Counter::RingFullBytes);
    assert!(lost > 0, "the ring was too small");
    for id in LOAD..LOAD + BEHIND {
        for pair in &mut pairs {
            let [asked, answered] = exchange(id);
            pair.request(&asked);
            pair.respond(&answered);
        }
        // So that the ring is empty.
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let counters = observed.handle.counters();
    let said = observed.finish();
    let answered = said.exchanges.iter().filter(|exchange| exchange.outcome == Outcome::Answered);
    let mut behind = 0;
    for told in answered {
        let id = told.header.correlation_id;
        let [asked, answered] = exchange(id).map(|frame| frame.len() as u32 - 4);
        assert_eq!((told.request_bytes, told.response_bytes), (asked, Some(answered)), "{told:?}");
        behind += i32::from(id >= LOAD + BEHIND / 2);
    }
    assert_eq!(behind, CONNECTIONS as i32 * BEHIND / 2, "right again, once and all");
    assert_eq!(falls(&counters), counters.get(Counter::Resumes), "all are in step again");
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    assert_eq!(said.ledger.accounted(), said.ledger.seen);
    println!("{lost} bytes were lost, {} requests told", said.exchanges.len());
}

/// Directions that are joined amid a frame whose copies do not fit the ring: once it is quiet they are soon in
/// step, and no more is copied of them than the sieve keeps.
#[test]
fn with_the_smallest_ring_every_direction_is_in_step_once_it_is_quiet() {
    /// The frame that is joined, and those behind it, of which so many may pass at most.
    const JOINED: i32 = 2;
    const MOST: i32 = 64;
    let exchange =
        |id: i32| produce(id, if id == JOINED { BYTES } else { 100 + id as usize % 997 });
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { ring_bytes: 4_096, sockets: false, ..watching(port, &["lo"]) };
    let connect = || here.run(|| Pair::connect(&listener));
    let mut pairs: Vec<_> = std::iter::repeat_with(connect).take(CONNECTIONS).collect();
    let [asked, answered] = exchange(JOINED);
    let (before, behind) = asked.split_at(BYTES / 2);
    for pair in &mut pairs {
        pair.request(before);
    }
    let observed = here.run(|| Observed::start(&config));
    for pair in &mut pairs {
        pair.request(behind);
        pair.respond(&answered);
    }
    let counters = observed.handle.counters();
    assert!(counters.get(Counter::RingFullBytes) > 0, "the ring was too small");
    let in_step = |counters: &Counters| counters.get(Counter::Resumes) - falls(counters);
    assert_eq!(in_step(&counters), 0);
    // What is copied of the exchanges that have this number.
    let mut copied = |id: i32| {
        let before = observed.handle.counters().get(Counter::CopiedBytes);
        for pair in &mut pairs {
            let [asked, answered] = exchange(id);
            pair.request(&asked);
            pair.respond(&answered);
            observed.catch_up();
        }
        observed.handle.counters().get(Counter::CopiedBytes) - before
    };
    let all = 2 * CONNECTIONS as u64;
    let mut next = JOINED + 1;
    while in_step(&observed.handle.counters()) < all {
        assert!(next <= JOINED + MOST, "{:?}", observed.handle.counters());
        copied(next);
        next += 1;
    }
    let first = next;
    println!("in step with frame {} behind the one that was joined", first - 1 - JOINED);
    let kept = copied(first);
    assert!(kept < CONNECTIONS as u64 * 200, "{kept}");
    for id in first + 1..first + 5 {
        assert_eq!(copied(id), kept, "of {id}");
    }
    let counters = observed.handle.counters();
    let said = observed.finish();
    assert_eq!(in_step(&counters), all, "and stays so");
    let mut behind = 0;
    for told in said.exchanges.iter().filter(|told| told.outcome == Outcome::Answered) {
        let id = told.header.correlation_id;
        let [asked, answered] = exchange(id).map(|frame| frame.len() as u32 - 4);
        assert_eq!((told.request_bytes, told.response_bytes), (asked, Some(answered)), "{told:?}");
        behind += i32::from(id >= first);
    }
    assert_eq!(behind, CONNECTIONS as i32 * 5, "all that is in step is told");
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    assert_eq!(said.ledger.accounted(), said.ledger.seen);
}
