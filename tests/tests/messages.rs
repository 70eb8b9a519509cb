//! The messages that Kafka's own classes write: every layout, in every mode.
//!
//! 20 of each layout; `cargo test -p tests --release --test messages -- --ignored` takes 200, and
//! cuts all but the longest at every byte.

use std::collections::{BTreeMap, BTreeSet};

use observer::event::Side;
use observer::protocol::program::Program;
use observer::protocol::table::APIS;
use tests::messages::decoded::{self, Decoded, Programs, Wanted};
use tests::messages::{Form, Line, Message, Mode, Plan, Value, messages};

/// What was seen of one layout.
#[derive(Default)]
struct Seen {
    messages: u32,
    modes: BTreeSet<Mode>,
}

/// API key, version, and whether it is the response.
type Layout = (i16, i16, bool);

fn every_layout(form: Form) {
    let mut seen: BTreeMap<Layout, Seen> = BTreeMap::new();
    let mut size = 0;
    let mut programs = Programs::default();
    for message in messages(Plan::of_each(form.per_layout)).expect("the generator") {
        let message = message.expect("a message");
        check_mode(&message);
        check_decoded(&message, &mut programs, form);
        size += message.body.len();
        let is_response = message.side == Side::Response;
        let seen = seen.entry((message.api_key, message.version, is_response)).or_default();
        seen.messages += 1;
        seen.modes.insert(message.mode);
    }
    println!("{} layouts, {size} bytes of bodies", seen.len());
    assert_eq!(seen.len(), 736);
    assert!(seen.keys().eq(&table()), "the layouts are not those of the table");
    for (layout, seen) in &seen {
        assert_eq!(seen.messages, form.per_layout, "{layout:?}");
        assert!(seen.modes.iter().eq(modes(*layout)), "{layout:?}: {:?}", seen.modes);
    }
}

/// The layouts that the observer's own table has.
fn table() -> BTreeSet<Layout> {
    let mut layouts = BTreeSet::new();
    for api in &APIS {
        for version in api.valid.iter().flat_map(|valid| valid.first..=valid.last) {
            layouts.extend([false, true].map(|is_response| (api.key.0, version, is_response)));
        }
    }
    layouts
}

fn modes((key, version, _): Layout) -> &'static [Mode] {
    let api = APIS.iter().find(|api| api.key.0 == key).expect("in the table");
    if api.flexible.contains(version) { &Mode::ALL } else { &Mode::INFLEXIBLE }
}

/// The observer's own decoder finds the same values, and no byte is left over.
fn check_decoded(message: &Message, programs: &mut Programs, form: Form) {
    if is_of_version_0(message) {
        return;
    }
    let bytes = decoded::bytes(message);
    let everything = programs.find(message, Wanted::Everything);
    let whole = decoded::decode(message, everything, bytes.len(), [&bytes[..]]);
    let expected = decoded::expected(&message.trace);
    let first = whole.trace.iter().zip(&expected).position(|(ours, theirs)| ours != theirs);
    let at = first.unwrap_or(whole.trace.len().min(expected.len()));
    assert!(
        whole.trace == expected,
        "{message}: value {at} is {:?}, not {:?}",
        whole.trace.get(at),
        expected.get(at)
    );
    assert!(whole.is_whole, "{message}: not decoded whole");
    let facts = programs.find(message, Wanted::Facts);
    check_facts(message, &decoded::decode(message, facts, bytes.len(), [&bytes[..]]), &expected);
    // Cut anywhere, it says what it says so far, and divided anywhere, the same.
    let bytewise = decoded::decode(message, facts, bytes.len(), bytes.chunks(1));
    let at_once = decoded::decode(message, facts, bytes.len(), [&bytes[..]]);
    assert!(bytewise.trace == at_once.trace && bytewise.is_whole, "{message}: byte by byte");
    for cut in form.places(bytes.len()) {
        let part = decoded::decode(message, facts, bytes.len(), [&bytes[..cut]]);
        assert!(!part.is_whole, "{message}: cut at {cut} and whole");
        assert!(at_once.trace.starts_with(&part.trace), "{message}: cut at {cut}");
    }
    check_holes(message, facts, &bytes, &at_once, form);
}

/// Where bytes are missing, what is told is still of the message, in its order.
fn check_holes(
    message: &Message,
    facts: &'static Program,
    bytes: &[u8],
    whole: &Decoded,
    form: Form,
) {
    for begin in form.places(bytes.len()).step_by(7) {
        let end = bytes.len().min(begin + 1 + begin % 61);
        let around = decoded::decode_around(message, facts, bytes, begin..end);
        let mut rest = whole.trace.iter();
        for fact in &around.trace {
            let is_there = rest.any(|line| line == fact);
            assert!(is_there, "{message}: {fact:?} without {begin}..{end}");
        }
    }
}

/// With this error a broker answers ApiVersions in version 0, whatever was asked (KIP-511); filled at
/// random, it stands in other versions too.
fn is_of_version_0(message: &Message) -> bool {
    let is_answer = message.api_key == 18 && message.side == Side::Response;
    is_answer && message.version > 0 && message.body.starts_with(&[0, 35])
}

