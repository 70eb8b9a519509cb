//! The sieve on the host: of recorded connections, and of messages of every layout, cut up anyhow, the
//! pipeline says the same of what the sieve keeps as of all.

use std::collections::HashSet;
use std::fmt::Write;

use observer::decode::Undecoded;
use observer::event::{Exchange, Outcome};
use observer::ledger::Ledger;
use observer::ports::Ports;
use observer_common::sieve::ANSWERS;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::in_process::{Said, Segments};
use tests::many_sets::many_sets;
use tests::sieve::dialogue::{Dialogue, PORT, capture, conversation, dialogues};
use tests::sieve::{RECORDED, Sieve, is_marked, run};
use tests::talk::{fetch, produce, tokens};
use tests::wire::{heartbeat, heartbeat_answer};

const SEEDS: u64 = 40;
/// Of dialogues that are short.
const MANY_SEEDS: u64 = 4_000;
const PER_LAYOUT: u32 = 7;

#[test]
fn recorded_connections() {
    for capture in &RECORDED {
        hold(capture, SEEDS);
    }
}

/// Messages of every layout, written by Kafka's own classes.
#[test]
fn every_layout() {
    let mut dialogues = dialogues(PER_LAYOUT).expect("the generator");
    // Behind SaslHandshake v0 come tokens, not frames.
    dialogues.retain(|dialogue| dialogue.layout != (17, 0));
    let mut marked = HashSet::new();
    for Dialogue { layout, frames } in &dialogues {
        let mut talk = conversation();
        for (request, response) in frames {
            talk = talk.request(request).response(response);
            if is_marked(request) || is_marked(response) {
                marked.insert(*layout);
            }
        }
        println!("{layout:?}");
        hold(&capture(talk), 2);
    }
    assert_eq!(dialogues.len(), 736 / 2 - 1);
    // Of Produce, Fetch, ShareFetch and FetchSnapshot there are versions with data, which is not kept.
    for api_key in [0, 1, 59, 78] {
        assert!(marked.iter().any(|(key, _)| *key == api_key), "no data of API {api_key}");
    }
}

/// More fetches at once than answers are noted: of responses that may hold data, hardly more than the
/// header is kept. Ids that repeat change nothing.
#[test]
fn many_fetches_in_flight() {
    let dialogues = dialogues(PER_LAYOUT).expect("the generator");
    let fetch = dialogues.iter().find(|dialogue| dialogue.layout == (1, 12)).expect("of the table");
    let frames: Vec<_> = fetch.frames.iter().cycle().take(20).cloned().collect();
    for (ids, forgotten) in [(0..20, 4), (0..ANSWERS as u32, 0)] {
        for repeat in [false, true] {
            let numbered = |at: usize, (id, frame): (u32, &Vec<u8>)| {
                let id = if repeat { 7 } else { id };
                [&frame[..at], &id.to_be_bytes(), &frame[at + 4..]].concat()
            };
            let mut talk = conversation();
            for (id, (request, _)) in ids.clone().zip(&frames) {
                talk = talk.request(&numbered(8, (id, request)));
            }
            for (id, (_, response)) in ids.clone().zip(&frames) {
                talk = talk.response(&numbered(4, (id, response)));
            }
            let recorded = Segments::read(&capture(talk)[..], &Ports::from_iter([PORT..=PORT]));
            let ports = Ports::from_iter([PORT..=PORT]);
            let mut sieve = Sieve::default();
            let (whole, mut sieved) = (recorded.run(&ports), run(&recorded, &ports, &mut sieve));
            let unread = take_over_unread(&whole, &mut sieved);
            assert!(repeat || unread == forgotten, "{unread} responses were not read");
            assert_same(&whole, &sieved, &format!("repeat {repeat}"));
        }
    }
}

/// The request that ends raw tokens may be cut anywhere.
#[test]
fn tokens_and_the_request_behind_them() {
    let mut talk = conversation();
    for [request, response] in tokens() {
        talk = talk.request(&request).response(&response);
    }
    let ports = Ports::from_iter([PORT..=PORT]);
    let recorded = Segments::read(&capture(talk)[..], &ports);
    let whole = recorded.run(&ports);
    assert_eq!(whole.exchanges.len(), 2);
    for longest in 1..30 {
        let segments = recorded.cut_up(|| longest);
        let mut sieve = Sieve::default();
        let sieved = run(&segments, &ports, &mut sieve);
        assert_eq!(sieve.falls, []);
        assert_eq!(sieved.exchanges.len(), 2, "segments of {longest}");
        assert_eq!(sieved.exchanges[1].outcome, Outcome::Answered, "segments of {longest}");
    }
}

