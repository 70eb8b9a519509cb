//! Plain messages of every layout, written from its program.

use super::*;
use crate::event::Side;
use crate::input::Chunk;
use crate::protocol::api::ApiKey;
use crate::protocol::machine::{Batch, Machine, State};
use crate::protocol::program::{self, Op, Program};
use crate::protocol::schema::{LAYOUTS, Layout};

/// Elements of each array.
const COUNT: u32 = 2;
const TEXT: &[u8] = b"text";

struct Blind;

impl Visitor for Blind {}

/// Writes what the ops from this one on take, to the end of the element or message; returns the op
/// behind. Nothing is out of the ordinary.
fn write(program: &Program, mut at: usize, bytes: &mut Vec<u8>) -> usize {
    loop {
        match program.ops[at] {
            Op::End | Op::Next { .. } => return at + 1,
            Op::Skip(len) | Op::Fixed { len, .. } => bytes.extend(vec![0; len.into()]),
            Op::Bytes { length, .. } | Op::Pass(length) => put(bytes, length, TEXT),
            Op::Row { length, .. } => put(bytes, length, &[]),
            Op::Records { length, .. } => put(bytes, length, &one_batch()),
            Op::Tagged { .. } => bytes.push(0),
            Op::Array { length, end, .. } => {
                prefix(bytes, length, COUNT);
                for _ in 0..COUNT {
                    assert_eq!(write(program, at + 1, bytes), usize::from(end));
                }
                at = usize::from(end);
                continue;
            }
            op => panic!("{op:?} is not plain"),
        }
        at += 1;
    }
}

fn put(bytes: &mut Vec<u8>, length: Length, value: &[u8]) {
    prefix(bytes, length, value.len() as u32);
    bytes.extend(value);
}

fn prefix(bytes: &mut Vec<u8>, length: Length, value: u32) {
    match length {
        Length::Int16 => bytes.extend((value as u16).to_be_bytes()),
        Length::Int32 => bytes.extend(value.to_be_bytes()),
        Length::Compact => bytes.push(value as u8 + 1),
    }
}

fn one_batch() -> Vec<u8> {
    let mut batch = vec![0; 70];
    batch[8..12].copy_from_slice(&58_i32.to_be_bytes());
    batch[16] = 2;
    batch
}

/// What tells where a machine is; behind the end nobody asks for the op.
fn place_of(machine: &Machine) -> String {
    let Machine { mode, state, regions, skip, fixed_from, carry, .. } = machine;
    let at = (*state == State::Running).then_some(machine.at);
    format!("{at:?} {mode:?} {state:?} {regions:?} {skip} {fixed_from} {carry:?}")
}

#[test]
fn what_is_written_out_goes_to_the_end_and_stops_where_the_steps_do() {
    let busiest = [ApiKey::PRODUCE, ApiKey::FETCH, ApiKey::METADATA];
    let mut unrolled = 0;
    for layout in LAYOUTS.iter().filter(|layout| busiest.contains(&layout.api_key)) {
        for version in layout.versions.first..=layout.versions.last {
            let (api_key, side) = (layout.api_key, layout.side);
            let program = program::find(api_key, side, version).unwrap();
            let mut bytes = Vec::new();
            write(program, 0, &mut bytes);
            let len = u32::try_from(bytes.len()).unwrap();
            let mut whole = Begun::new(len, Pieces::of(&bytes));
            whole.read(program, &mut Blind);
            assert!(whole.is_whole(), "{api_key} {side:?} v{version}");
            for cut in 0..bytes.len() {
                let mut by_code = Machine::new(program, len);
                by_code.feed(Pieces::of(&bytes[..cut]), &mut Blind);
                let mut by_steps = Machine::new(program, len);
                by_steps.go_on(&bytes[..cut], &mut Pieces::default(), &mut Blind);
                let name = format!("{api_key} {side:?} v{version}, cut at {cut}");
                assert_eq!(place_of(&by_code), place_of(&by_steps), "{name}");
            }
            unrolled += 1;
        }
    }
    assert_eq!(unrolled, 94);
    let other = program::find(ApiKey::HEARTBEAT, Side::Request, 4).unwrap();
    let mut begun = Begun::new(9, Pieces::of(&[0; 9]));
    begun.read(other, &mut Blind);
    assert_eq!((begun.is_whole(), begun.cursor.left()), (false, 9));
}

/// Notes what is told.
#[derive(Default)]
struct Told(Vec<String>);

impl Visitor for Told {
    fn number(&mut self, place: Place, value: i64) {
        self.0.push(format!("{place:?} {value}"));
    }

    fn enter(&mut self, scope: Scope) {
        self.0.push(format!("enter {scope:?}"));
    }

    fn leave(&mut self, scope: Scope) {
        self.0.push(format!("leave {scope:?}"));
    }

    fn records(&mut self, place: Place, len: Option<u32>, is_walked: bool) {
        self.0.push(format!("{place:?} {len:?} {is_walked}"));
    }

    fn batch(&mut self, batch: &Batch) {
        self.0.push(format!("{batch:?}"));
    }

    fn cut_set(&mut self) {
        self.0.push("cut".into());
    }

    fn lost(&mut self, place: Place) {
        self.0.push(format!("lost {place:?}"));
    }
}