/// Facts are values of the message; which of them must be told, `message_facts` knows.
fn check_facts(message: &Message, facts: &decoded::Decoded, everything: &[Line]) {
    assert!(facts.is_whole, "{message}: facts not decoded whole");
    let mut rest = everything.iter();
    for fact in &facts.trace {
        assert!(rest.any(|line| line == fact), "{message}: {fact:?} is not in the message");
    }
    if message.wrapped.is_some() {
        let (_, is_whole) = facts.wrapped.as_ref().expect("what the Envelope wraps");
        assert!(is_whole, "{message}: the wrapped message was not decoded whole");
    }
}

/// The trace has what the mode promises.
fn check_mode(message: &Message) {
    let holds: fn(&Line) -> bool = match message.mode {
        Mode::Empty => |line| is_empty(&line.value),
        Mode::Untagged => |line| !line.is_tagged,
        Mode::Maximal | Mode::Tagged | Mode::UnknownTags => |line| !is_null(&line.value),
        Mode::Random | Mode::Nulls => |_| true,
    };
    let broken = message.trace.iter().find(|line| !holds(line));
    assert!(broken.is_none(), "{message}: {broken:?}");
}

fn is_null(value: &Value) -> bool {
    matches!(
        value,
        Value::String(None)
            | Value::Bytes(None)
            | Value::Array(None)
            | Value::Records(None)
            | Value::Struct(false)
    )
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Int(number) => *number == 0,
        Value::Float(bits) => *bits == 0,
        Value::Uuid(id) => *id == [0; 16],
        Value::String(text) => text.as_ref().is_some_and(Vec::is_empty),
        Value::Bytes(number) | Value::Array(number) | Value::Records(number) => *number == Some(0),
        Value::Struct(is_there) => *is_there,
        Value::Batch(_) => false,
    }
}

#[test]
fn every_layout_comes_in_every_mode() {
    every_layout(Form::SHORT);
}

#[test]
#[ignore = "the long form: minutes"]
fn every_layout_comes_in_every_mode_many_times() {
    every_layout(Form::LONG);
}

#[test]
fn a_seed_gives_the_same_messages_however_few_are_wanted() {
    let fetches = Plan { api: Some(1), ..Plan::of_each(8) };
    let all: Vec<_> = messages(fetches).expect("the generator").map(Result::unwrap).collect();
    let one = Plan { version: Some(12), side: Some(Side::Response), ..fetches };
    let one: Vec<_> = messages(one).expect("the generator").map(Result::unwrap).collect();
    let is_one = |message: &&Message| message.version == 12 && message.side == Side::Response;
    assert!(one.len() == 8 && all.iter().filter(is_one).eq(&one));
    let others = Plan { seed: 2, version: Some(12), side: Some(Side::Response), ..fetches };
    let others = messages(others).expect("the generator").map(Result::unwrap);
    assert!(others.zip(&one).any(|(other, one)| other.body != one.body));
}

/// How much of a record set its batches of magic 2 make up; the codecs of these.
#[derive(Debug, Default)]
struct RecordSets {
    null: u32,
    empty: u32,
    /// All of it.
    whole: u32,
    /// All but the last, which is cut.
    cut: u32,
    /// None of it: messages of magic 0 or 1, or nothing but a cut batch.
    other: u32,
    codecs: BTreeSet<u8>,
}

impl RecordSets {
    fn take(&mut self, trace: &[Line]) {
        for (at, line) in trace.iter().enumerate() {
            let Value::Records(length) = line.value else { continue };
            let batches = trace[at + 1..].iter().map_while(|line| match line.value {
                Value::Batch(batch) => Some(batch),
                _ => None,
            });
            self.codecs.extend(batches.clone().map(|batch| batch.codec));
            match (length, batches.map(|batch| batch.length).sum::<u32>()) {
                (None, _) => self.null += 1,
                (Some(0), _) => self.empty += 1,
                (Some(_), 0) => self.other += 1,
                (Some(length), sum) if length == sum => self.whole += 1,
                (Some(_), _) => self.cut += 1,
            }
        }
    }
}

#[test]
fn record_sets_of_every_kind_come() {
    for (key, side) in [(0, Side::Request), (1, Side::Response)] {
        let mut seen: BTreeMap<i16, RecordSets> = BTreeMap::new();
        let plan =
            Plan { api: Some(key), side: Some(side), ..Plan::of_each(Form::SHORT.per_layout) };
        for message in messages(plan).expect("the generator").map(Result::unwrap) {
            seen.entry(message.version).or_default().take(&message.trace);
        }
        for (version, sets) in &seen {
            let RecordSets { null, empty, whole, cut, other, .. } = *sets;
            let least = [null, empty, whole, cut, other].into_iter().min();
            assert!(least > Some(0), "{key} v{version}: {sets:?}");
            assert!(sets.codecs.iter().copied().eq(0..=4), "{key} v{version}: {sets:?}");
        }
    }
}

#[test]
fn half_of_the_envelopes_wrap_a_message() {
    for side in [Side::Request, Side::Response] {
        let plan = Plan { api: Some(58), side: Some(side), ..Plan::of_each(Form::LONG.per_layout) };
        let all = messages(plan).expect("the generator").map(Result::unwrap);
        let wrapped: Vec<_> = all.filter_map(|message| message.wrapped).collect();
        assert!(wrapped.len() > 50, "{}", wrapped.len());
        assert!(wrapped.iter().all(|wrapped| wrapped.message.side == side));
        let apis: BTreeSet<_> = wrapped.iter().map(|wrapped| wrapped.message.api_key).collect();
        assert!(apis.len() > 10, "{apis:?}");
    }
}