/// Joined in mid-stream, the sieve is in step as soon as it is told where a frame begins.
#[test]
fn in_mid_stream() {
    for capture in &RECORDED {
        let ports = Ports::from_iter([PORT..=PORT]);
        let recorded = Segments::read(*capture, &ports);
        let mut resumed = 0;
        for at in (1..recorded.bytes()).step_by(997) {
            let segments = recorded.from(at, usize::MAX);
            let mut sieve = Sieve::default();
            let (whole, sieved) = (segments.run(&ports), run(&segments, &ports, &mut sieve));
            assert_same(&whole, &sieved, &format!("from {at} on"));
            assert_eq!(whole.ledger.seen, sieved.ledger.seen + sieve.duplicate);
            resumed += sieve.resumes;
        }
        assert!(resumed > 0, "it never resumed");
    }
}

/// Orders come late, and the wire is never quiet: the sieve is in step again all the same.
#[test]
fn in_mid_stream_under_load() {
    let ports = Ports::from_iter([PORT..=PORT]);
    let mut talk = conversation();
    for id in 0..400 {
        talk = talk.request(&heartbeat(id, "client")).response(&heartbeat_answer(id));
    }
    let recorded = Segments::read(&capture(talk)[..], &ports);
    let segments = recorded.from(1_000, usize::MAX);
    let mut sieve = Sieve::default();
    sieve.delay = 20;
    let (whole, sieved) = (segments.run(&ports), run(&segments, &ports, &mut sieve));
    assert_same(&whole, &sieved, "joined");
    assert_eq!(sieve.resumes, 2, "both directions");
    assert!(sieve.copied < 64 * 2 * 60, "{} bytes were copied whole", sieve.copied);
}

/// Segments that are lost, late or come twice: nothing false is said, every byte has a fate, and the
/// sieve is in step again.
#[test]
fn a_bad_wire() {
    for (index, capture) in RECORDED.iter().enumerate() {
        let ports = Ports::from_iter([PORT..=PORT]);
        let recorded = Segments::read(*capture, &ports);
        let truth: HashSet<_> = recorded.run(&ports).exchanges.iter().map(identity).collect();
        let (mut falls, mut resumes) = (0, 0);
        for seed in 0..SEEDS {
            let mut rng = StdRng::seed_from_u64(seed << 8 | index as u64);
            let longest = [40, 1448, 16_000][rng.random_range(0..3)];
            let cut_up = recorded.cut_up(|| rng.random_range(1..=longest));
            let wire = cut_up.spoiled(&mut rng, 3);
            let mut sieve = Sieve::default();
            let said = run(&wire, &ports, &mut sieve);
            for exchange in said.exchanges.iter().filter(|e| e.outcome == Outcome::Answered) {
                assert!(truth.contains(&identity(exchange)), "seed {seed}: {exchange:?}");
            }
            let Ledger { seen, .. } = said.ledger;
            assert_eq!(wire.bytes() as u64, seen + sieve.duplicate + sieve.untold(), "seed {seed}");
            assert_eq!(said.ledger.accounted(), seen, "seed {seed}");
            falls += sieve.falls.len();
            resumes += sieve.resumes;
        }
        assert!(falls > 0 && resumes > 0, "{falls} falls, {resumes} resumes");
        println!("{falls} falls, {resumes} resumes");
    }
}

/// A wire that only doubles and reorders, and orders that come late: no byte is missed.
#[test]
fn a_wire_that_loses_nothing() {
    let ports = Ports::from_iter([PORT..=PORT]);
    let mut talk = conversation();
    for id in 0..40 {
        let [asked, answered] = if id % 2 == 0 { produce(id, 9_000) } else { fetch(id, 9_000) };
        talk = talk.request(&asked).response(&answered);
    }
    let recorded = Segments::read(&capture(talk)[..], &ports);
    let mut resumes = 0;
    for seed in 0..SEEDS {
        let mut rng = StdRng::seed_from_u64(seed);
        let wire = recorded.cut_up(|| 1_448).spoiled(&mut rng, 0);
        let mut sieve = Sieve::default();
        sieve.delay = rng.random_range(0..6);
        let (whole, sieved) = (wire.run(&ports), run(&wire, &ports, &mut sieve));
        assert_same(&whole, &sieved, &format!("seed {seed}"));
        // An acknowledgment may overtake what it acknowledges: the sieve waits no shorter for that.
        let [seen, told] = [&whole, &sieved].map(|said| said.ledger.gaps.iter().sum::<u64>());
        assert!(told <= seen, "seed {seed}: {told} bytes are missing, not {seen}");
        resumes += sieve.resumes;
    }
    assert!(resumes > 0);
}

