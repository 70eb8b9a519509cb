//! An skb that takes more steps than are granted: the direction loses the step, is told as it was, and is
//! back with the next frame.

use observer::event::Outcome;
use observer::source::live::{Config, Counter, Why};
use tests::capture::watching;
use tests::netns::Namespace;
use tests::observed::{Observed, falls};
use tests::talk::{fetch_of_topics, produce, produce_of_topics};
use tests::traffic::Pair;

/// Topics without partitions, each of which takes two steps: more than 16,384, in one skb.
const TOPICS: u32 = 9_000;
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
        let [asked, answered] = exchange(id).map(|frame| frame.len() as u32 - 4);
        let sizes = (told.request_bytes, told.response_bytes);
        assert_eq!((told.header.correlation_id, told.outcome), (id, Outcome::Answered));
        assert_eq!((sizes, told.undecoded()), ((asked, Some(answered)), None), "{told:?}");
    }
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    assert_eq!(said.ledger.accounted(), said.ledger.seen);
}
