//! What comes again when a direction was out of step meanwhile: what it left out while it was in step is not
//! told as it is.

use std::collections::{HashSet, VecDeque};

use observer::event::Event;
use observer::input::{Input, Segment};
use observer::pipeline::{Config, Pipeline};
use observer::ports::Ports;
use observer_common::flow_state::FlowState;
use tests::in_process::Segments;
use tests::sieve::dialogue::{PORT, capture, conversation};
use tests::sieve::told::{Told, copied};
use tests::sieve::{Sieve, order};
use tests::talk::{SALT, TOKEN, logins, produce};

/// Exchanges behind the logins.
const EXCHANGES: i32 = 6;
/// Segments before the first with payload.
const OPENING: usize = 3;
/// Payload bytes of a segment.
const SHORT: usize = 40;

/// Logins in segments of [`SHORT`], and exchanges of which one segment is lost; then each of the logins' once
/// more.
#[test]
fn logins_that_come_again() {
    let ports = Ports::from_iter([PORT..=PORT]);
    let [mut talk, mut login] = [conversation(), conversation()];
    for [asked, answered] in logins() {
        talk = talk.request(&asked).response(&answered);
        login = login.request(&asked).response(&answered);
    }
    for id in 10..10 + EXCHANGES {
        let [asked, answered] = produce(id, 300);
        talk = talk.request(&asked).response(&answered);
    }
    let cut = |talk| Segments::read(&capture(talk)[..], &ports).cut_up(|| SHORT);
    let closing = cut(conversation()).count() - OPENING;
    let (recorded, logins) = (cut(talk), cut(login).count() - closing);
    let mut resumed = [0, 0];
    for lost in logins..recorded.count() {
        for again in OPENING..logins {
            let (told, side) = run(&recorded.lost_and_again(lost, again));
            let Some(side) = side else { continue };
            resumed[side] += 1;
            let copied = copied(&told);
            for part in TOKEN.windows(4).chain(SALT.windows(4)) {
                let has = copied.windows(part.len()).any(|window| window == part);
                assert!(!has, "{part:?} of segment {again}, without {lost}");
            }
        }
    }
    assert!(resumed.iter().all(|times| *times > 10), "{resumed:?}");
}

/// What is told of segments; and of which side the last is, if its direction was in step again by then.
fn run(segments: &Segments) -> (Vec<Told>, Option<usize>) {
    let mut sieve = Sieve::default();
    let mut pipeline = Pipeline::new(Config::new(Ports::from_iter([PORT..=PORT])));
    let (mut told, mut orders) = (Vec::new(), VecDeque::new());
    let (mut fallen, mut side) = (HashSet::new(), None);
    segments.each(|segment: &Segment<'_>| {
        let flow = segment.flow;
        let is_in_step =
            |sieve: &Sieve| sieve.flows().get(&flow).is_some_and(FlowState::is_in_step);
        let was_in_step = is_in_step(&sieve);
        let counts = segment.wire_len > 0 && was_in_step && fallen.contains(&flow);
        side = counts.then(|| usize::from(flow.src.port == PORT));
        sieve.segment(segment, |sieved| {
            told.push(Told::of(&sieved));
            let handler = &mut |event: Event<'_>| orders.extend(order(&event));
            pipeline.input(&Input::Segment(sieved), handler);
        });
        if was_in_step && !is_in_step(&sieve) {
            fallen.insert(flow);
        }
        orders.drain(..).for_each(|(flow, order)| sieve.order(flow, order));
    });
    (told, side)
}
