//! Frames that the sieve takes at a glance, or from one record set to the next: its records are, byte for
//! byte, those of a walk from word to word, also of frames that are not what they should be.

use std::fmt::Debug;

use observer::ports::Ports;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::in_process::Segments;
use tests::sieve::damage::damage;
use tests::sieve::dialogue::{Dialogue, PORT, capture, conversation, dialogues};
use tests::sieve::told::{Told, copied, directions};
use tests::sieve::{Sieve, Way};
use tests::talk::{fetch, produce, record_set};
use tests::wire::{frame, heartbeat, heartbeat_answer, string};

const PER_LAYOUT: u32 = 7;
/// Damaged copies of each layout's dialogue.
const DAMAGED: u64 = 4;
const ROUNDS: u32 = 5000;
/// A window that shows a segment to its end.
const ALL: u32 = 64_000;

#[test]
fn every_layout() {
    let mut rng = StdRng::seed_from_u64(1);
    for Dialogue { layout, frames } in dialogues(PER_LAYOUT).expect("the generator") {
        println!("{layout:?}");
        same(&frames, &mut rng);
        for _ in 0..DAMAGED {
            let mut damaged = frames.clone();
            for (request, response) in &mut damaged {
                damage(request, &mut rng);
                damage(response, &mut rng);
            }
            same(&damaged, &mut rng);
        }
    }
}

/// Requests and responses with one set, several in a segment and in flight.
#[test]
fn sets() {
    let [at_a_glance, by_word] = sets_of(exchange, StdRng::seed_from_u64(2));
    assert!(at_a_glance * 3 < by_word * 2, "{at_a_glance} {by_word}");
}

/// The same, with many sets each.
#[test]
fn many_sets() {
    let [at_a_glance, by_word] = sets_of(tests::many_sets::many_sets, StdRng::seed_from_u64(3));
    assert!(at_a_glance * 5 < by_word * 4, "{at_a_glance} {by_word}");
}

/// The steps that they take at a glance and by word.
fn sets_of(exchange: impl Fn(i32, &mut StdRng) -> [Vec<u8>; 2], mut rng: StdRng) -> [usize; 2] {
    let mut steps = [0, 0];
    for _ in 0..ROUNDS {
        let many = rng.random_range(1..6);
        let (mut requests, mut responses) = (Vec::new(), Vec::new());
        for id in 0..many {
            let [mut request, mut response] = exchange(id, &mut rng);
            if rng.random_range(0..3) == 0 {
                damage(&mut request, &mut rng);
                damage(&mut response, &mut rng);
            }
            requests.extend(request);
            responses.extend(response);
        }
        let talk = conversation().request(&requests).response(&responses);
        let recorded = Segments::read(&capture(talk)[..], &Ports::from_iter([PORT..=PORT]));
        // Where all is shown, no more of a header is kept by word.
        let [at_a_glance, by_word] = both_ways(&recorded, ALL);
        both_ways(&recorded.cut_up(|| rng.random_range(1..=100)), ALL);
        steps = [steps[0] + at_a_glance, steps[1] + by_word];
    }
    steps
}

fn exchange(id: i32, rng: &mut StdRng) -> [Vec<u8>; 2] {
    let len = rng.random_range(0..400);
    match rng.random_range(0..4) {
        0 => produce(id, len),
        1 => fetch(id, len),
        2 => [heartbeat(id, "client"), heartbeat_answer(id)],
        _ => [flexible(id, len), heartbeat_answer(id)],
    }
}

/// Produce v9 of one batch with `len` bytes of records.
fn flexible(id: i32, len: usize) -> Vec<u8> {
    let set = record_set(1, len);
    let behind = set.len() as u32 + 1;
    let varint = [behind as u8 | 0x80, (behind >> 7) as u8];
    let head = [&[0, 0, 0, 9][..], &id.to_be_bytes(), &string("client"), &[0]].concat();
    let topic = [&[0, 0, 1, 0, 0, 0, 9, 2, 7][..], b"orders", &[2, 0, 0, 0, 0]].concat();
    frame(&[&head[..], &topic, &varint, &set, &[0, 0, 0]].concat())
}

