//! Frames that the sieve takes at a glance: its records are, byte for byte, those of a walk from word to
//! word, also of frames that are not what they should be.

use observer::input::{Seq, TcpFlags};
use observer::ports::Ports;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::in_process::Segments;
use tests::sieve::dialogue::{Dialogue, PORT, capture, conversation, dialogues};
use tests::sieve::{Kept, Sieve};

const PER_LAYOUT: u32 = 7;
/// Damaged copies of each layout's dialogue.
const DAMAGED: u64 = 4;

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

/// A producer's requests, and what they are answered, take a step each.
#[test]
fn a_producers_frames_take_a_step_each() {
    let ports = Ports::from_iter([PORT..=PORT]);
    let recorded = Segments::read(&include_bytes!("captures/producer.pcap")[..], &ports);
    let (at_a_glance, by_word) = (records(&recorded, false, 192), records(&recorded, true, 192));
    assert!(at_a_glance.steps * 3 < by_word.steps, "{} {}", at_a_glance.steps, by_word.steps);
}

/// One byte of a frame behind its length, or of its length, is another.
fn damage(frame: &mut [u8], rng: &mut StdRng) {
    let from = if rng.random_range(0..10) == 0 { 0 } else { 4 };
    // Heads matter more than the data behind them.
    let to = frame.len().min([20, 60, 200, usize::MAX][rng.random_range(0..4)]);
    if from < to {
        let value = [0, 1, 2, 0x7f, 0x80, 0xff, rng.random()][rng.random_range(0..7)];
        frame[rng.random_range(from..to)] = value;
    }
}

/// What a sieve tells of segments.
#[derive(Debug, Default)]
struct Records {
    told: Vec<(Seq, u32, TcpFlags, Kept)>,
    falls: usize,
    steps: usize,
}

fn records(segments: &Segments, by_word: bool, window: u32) -> Records {
    let mut sieve = Sieve::default();
    (sieve.by_word, sieve.window) = (by_word, window);
    let mut all = Vec::new();
    segments.each(|segment| {
        sieve.segment(segment, |told| {
            let kept = told.chunks.iter();
            let kept = kept.map(|it| (it.offset, it.bytes.to_vec(), it.frame_start)).collect();
            all.push((told.seq, told.wire_len, told.flags, kept));
        });
    });
    Records { told: all, falls: sieve.falls.len(), steps: sieve.steps }
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
    for segments in [recorded, cut] {
        let (at_a_glance, by_word) =
            (records(&segments, false, window), records(&segments, true, window));
        assert_eq!(at_a_glance.falls, by_word.falls);
        assert_eq!(at_a_glance.told, by_word.told, "window {window}");
    }
}
