//! Peers that send anything whatever: nobody beside them is harmed, and what the sieve gives up for it is
//! counted, with the reason.

mod shapes;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use observer::event::{Exchange, Outcome};
use observer::source::live::{Config, Counter, Counters, Why};
use tests::capture::watching;
use tests::netns::Namespace;
use tests::observed::Observed;
use tests::talk::produce;
use tests::traffic::Pair;

use shapes::{FETCHED, Shape, shapes};

const NEIGHBOURS: usize = 2;
/// How often each shape is sent, with other random bytes each time.
const ROUNDS: u64 = 3;

/// What a neighbour is asked and answers under this number: sizes tell exchanges apart.
fn exchange(id: i32) -> [Vec<u8>; 2] {
    produce(id, 100 + id as usize % 997)
}

fn falls(counters: &Counters) -> [u64; Why::ALL.len()] {
    Why::ALL.map(|why| counters.get(Counter::of_fall(why)))
}

/// While hostile peers talk, one after the other, neighbours are told exactly, and do not lose the step:
/// each loss of it is a hostile direction's, for the reason that it gave.
#[test]
fn hostile_peers_harm_no_neighbour() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { sockets: false, ring_bytes: 64 << 20, ..watching(port, &["lo"]) };
    let observed = here.run(|| Observed::start(&config));
    let connect = || here.run(|| Pair::connect(&listener));
    let mut neighbours: Vec<_> = std::iter::repeat_with(connect).take(NEIGHBOURS).collect();
    let ports: Vec<_> = neighbours.iter().map(|pair| pair.flow().src.port).collect();
    let is_over = AtomicBool::new(false);
    let talked = thread::scope(|scope| {
        let is_over = &is_over;
        let over = Over(is_over);
        let talking: Vec<_> = neighbours
            .iter_mut()
            .map(|pair| scope.spawn(move || talk_until(pair, is_over)))
            .collect();
        for shape in (0..ROUNDS).flat_map(shapes) {
            let before = falls(&observed.handle.counters());
            be_hostile(connect(), &shape);
            let after = falls(&observed.handle.counters());
            let mut expected = before;
            if let Some(why) = shape.falls {
                expected[why as usize] += 1;
            }
            assert_eq!(after, expected, "{}, and its neighbours: by {:?}", shape.name, Why::ALL);
        }
        drop(over);
        talking.into_iter().map(|talking| talking.join().unwrap()).collect::<Vec<_>>()
    });
    let handle = observed.handle.clone();
    let said = observed.finish();
    let counters = handle.counters();
    assert_eq!((counters.lost_bytes(), counters.get(Counter::Resumes)), (0, 0));
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    assert_eq!(said.ledger.accounted(), said.ledger.seen);
    assert_eq!(said.ledger.seen, counters.get(Counter::SubmittedBytes));
    for (port, ids) in ports.iter().zip(&talked) {
        let of_port = |told: &&Exchange| told.peers.client.port == *port;
        check(said.exchanges.iter().filter(of_port), ids);
    }
    let others = said.exchanges.iter().filter(|told| !ports.contains(&told.peers.client.port));
    check_hostile(others);
    println!("beside exchanges {talked:?}: {:?} {:?}", Why::ALL, falls(&counters));
}

/// Says that it is, also where the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn talk_until(pair: &mut Pair, is_over: &AtomicBool) -> Range<i32> {
    let mut next = 0;
    while !is_over.load(Ordering::Relaxed) {
        let [asked, answered] = exchange(next);
        pair.request(&asked);
        pair.respond(&answered);
        next += 1;
    }
    0..next
}

/// A connection that begins as it should.
fn be_hostile(mut pair: Pair, shape: &Shape) {
    let [asked, answered] = exchange(1);
    pair.request(&asked);
    pair.respond(&answered);
    pair.request(&shape.asked);
    pair.respond(&shape.answered);
    pair.close();
}

/// Every exchange of a neighbour was told, once and as it was.
fn check<'a>(told: impl Iterator<Item = &'a Exchange>, ids: &Range<i32>) {
    let mut by_id: BTreeMap<i32, Vec<&Exchange>> = BTreeMap::new();
    told.for_each(|told| by_id.entry(told.header.correlation_id).or_default().push(told));
    assert!(by_id.keys().copied().eq(ids.clone()), "each of {ids:?}, and no other");
    for (id, told) in by_id {
        let [told] = told[..] else { panic!("{id} was told {} times", told.len()) };
        let [asked, answered] = exchange(id).map(|frame| frame.len() as u32 - 4);
        assert_eq!(told.outcome, Outcome::Answered, "{told:?}");
        assert_eq!((told.request_bytes, told.response_bytes), (asked, Some(answered)), "{told:?}");
        assert_eq!(told.undecoded(), None, "{told:?}");
    }
}

/// Of hostile peers no answer was told but those that were given.
fn check_hostile<'a>(told: impl Iterator<Item = &'a Exchange>) {
    let mut proper = BTreeSet::new();
    for told in told.filter(|told| told.outcome == Outcome::Answered) {
        let id = told.header.correlation_id;
        let [asked, answered] = exchange(1).map(|frame| frame.len() as u32 - 4);
        if id == 1 {
            let sizes = (told.request_bytes, told.response_bytes);
            assert_eq!(sizes, (asked, Some(answered)), "{told:?}");
            assert!(proper.insert(told.peers.client.port), "told twice: {told:?}");
        } else {
            assert_eq!(id, FETCHED, "nobody answered: {told:?}");
        }
    }
    assert_eq!(proper.len(), ROUNDS as usize * shapes(0).len());
}