/// A producer's requests, and what they are answered.
#[test]
fn a_producers_frames_take_few_steps() {
    let ports = Ports::from_iter([PORT..=PORT]);
    let recorded = Segments::read(&include_bytes!("captures/producer.pcap")[..], &ports);
    let [at_a_glance, by_word] = both_ways(&recorded, 192);
    assert!(at_a_glance * 3 < by_word, "{at_a_glance} {by_word}");
    let Records { sieve, told } = records(&recorded, Way::Short, 192, usize::MAX);
    assert!(sieve.plain * 2 > told.len(), "{} of {}", sieve.plain, told.len());
}

/// What a sieve tells of segments, and how it is left.
struct Records {
    told: Vec<Told>,
    sieve: Sieve,
}

fn records(segments: &Segments, way: Way, window: u32, room: usize) -> Records {
    let mut sieve = Sieve::default();
    (sieve.way, sieve.window, sieve.room) = (way, window, room);
    let mut told = Vec::new();
    segments.each(|segment| sieve.segment(segment, |it| told.push(Told::of(&it))));
    Records { told, sieve }
}

fn same(frames: &[(Vec<u8>, Vec<u8>)], rng: &mut StdRng) {
    let mut talk = conversation();
    for (request, response) in frames {
        talk = talk.request(request).response(response);
    }
    let recorded = Segments::read(&capture(talk)[..], &Ports::from_iter([PORT..=PORT]));
    let window = rng.random_range(16..400);
    let longest = [200, 3000, 70_000][rng.random_range(0..3)];
    let cut = recorded.cut_up(|| rng.random_range(1..=longest));
    let spoiled = cut.spoiled(rng, 5);
    for segments in [recorded, cut, spoiled] {
        both_ways(&segments, window);
    }
}

const WAYS: [Way; 4] = [Way::Short, Way::ShortBySet, Way::ShortByWord, Way::General];

/// The steps that it takes at a glance and by word, of which the same is told.
fn both_ways(segments: &Segments, window: u32) -> [usize; 2] {
    // Where a record ends that has room for no more depends on the steps.
    let [at_a_glance, by_set, by_word, general] =
        WAYS.map(|way| records(segments, way, window, usize::MAX));
    for other in [&at_a_glance, &by_set, &by_word] {
        let mut differing = other.told.iter().zip(&general.told);
        assert_eq!(differing.find(|(one, other)| one != other), None, "window {window}");
        assert_eq!(other.told.len(), general.told.len(), "window {window}");
        assert_eq!(counts(other), counts(&general), "window {window}");
    }
    // A glance at a whole frame leaves of the state that goes on from step to step what it was before.
    for other in [by_set, by_word] {
        assert_eq!(other.sieve.flows(), general.sieve.flows(), "window {window}");
    }
    [at_a_glance.sieve.steps, general.sieve.steps]
}

fn counts(of: &Records) -> impl PartialEq + Debug {
    let Sieve { duplicate, copied, resumes, .. } = of.sieve;
    (duplicate, copied, resumes, of.sieve.untold(), of.sieve.falls.clone())
}

/// Whatever records it is in: where one has room for little, the same is kept of many sets.
#[test]
fn many_sets_in_small_records() {
    let mut rng = StdRng::seed_from_u64(4);
    let mut most = 0;
    for _ in 0..ROUNDS / 10 {
        // What is settled is so behind a first exchange.
        let [request, response] = produce(100, 10);
        let talk = conversation().request(&request).response(&response);
        let [requests, responses] = tests::many_sets::in_a_row(rng.random_range(1..6), &mut rng);
        let talk = talk.request(&requests).response(&responses);
        let recorded = Segments::read(&capture(talk)[..], &Ports::from_iter([PORT..=PORT]));
        let room = rng.random_range(100..1000);
        let all = WAYS.map(|way| records(&recorded, way, ALL, room));
        let [short, .., general] = &all;
        most = most.max(short.told.len());
        for one in &all {
            assert_eq!(copied(&one.told), copied(&general.told), "room {room}");
            assert_eq!(counts(one), counts(general), "room {room}");
            assert_each_goes_on_where_the_last_ended(one);
        }
    }
    assert!(most > 10, "{most} records");
}

fn assert_each_goes_on_where_the_last_ended(records: &Records) {
    for direction in directions(records.told.clone()).values() {
        let data: Vec<_> = direction.iter().filter(|it| it.wire_len > 0).collect();
        assert!(data.windows(2).all(|it| it[0].seq.plus(it[0].wire_len) == it[1].seq), "{data:?}");
    }
}
