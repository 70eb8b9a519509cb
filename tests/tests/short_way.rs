//! The daemon's short way: segments that come next go to their frames at once. It tells, event by event and
//! byte by byte, what the general way tells of the same segments, as they are and as the sieve sends them, in
//! any pieces and on bad wires.

use observer::event::{Event, Outcome};
use observer::input::{Chunk, Flow, Input, Segment};
use observer::ledger::Ledger;
use observer::pipeline::{Config, Pipeline};
use observer::ports::Ports;
use observer_common::order::Order;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::in_process::Segments;
use tests::many_sets::in_a_row;
use tests::sieve::dialogue::{Dialogue, PORT, capture, conversation, dialogues};
use tests::sieve::{RECORDED, Sieve, order};

const PER_LAYOUT: u32 = 3;
const ROUNDS: u32 = 200;

#[test]
fn recorded_connections() {
    let mut rng = StdRng::seed_from_u64(1);
    for capture in RECORDED {
        for _ in 0..20 {
            in_any_pieces(capture, &mut rng);
        }
    }
}

#[test]
fn every_layout() {
    let mut rng = StdRng::seed_from_u64(2);
    for Dialogue { layout, frames } in dialogues(PER_LAYOUT).expect("the generator") {
        println!("{layout:?}");
        let mut talk = conversation();
        for (request, response) in &frames {
            talk = talk.request(request).response(response);
        }
        in_any_pieces(&capture(talk), &mut rng);
    }
}

#[test]
fn frames_with_many_sets() {
    let mut rng = StdRng::seed_from_u64(3);
    for _ in 0..ROUNDS {
        let [requests, responses] = in_a_row(rng.random_range(1..6), &mut rng);
        // What is settled is so behind a first exchange.
        let [request, response] = tests::talk::produce(100, 10);
        let talk = conversation().request(&request).response(&response);
        in_any_pieces(&capture(talk.request(&requests).response(&responses)), &mut rng);
    }
}

fn in_any_pieces(capture: &[u8], rng: &mut StdRng) {
    let recorded = Segments::read(capture, &Ports::from_iter([PORT..=PORT]));
    let longest = [30, 200, 3000][rng.random_range(0..3)];
    let cut = recorded.cut_up(|| rng.random_range(1..=longest));
    let spoiled = cut.spoiled(rng, 5);
    for segments in [recorded, cut, spoiled] {
        both_ways(&segments, None);
        both_ways(&segments, Some(Sieve::default()));
    }
}

/// Takes segments, as they are or as a sieve sends them, both ways.
fn both_ways(segments: &Segments, mut sieve: Option<Sieve>) {
    let mut short = Daemon::default();
    let mut general = Daemon::default();
    segments.each(|segment| {
        let mut take = |segment: Segment<'_>| {
            short.take(segment);
            // What is out of order, and be it nothing, is not for the short way.
            let nothing = Chunk { offset: 0, bytes: &[], frame_start: false };
            let chunks = [segment.chunks, &[nothing]].concat();
            general.take(Segment { chunks: &chunks, ..segment });
        };
        match &mut sieve {
            Some(sieve) => sieve.segment(segment, take),
            None => take(*segment),
        }
        for (flow, order) in short.orders.drain(..) {
            if let Some(sieve) = &mut sieve {
                sieve.order(flow, order);
            }
        }
    });
    let [(told, ledger), (its_told, its_ledger)] = [short.end(), general.end()];
    for (event, its_event) in told.iter().zip(&its_told) {
        assert_eq!(event, its_event);
    }
    assert_eq!(told.len(), its_told.len());
    assert_eq!(ledger, its_ledger);
}

/// A pipeline, and what it tells.
struct Daemon {
    pipeline: Pipeline,
    told: Vec<String>,
    orders: Vec<(Flow, Order)>,
}

impl Default for Daemon {
    fn default() -> Self {
        let pipeline = Pipeline::new(Config::new(Ports::from_iter([PORT..=PORT])));
        Self { pipeline, told: Vec::new(), orders: Vec::new() }
    }
}

impl Daemon {
    fn take(&mut self, segment: Segment<'_>) {
        let Self { pipeline, told, orders } = self;
        pipeline.input(&Input::Segment(segment), &mut |event: Event<'_>| {
            told.push(format!("{event:?}"));
            orders.extend(order(&event));
        });
    }

    fn end(mut self) -> (Vec<String>, Ledger) {
        let Self { pipeline, told, .. } = &mut self;
        pipeline.finish(Outcome::Open, &mut |event: Event<'_>| told.push(format!("{event:?}")));
        (self.told, *self.pipeline.ledger())
    }
}
