//! An skb that takes more steps than are granted: the direction loses the step, is told as it was, and is
//! back with the next frame.

use observer::event::{Exchange, Outcome};
use observer::source::live::{Config, Counter, Why};
use tests::capture::watching;
use tests::netns::Namespace;
use tests::observed::{Observed, falls};
use tests::talk::{fetch_of_topics, produce, produce_of_topics};
use tests::traffic::Pair;

/// Topics without partitions, each of which takes two steps: more than 16,384, in an skb and in the next.
const TOPICS: u32 = 20_000;
/// Which exchange has so many topics in its request, and which in its response.
const PRODUCED: i32 = 4;
const FETCHED: i32 = 8;
const ALL: i32 = 12;

/// What is asked and answered under this number.
fn exchange(id: i32) -> [Vec<u8>; 2] {
    match id {
        PRODUCED => produce_of_topics(id, TOPICS),
        FETCHED => fetch_of_topics(id, TOPICS),
        _ => produce(id, 5_000),
    }
}

#[test]
fn a_frame_that_is_too_much_work_is_told_and_the_next_is_in_step() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { sockets: false, ..watching(port, &["lo"]) };
    let observed = here.run(|| Observed::start(&config));
    let mut pair = here.run(|| Pair::connect(&listener));
    let mut kept = Vec::new();
    for id in 0..ALL {
        let before = observed.handle.counters();
        let [asked, answered] = exchange(id);
        pair.request(&asked);
        pair.respond(&answered);
        observed.catch_up();
        let after = observed.handle.counters();
        let since = |counter| after.get(counter) - before.get(counter);
        let fell = falls(&after) - falls(&before);
        let is_work = id == PRODUCED || id == FETCHED;
        assert_eq!(
            (fell, since(Counter::FellWork)),
            (u64::from(is_work), u64::from(is_work)),
            "{id}"
        );
        // The request direction with the next request, the response direction with the next response.
        let is_next = id == PRODUCED + 1 || id == FETCHED + 1;
        assert_eq!(since(Counter::Resumes), u64::from(is_next), "{id}");
        kept.push(since(Counter::CopiedBytes));
    }
    println!("bytes kept: {kept:?}");
    let counters = observed.handle.counters();
    let said = observed.finish();
    assert_eq!(counters.get(Counter::of_fall(Why::Work)), 2);
    // The first has more to prove.
    let others = (1..ALL).filter(|id| *id != PRODUCED && *id != FETCHED);
    for id in others {
        assert_eq!(kept[id as usize], kept[1], "as much of exchange {id} is kept as of any");
    }
    assert_eq!((&said.unmatched[..], &said.malformed[..]), (&[][..], &[][..]));
    assert_eq!(said.exchanges.len(), ALL as usize);
    for (id, told) in (0..ALL).zip(&said.exchanges) {
        check(told, id, &exchange(id));
    }
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    assert_eq!(said.ledger.accounted(), said.ledger.seen);
}

/// A connection of which every request is too much work: it loses the step once for each at most, as it is found
/// once for each at most, however soon the daemon says where.
#[test]
fn a_direction_loses_the_step_once_for_each_frame_at_most() {
    /// Requests behind which the daemon is waited for, and all: fewer bytes than the ring has.
    const PACED: i32 = 200;
    const HARD: i32 = 1_000;
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { sockets: false, ring_bytes: 64 << 20, ..watching(port, &["lo"]) };
    let observed = here.run(|| Observed::start(&config));
    let mut pair = here.run(|| Pair::connect(&listener));
    let exchange = |id: i32| {
        if id < HARD { produce_of_topics(id, TOPICS + id as u32) } else { produce(id, 5_000) }
    };
    let steps = || {
        let counters = observed.handle.counters();
        (falls(&counters), counters.get(Counter::Resumes))
    };
    let mut talk = |ids: std::ops::Range<i32>, is_paced: bool| {
        for id in ids {
            let [asked, answered] = exchange(id);
            pair.request(&asked);
            if is_paced {
                observed.catch_up();
            }
            pair.respond(&answered);
        }
    };
    talk(0..PACED, true);
    let paced = steps();
    assert_eq!(paced, (PACED as u64, PACED as u64 - 1), "each falls, and the next is found");
    talk(PACED..HARD, false);
    let (fallen, resumed) = steps();
    println!("{fallen} falls of {HARD} frames, {resumed} resumes");
    assert!(fallen <= HARD as u64 && (fallen - 1..=fallen).contains(&resumed), "{resumed}");
    observed.catch_up();
    talk(HARD..HARD + 2, true);
    let (fallen_now, resumed) = steps();
    assert_eq!((fallen_now, resumed), (fallen, fallen), "in step");
    let counters = observed.handle.counters();
    let said = observed.finish();
    assert_eq!(said.exchanges.len(), HARD as usize + 2);
    for (id, told) in (0..).zip(&said.exchanges) {
        check(told, id, &exchange(id));
    }
    assert_eq!((counters.lost_bytes(), counters.get(Counter::FellWork)), (0, fallen));
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    assert_eq!(said.ledger.accounted(), said.ledger.seen);
}

/// An exchange was told as it was.
fn check(told: &Exchange, id: i32, frames: &[Vec<u8>; 2]) {
    let [asked, answered] = frames.each_ref().map(|frame| frame.len() as u32 - 4);
    assert_eq!((told.header.correlation_id, told.outcome), (id, Outcome::Answered));
    assert_eq!((told.request_bytes, told.response_bytes), (asked, Some(answered)), "{told:?}");
    assert_eq!(told.undecoded(), None, "{told:?}");
}