/// A message with a hole, shown by segments that end behind the hole, or behind the message.
fn with_hole(
    bytes: &[u8],
    (from, to): (usize, usize),
    at_once: bool,
) -> Vec<(u32, Vec<Chunk<'_>>)> {
    let chunk = |offset: usize, bytes| Chunk { offset: offset as u32, bytes, frame_start: false };
    let before = (from > 0).then(|| chunk(0, &bytes[..from]));
    let behind = |at| (to < bytes.len()).then(|| chunk(at, &bytes[to..]));
    if at_once {
        return vec![(bytes.len() as u32, before.into_iter().chain(behind(to)).collect())];
    }
    let rest = (bytes.len() - to) as u32;
    vec![(to as u32, before.into_iter().collect()), (rest, behind(0).into_iter().collect())]
}

/// The layouts of Produce and Fetch, each with a message.
fn with_sets() -> impl Iterator<Item = (&'static Layout, &'static Program, Vec<u8>)> {
    LAYOUTS.iter().filter(|layout| [0, 1].contains(&layout.api_key.0)).map(|layout| {
        let program = program::find(layout.api_key, layout.side, layout.versions.last).unwrap();
        let mut bytes = Vec::new();
        write(program, 0, &mut bytes);
        (layout, program, bytes)
    })
}

#[test]
fn a_hole_is_passed_over_as_the_steps_do() {
    for (layout, program, bytes) in with_sets() {
        let len = bytes.len();
        for from in 0..len {
            for to in [from + 1, from + 7, from + 43, from + 60, len].map(|to| to.min(len)) {
                let (mut steps, mut expected) =
                    (Machine::new(program, len as u32), Told::default());
                steps.has_begun = true;
                if from > 0 {
                    steps.go_on(&bytes[..from], &mut Pieces::default(), &mut expected);
                }
                if !steps.passes_over((to - from) as u64) {
                    steps.hole((to - from) as u64, &mut expected);
                }
                if to < len && steps.state == State::Running {
                    steps.go_on(&bytes[to..], &mut Pieces::default(), &mut expected);
                }
                let end = steps.end(&mut expected);
                for at_once in [false, true] {
                    let (mut machine, mut told) =
                        (Machine::new(program, len as u32), Told::default());
                    for (wire_len, chunks) in with_hole(&bytes, (from, to), at_once) {
                        let pieces = Pieces::shown_by(wire_len, &chunks).unwrap();
                        machine.feed(pieces, &mut told);
                    }
                    let name =
                        format!("{} {:?} {from}..{to} {at_once}", layout.api_key, layout.side);
                    assert_eq!(machine.end(&mut told), end, "{name}");
                    assert_eq!(told.0, expected.0, "{name}");
                    assert_eq!(place_of(&machine), place_of(&steps), "{name}");
                }
            }
        }
    }
}

#[test]
fn what_comes_in_parts_is_told_as_the_steps_do() {
    for (layout, program, bytes) in with_sets() {
        for first in 1..bytes.len() {
            for second in (first..=bytes.len()).step_by(5) {
                let new = || (Machine::new(program, bytes.len() as u32), Told::default());
                let ((mut machine, mut told), (mut steps, mut expected)) = (new(), new());
                for part in [&bytes[..first], &bytes[first..second]] {
                    machine.feed(Pieces::of(part), &mut told);
                    if steps.state == State::Running {
                        steps.go_on(part, &mut Pieces::default(), &mut expected);
                    }
                }
                let name = format!("{} {:?} {first} {second}", layout.api_key, layout.side);
                assert_eq!(told.0, expected.0, "{name}");
                assert_eq!(place_of(&machine), place_of(&steps), "{name}");
            }
        }
    }
}

/// A Produce request wrapped in another (KIP-590), whose own fields come behind it.
fn envelope(sets: &mut Vec<usize>) -> Vec<u8> {
    let produce = program::find(ApiKey::PRODUCE, Side::Request, 9).unwrap();
    let mut inner = vec![0, 0, 0, 9, 0, 0, 0, 7];
    write(produce, 0, &mut inner);
    let len = inner.len() + 1;
    // Behind no client id and no tagged fields.
    let mut bytes = vec![0xff, 0xff, 0, len as u8 | 0x80, (len >> 7) as u8];
    bytes.extend(&inner);
    let batch = one_batch();
    sets.extend((0..bytes.len()).filter(|&at| bytes[at..].starts_with(&batch)));
    bytes.extend([2, 9, 5, 127, 0, 0, 1, 0]);
    bytes
}

#[test]
fn what_is_left_out_of_a_request_in_another_is_passed_over() {
    let program = program::find(ApiKey(58), Side::Request, 0).unwrap();
    let mut sets = Vec::new();
    let bytes = envelope(&mut sets);
    assert_eq!(sets.len(), 4);
    for (from, to) in sets.into_iter().map(|set| (set + 27, set + 70)) {
        let (mut steps, mut expected) =
            (Machine::new(program, bytes.len() as u32), Told::default());
        steps.feed(Pieces::of(&bytes[..from]), &mut expected);
        steps.hole((to - from) as u64, &mut expected);
        steps.feed(Pieces::of(&bytes[to..]), &mut expected);
        assert_eq!(steps.end(&mut expected), Ok(()));
        for split in 0..=from {
            let (mut machine, mut told) =
                (Machine::new(program, bytes.len() as u32), Told::default());
            machine.feed(Pieces::of(&bytes[..split]), &mut told);
            let rest = &bytes[split..];
            for (wire_len, chunks) in with_hole(rest, (from - split, to - split), true) {
                machine.feed(Pieces::shown_by(wire_len, &chunks).unwrap(), &mut told);
            }
            assert_eq!(machine.end(&mut told), Ok(()), "{from} {split}");
            assert_eq!(told.0, expected.0, "{from} {split}");
        }
    }
}
