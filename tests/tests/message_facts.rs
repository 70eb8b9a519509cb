//! What the observer tells of the messages that Kafka's own classes write: what they were filled with,
//! all of it; and where bytes are missing, nothing else.
//!
//! 20 of each layout; `cargo test -p tests --release --test message_facts -- --ignored` takes 200, and
//! leaves out bytes of all but the longest at every place.

use std::collections::BTreeSet;
use std::ops::Range;

use observer::decode::{Decoder, ErrorCounts, Facts, Message as Begin, Names, Undecoded};
use observer::event::Side;
use observer::protocol::api::ApiKey;
use observer::protocol::machine::Wrapped;
use observer::protocol::pieces::Pieces;
use observer::stream::Hole;
use observer::tables::Evictions;
use tests::messages::said::{self, Said, said, why_not_part};
use tests::messages::{Form, Message, Plan, decoded, messages};

const ENVELOPE: i16 = 58;

/// What a message says, but for some bytes.
fn facts(decoder: &mut Decoder, message: &Message, bytes: &[u8], missing: Range<usize>) -> Facts {
    let wrapped = message.wrapped.as_ref().filter(|_| message.side == Side::Response);
    let wrapped = wrapped.map(|wrapped| Wrapped {
        api_key: ApiKey(wrapped.message.api_key),
        api_version: wrapped.message.version,
    });
    let mut evictions = Evictions::default();
    let mut body = decoder.begin(Begin {
        api_key: ApiKey(message.api_key),
        side: message.side,
        version: message.version,
        len: bytes.len() as u32,
        wrapped,
    });
    decoder.feed(&mut body, Pieces::of(&bytes[..missing.start]), &mut evictions);
    if missing.end > bytes.len() {
        // Cut there.
        return *decoder.end(body, &mut evictions);
    }
    if !missing.is_empty() {
        decoder.miss(&mut body, Hole::Gap, missing.len() as u64, &mut evictions);
    }
    decoder.feed(&mut body, Pieces::of(&bytes[missing.end..]), &mut evictions);
    *decoder.end(body, &mut evictions)
}

fn every_layout(form: Form) {
    let mut decoder = Decoder::new(Names::new(10_000, 10_000));
    let mut layouts = BTreeSet::new();
    for message in messages(Plan::of_each(form.per_layout)).expect("the generator") {
        let message = message.expect("a message");
        layouts.insert((message.api_key, message.version, message.side == Side::Response));
        if !is_of_version_0(&message) {
            check(&mut decoder, &message, form);
        }
    }
    assert_eq!(layouts.len(), 736);
}

/// With this error a broker answers ApiVersions in version 0, whatever was asked (KIP-511); filled at
/// random, it stands in other versions too.
fn is_of_version_0(message: &Message) -> bool {
    let is_answer = message.api_key == 18 && message.side == Side::Response;
    is_answer && message.version > 0 && message.body.starts_with(&[0, 35])
}

fn check(decoder: &mut Decoder, message: &Message, form: Form) {
    let bytes = decoded::bytes(message);
    let end = bytes.len();
    let whole = facts(decoder, message, &bytes, end..end);
    check_whole(message, &whole);
    for cut in form.places(end) {
        let part = facts(decoder, message, &bytes, cut..end + 1);
        assert!(part.undecoded.is_some(), "{message}: cut at {cut} and whole");
        check_part(message, &part, &whole, &(cut..end + 1));
    }
    for begin in form.places(end) {
        let missing = begin..end.min(begin + 1 + begin % 61);
        let part = facts(decoder, message, &bytes, missing.clone());
        check_part(message, &part, &whole, &missing);
        let inside = part.forwarded.as_ref().and_then(|inside| inside.facts.undecoded);
        let is_clean = part.undecoded.is_none() && inside.is_none();
        let same = without_records(&part) == without_records(&whole);
        assert!(same || !is_clean, "{message} without {missing:?} is clean: {part:?}");
    }
}

fn check_part(message: &Message, part: &Facts, whole: &Facts, missing: &Range<usize>) {
    let too_much = why_not_part(part, whole);
    assert!(
        too_much.is_none(),
        "{message} without {missing:?}: {too_much:?}: {part:?}, of {whole:?}"
    );
}

/// Facts that do not depend on what is inside record sets.
fn without_records(facts: &Facts) -> Facts {
    let mut facts = Facts { codecs: [0; 8], ..facts.clone() };
    for partition in facts.partitions.iter_mut().filter(|partition| partition.bytes.is_some()) {
        partition.records = None;
    }
    facts
}

/// All that a message was filled with is told, and nothing else.
fn check_whole(message: &Message, facts: &Facts) {
    check_said(message, facts, &said(message));
    if let Some(wrapped) = &message.wrapped {
        let inner = &facts.forwarded.as_ref().expect("what the Envelope wraps").facts;
        check_said(&wrapped.message, inner, &said(&wrapped.message));
    }
}

fn check_said(message: &Message, facts: &Facts, said: &Said) {
    assert_eq!(said::errors(facts), said.errors, "{message}: errors");
    let pairs = facts.codecs.iter().zip(said.facts.codecs);
    let more: Option<Vec<u32>> = pairs.map(|(ours, theirs)| ours.checked_sub(theirs)).collect();
    let more = more.map(|more| more.iter().sum::<u32>());
    assert!(more.is_some_and(|more| more <= said.open_sets), "{message}: {:?}", facts.codecs);
    let told = Facts {
        errors: ErrorCounts::default(),
        undecoded: facts.undecoded.filter(|_| !is_of_no_message(message)),
        codecs: said.facts.codecs,
        forwarded: forwarded(message, facts),
        ..facts.clone()
    };
    assert!(told == said.facts, "{message}: told {told:?}, not {:?}", said.facts);
}

/// An Envelope that carries what is no message.
fn is_of_no_message(message: &Message) -> bool {
    message.api_key == ENVELOPE && message.wrapped.is_none()
}

/// What an Envelope carries; what it says is checked by itself, and no message is not checked.
fn forwarded(message: &Message, facts: &Facts) -> Option<Box<observer::decode::Forwarded>> {
    let forwarded = facts.forwarded.clone()?;
    if is_of_no_message(message) {
        assert_ne!(forwarded.facts.undecoded, Some(Undecoded::Gap));
        return None;
    }
    Some(Box::new(observer::decode::Forwarded { facts: Facts::default(), ..*forwarded }))
}

#[test]
fn every_layout_says_what_it_was_filled_with() {
    every_layout(Form::SHORT);
}

#[test]
#[ignore = "the long form: minutes"]
fn every_layout_says_what_it_was_filled_with_many_times() {
    every_layout(Form::LONG);
}
