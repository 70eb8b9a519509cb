//! Messages of every layout with bytes changed, left out or missing: nothing panics, and memory and
//! work stay within bounds, whatever the bytes claim.
//!
//! `cargo test -p tests --no-default-features --release --test mutated -- --ignored` changes a
//! million.

#[path = "../../observer/tests/counting/mod.rs"]
mod counting;

use std::hash::Hash;

use counting::{Counting, counts};
use observer::decode::{self, Decoder, Facts, Names};
use observer::event::Side;
use observer::input::Chunk;
use observer::protocol::api::ApiKey;
use observer::protocol::machine::{Broken, Machine};
use observer::protocol::pieces::Pieces;
use observer::protocol::program::{self, Meaning, Program};
use observer::stream::Hole;
use observer::tables::Evictions;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::messages::reports::Reports;
use tests::messages::{Message, Plan, decoded, messages};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PER_LAYOUT: u32 = 7;
const LAYOUTS: u32 = 736;

/// Bytes that a message may make us allocate: some for each of its own, and for any what the table of
/// names takes when it grows.
const PER_BYTE: u64 = 64;
const FOR_ANY: u64 = 128 << 10;
/// And however long it is: the bounds on topics, partitions and the like.
const AT_MOST: u64 = 64 << 20;
/// Errors that are told apart: what each costs to count grows with them.
const ERRORS_AT_MOST: usize = 2048;

/// A message as it passes: parts that are there, and holes.
struct Passing {
    /// What the frame says that it holds.
    len: usize,
    parts: Vec<Part>,
}

enum Part {
    Bytes(Vec<u8>),
    Missing(Hole, u64),
}

fn mutate(bytes: &[u8], rng: &mut StdRng) -> Passing {
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(0..4) {
        change(&mut bytes, rng);
    }
    let len = match rng.random_range(0..4) {
        0 => rng.random_range(0..=2 * bytes.len()),
        _ => bytes.len(),
    };
    bytes.truncate(len);
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let rest = bytes.split_off(rng.random_range(1..=bytes.len()));
        match rng.random_range(0..8) {
            0 => parts.push(Part::Missing(Hole::Gap, bytes.len() as u64)),
            1 => parts.push(Part::Missing(Hole::Elided, bytes.len() as u64)),
            _ => parts.push(Part::Bytes(bytes)),
        }
        bytes = rest;
    }
    Passing { len, parts }
}

fn change(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    if bytes.is_empty() {
        return;
    }
    let at = rng.random_range(0..bytes.len());
    let extremes = [0, 1, 0x7f, 0x80, 0xff];
    match rng.random_range(0..4) {
        0 => bytes[at] = rng.random(),
        1 => bytes[at] = extremes[rng.random_range(0..extremes.len())],
        2 => {
            let end = bytes.len().min(at + rng.random_range(1..9));
            bytes[at..end].fill(extremes[rng.random_range(0..extremes.len())]);
        }
        _ => {
            let end = bytes.len().min(at + rng.random_range(1..40));
            bytes.drain(at..end);
        }
    }
}

/// The machine's work is bounded by the bytes, and a layout that is written out as code, as some are,
/// says what its program says.
fn check_work(message: &Message, passing: &Passing, layout: Programs) {
    let (reports, end) = report(layout.in_use, passing);
    let most = 8 * passing.len as u64 + 64;
    let count = reports.count;
    assert!(count <= most, "{message}: {count} reports of {} bytes", passing.len);
    let (by_program, its_end) = report(layout.plain, passing);
    assert_eq!(end, its_end, "{message}");
    assert_eq!(reports.all(), by_program.all(), "{message}: its code says other things");
    let (at_once, its_end) = report_at_once(layout.in_use, passing);
    assert_eq!(end, its_end, "{message}: at once");
    assert_eq!(reports.told(), at_once.told(), "{message}: at once it says other things");
}

/// The same of a message whose parts come in one segment.
fn report_at_once(program: &'static Program, passing: &Passing) -> (Reports, Result<(), Broken>) {
    let (mut chunks, mut offset) = (Vec::new(), 0);
    for part in &passing.parts {
        match part {
            Part::Bytes(bytes) => {
                chunks.push(Chunk { offset, bytes, frame_start: false });
                offset += u32::try_from(bytes.len()).expect("a length");
            }
            Part::Missing(_, len) => offset += u32::try_from(*len).expect("a length"),
        }
    }
    let mut machine = Machine::new(program, u32::try_from(passing.len).expect("a length"));
    let mut reports = Reports::default();
    machine.feed(Pieces::shown_by(offset, &chunks).expect("chunks in order"), &mut reports);
    let end = machine.end(&mut reports);
    (reports, end)
}

