//! Directions that lose the step again and again, or never find it: how often they are followed anew, and how
//! often the daemon tells the kernel where to go on, is bounded.

use std::collections::VecDeque;

use observer::event::Event;
use observer::input::{Input, Segment};
use observer::pipeline::{Config, Pipeline};
use observer::ports::Ports;
use observer_common::flow_state::FlowState;
use observer_common::sieve::Why;
use tests::capture_writer::{Frame, Link, Order, TcpSegment, Unit, pcap};
use tests::in_process::Segments;
use tests::sieve::dialogue::{PORT, conversation};
use tests::sieve::{Sieve, order};
use tests::talk::produce;

const EXCHANGES: i32 = 4_000;

/// The segments of this many exchanges, each a segment of either direction; without those that are lost.
fn segments(is_lost: impl Fn(usize) -> bool) -> Segments {
    let mut talk = conversation();
    for id in 0..EXCHANGES {
        let [asked, answered] = produce(id, 100);
        talk = talk.request(&asked).response(&answered);
    }
    let opening = talk.clone().segments().len() - 2 * EXCHANGES as usize;
    let link = Link::Ethernet(&[]);
    let passes = |(n, segment): (usize, TcpSegment)| {
        let is_lost = n >= opening && is_lost(n - opening);
        (!is_lost).then(|| Frame::of(link, &segment))
    };
    let frames: Vec<_> = talk.segments().into_iter().enumerate().filter_map(passes).collect();
    let capture = pcap(Order::Little, Unit::Nanosecond, link.number(), &frames);
    Segments::read(&capture[..], &Ports::from_iter([PORT..=PORT]))
}

/// Runs segments, of which each direction's orders are obeyed `delay` segments later; how many there were.
fn run(segments: &Segments, sieve: &mut Sieve, delay: impl Fn(usize) -> usize) -> usize {
    let mut pipeline = Pipeline::new(Config::new(Ports::from_iter([PORT..=PORT])));
    let (mut orders, mut passed, mut given) = (VecDeque::new(), 0, 0);
    segments.each(|segment: &Segment<'_>| {
        passed += 1;
        sieve.segment(segment, |sieved| {
            pipeline.input(&Input::Segment(sieved), &mut |event: Event<'_>| {
                orders.extend(order(&event).map(|order| (passed, order)));
            });
        });
        while let Some((_, (flow, order))) =
            orders.pop_front_if(|(at, _)| *at + delay(passed) <= passed)
        {
            given += 1;
            sieve.order(flow, order);
        }
    });
    given
}

/// A daemon that is always too late says so ever more rarely, and at last as rarely as a frame that seems to
/// begin is followed in vain; once it is in time, both directions are in step.
#[test]
fn orders_that_come_too_late_are_few() {
    // More segments than a frame that seems to begin is followed for, and how many those are.
    const LATE: usize = 200;
    const FOLLOWED: usize = 64;
    let joined = segments(|_| false).from(150, usize::MAX);
    let in_time = 2 * EXCHANGES as usize - 400;
    let mut sieve = Sieve::default();
    let given = run(&joined, &mut sieve, |passed| if passed < in_time { LATE } else { 0 });
    println!("{given} orders");
    assert!(given <= 2 * (8 + EXCHANGES as usize / FOLLOWED), "{given} orders");
    assert_eq!((&sieve.falls[..], sieve.resumes), (&[][..], 2));
    assert!(sieve.flows().values().all(FlowState::is_in_step));
}

/// Whatever is lost, a direction falls once for it at most, is told once for each fall where to go on, and is
/// in step behind it.
#[test]
fn a_direction_falls_no_more_often_than_segments_are_lost() {
    let lossy = 2 * EXCHANGES as usize - 200;
    for every in [2, 3, 7, 50] {
        let is_lost = |n: usize| n < lossy && n % every == every - 1;
        let lost = (0..lossy).filter(|n| is_lost(*n)).count();
        let mut sieve = Sieve::default();
        let given = run(&segments(is_lost), &mut sieve, |_| 0);
        let falls = sieve.falls.len();
        println!("{lost} lost, {falls} falls, {given} orders");
        assert!(sieve.falls.iter().all(|why| *why == Why::Gap), "{:?}", sieve.falls);
        assert!((1..=lost).contains(&falls) && given <= falls, "{falls} falls, {given} orders");
        assert_eq!(sieve.resumes, falls);
        assert!(sieve.flows().values().all(FlowState::is_in_step));
    }
}
