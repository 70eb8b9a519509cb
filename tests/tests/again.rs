//! What comes again when a direction was out of step meanwhile: what it left out while it was in step is not
//! told as it is.

use std::collections::VecDeque;

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
    let (recorded, logins) = (cut(talk), cut(login).count());
    let mut in_step = 0;
    for lost in logins..recorded.count() {
        for again in 0..logins {
            let mut sieve = Sieve::default();
            let (told, was_in_step) = run(&recorded.lost_and_again(lost, again), &mut sieve);
            if sieve.falls.is_empty() || !was_in_step {
                continue;
            }
            in_step += 1;
            let copied = copied(&told);
            for part in TOKEN.windows(4).chain(SALT.windows(4)) {
                let has = copied.windows(part.len()).any(|window| window == part);
                assert!(!has, "{part:?} of segment {again}, without {lost}");
            }
        }
    }
    assert!(in_step > 100, "{in_step} were in step again");
}

/// What is told of segments, and whether the last was of a direction in step.
fn run(segments: &Segments, sieve: &mut Sieve) -> (Vec<Told>, bool) {
    let mut pipeline = Pipeline::new(Config::new(Ports::from_iter([PORT..=PORT])));
    let (mut told, mut orders) = (Vec::new(), VecDeque::new());
    let mut is_in_step = false;
    segments.each(|segment: &Segment<'_>| {
        is_in_step = sieve.flows().get(&segment.flow).is_some_and(FlowState::is_in_step);
        sieve.segment(segment, |sieved| {
            told.push(Told::of(&sieved));
            let handler = &mut |event: Event<'_>| orders.extend(order(&event));
            pipeline.input(&Input::Segment(sieved), handler);
        });
        orders.drain(..).for_each(|(flow, order)| sieve.order(flow, order));
    });
    (told, is_in_step)
}