fn report(program: &'static Program, passing: &Passing) -> (Reports, Result<(), Broken>) {
    let mut machine = Machine::new(program, u32::try_from(passing.len).expect("a length"));
    let mut reports = Reports::default();
    for part in &passing.parts {
        match part {
            Part::Bytes(bytes) => machine.feed(Pieces::of(bytes), &mut reports),
            Part::Missing(_, len) => machine.hole(*len, &mut reports),
        }
        (machine.may_go_on(), machine.is_whole()).hash(&mut reports.states);
    }
    let end = machine.end(&mut reports);
    (reports, end)
}

/// A layout's program, as the decoder uses it and with nothing written out as code.
#[derive(Clone, Copy)]
struct Programs {
    in_use: &'static Program,
    plain: &'static Program,
}

impl Programs {
    fn of(layout: decoded::Layout) -> Self {
        let (key, version, side) = layout;
        let in_use = program::find(ApiKey(key), side, version).expect("a known layout");
        let plain = decoded::compiled(layout, Meaning::FACTS);
        Self { in_use, plain }
    }
}

/// So is the memory for its facts, and what is searched while they are collected.
fn check_memory(message: &Message, passing: &Passing, decoder: &mut Decoder) {
    let len = u32::try_from(passing.len).expect("a length");
    let (api_key, version) = (ApiKey(message.api_key), message.version);
    let begin = decode::Message { api_key, side: message.side, version, len, wrapped: None };
    let facts = collect(&message.to_string(), begin, passing, decoder);
    decoder.recycle(Some(facts));
}

fn collect(
    message: &str,
    begin: decode::Message,
    passing: &Passing,
    decoder: &mut Decoder,
) -> Box<Facts> {
    let mut evictions = Evictions::default();
    let before = counts().made_bytes;
    let mut body = decoder.begin(begin);
    for part in &passing.parts {
        match part {
            Part::Bytes(bytes) => decoder.feed(&mut body, Pieces::of(bytes), &mut evictions),
            Part::Missing(hole, len) => decoder.miss(&mut body, *hole, *len, &mut evictions),
        }
    }
    let facts = decoder.end(body, &mut evictions);
    let made = counts().made_bytes - before;
    let most = AT_MOST.min(PER_BYTE * passing.len as u64 + FOR_ANY);
    assert!(made <= most, "{message}: {made} bytes allocated for {}", passing.len);
    let errors = facts.errors.iter().count();
    assert!(errors <= ERRORS_AT_MOST, "{message}: {errors} errors are told apart");
    decoder.names.take_learned();
    facts
}

fn mutations(total: u32) {
    let mut rng = StdRng::seed_from_u64(7);
    let mut decoder = Decoder::new(Names::new(1_000, 1_000));
    // Programs are made on first use.
    program::find(ApiKey::PRODUCE, Side::Request, 3).expect("a known layout");
    let each = total.div_ceil(PER_LAYOUT * LAYOUTS);
    let mut done = 0;
    let (mut last, mut programs) = (None, None);
    for message in messages(Plan { seed: 3, ..Plan::of_each(PER_LAYOUT) }).expect("the generator") {
        let message = message.expect("a message");
        let bytes = decoded::bytes(&message);
        let layout = (message.api_key, message.version, message.side);
        if last != Some(layout) {
            (last, programs) = (Some(layout), Some(Programs::of(layout)));
        }
        for _ in 0..each {
            let passing = mutate(&bytes, &mut rng);
            check_work(&message, &passing, programs.expect("those of the layout"));
            check_memory(&message, &passing, &mut decoder);
            done += 1;
        }
    }
    println!("{done} mutated messages");
    assert!(done >= total);
}

/// OffsetCommit v0 responses of a million partitions, whose codes are all that there are, in turn.
#[test]
fn error_codes_of_every_kind_cost_bounded_work_and_memory() {
    const PARTITIONS: u32 = 1_000_000;
    let mut bytes = [&[0, 0, 0, 1, 0, 1, b't'][..], &PARTITIONS.to_be_bytes()].concat();
    for partition in 0..PARTITIONS {
        bytes.extend(partition.to_be_bytes());
        bytes.extend((partition as i16).to_be_bytes());
    }
    let len = bytes.len();
    let (api_key, side, version) = (ApiKey::OFFSET_COMMIT, Side::Response, 0);
    let begin = decode::Message { api_key, side, version, len: len as u32, wrapped: None };
    let passing = Passing { len, parts: vec![Part::Bytes(bytes)] };
    let mut decoder = Decoder::new(Names::new(10, 10));
    let facts = collect("OffsetCommit v0", begin, &passing, &mut decoder);
    let told = facts.errors.iter().map(|error| error.count).sum::<u32>();
    let nones = PARTITIONS.div_ceil(1 << 16);
    assert_eq!((facts.undecoded, told + facts.errors.untold()), (None, PARTITIONS - nones));
}

#[test]
fn mutated_messages_cost_bounded_work_and_memory() {
    mutations(50_000);
}

#[test]
#[ignore = "the long form: a million"]
fn a_million_mutated_messages_cost_bounded_work_and_memory() {
    mutations(1_000_000);
}