/// What comes late, or again together with the next, may lie on both sides of a place to resume at.
#[test]
fn frames_of_many_sets_in_segments_that_come_again() {
    let ports = Ports::from_iter([PORT..=PORT]);
    let mut rng = StdRng::seed_from_u64(1);
    let mut talk = conversation();
    for id in 0..40 {
        let [asked, answered] = many_sets(id, &mut rng);
        talk = talk.request(&asked).response(&answered);
    }
    let recorded = Segments::read(&capture(talk)[..], &ports);
    let mut gapless = 0;
    for seed in 0..MANY_SEEDS {
        let mut rng = StdRng::seed_from_u64(seed);
        let wire = recorded.cut_up(|| 1_448).joined(&mut rng).spoiled(&mut rng, 0);
        let mut sieve = Sieve::default();
        sieve.delay = rng.random_range(0..6);
        let (whole, sieved) = (wire.run(&ports), run(&wire, &ports, &mut sieve));
        let [seen, told] = [&whole, &sieved].map(|said| said.ledger.gaps.iter().sum::<u64>());
        assert!(told <= seen, "seed {seed}: {told} bytes are missing, not {seen}");
        if seen == 0 {
            assert_same(&whole, &sieved, &format!("seed {seed}"));
            gapless += 1;
        }
    }
    assert!(gapless > MANY_SEEDS / 4, "{gapless} without a gap");
}

/// Of responses of which no more than the header was kept, takes over what the whole one said; returns
/// how many there are.
fn take_over_unread(whole: &Said, sieved: &mut Said) -> usize {
    let mut unread = 0;
    for (whole, sieved) in whole.exchanges.iter().zip(&mut sieved.exchanges) {
        let facts = sieved.response.as_ref();
        if facts.is_some_and(|facts| facts.undecoded == Some(Undecoded::Elided)) {
            sieved.response.clone_from(&whole.response);
            sieved.session.clone_from(&whole.session);
            unread += 1;
        }
    }
    unread
}

/// What must be true of an exchange whatever was missed.
fn identity(exchange: &Exchange) -> (i32, i16, u32, Option<u32>) {
    let Exchange { header, request_bytes, response_bytes, .. } = exchange;
    (header.correlation_id, header.api_key, *request_bytes, *response_bytes)
}

fn hold(capture: &[u8], seeds: u64) {
    let ports = Ports::from_iter([PORT..=PORT]);
    let recorded = Segments::read(capture, &ports);
    let mut kept = 1.0_f64;
    for seed in 0..seeds {
        let mut rng = StdRng::seed_from_u64(seed);
        let longest = [3, 12, 200, 3000, 70_000][rng.random_range(0..5)];
        let segments = recorded.cut_up(|| rng.random_range(1..=longest));
        let mut sieve = Sieve::default();
        sieve.window = rng.random_range(16..300);
        let (whole, sieved) = (segments.run(&ports), run(&segments, &ports, &mut sieve));
        assert_eq!((&sieve.falls[..], sieve.marked), (&[][..], 0), "seed {seed}");
        assert_same(&whole, &sieved, &format!("seed {seed}, segments up to {longest}"));
        assert_eq!(whole.ledger.seen, sieved.ledger.seen + sieve.duplicate, "seed {seed}");
        kept = kept.min(sieved.ledger.decoded as f64 / sieved.ledger.seen as f64);
    }
    println!("{:.2} % of the bytes are kept", 100.0 * kept);
}

fn assert_same(whole: &Said, sieved: &Said, when: &str) {
    let (whole, sieved) = (account(whole), account(sieved));
    for (whole, sieved) in whole.lines().zip(sieved.lines()) {
        assert_eq!(whole, sieved, "{when}");
    }
    assert_eq!(whole.lines().count(), sieved.lines().count(), "{when}");
}

/// All that was said, but how many bytes were copied, and who sent a request inside another that is
/// not known: of that the sieve keeps no more than what it is.
fn account(said: &Said) -> String {
    let mut account = String::new();
    for exchange in &said.exchanges {
        let mut exchange = exchange.clone();
        if let Some(inside) = exchange.request.as_mut().and_then(|facts| facts.forwarded.as_mut())
            && matches!(
                inside.facts.undecoded,
                Some(Undecoded::UnknownApi | Undecoded::UnknownVersion)
            )
        {
            inside.client_id = None;
        }
        writeln!(account, "{exchange:?}").expect("a string takes all");
    }
    write!(account, "{:?} {:?} {}", said.unmatched, said.malformed, said.resyncs)
        .expect("a string takes all");
    account
}
