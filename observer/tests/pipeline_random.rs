//! Random conversations over a random wire, against what really passed: no false request, no false
//! pair, both ledgers exact, and nothing missing where nothing was lost.

mod script;

use std::collections::HashMap;

use observer::event::{Event, Outcome};
use observer::input::TcpFlags;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use script::{From, Script, produce, produced, request, response};

/// What really passed: response size by correlation id (`None`: acks=0).
type Truth = HashMap<i32, (usize, Option<usize>)>;

struct Wire {
    rng: StdRng,
    /// Percent of segments that the observer does not see, is shown twice, or late.
    loss: u32,
    duplicates: u32,
}

impl Wire {
    /// Sends bytes in segments of random size.
    fn send(&mut self, script: &mut Script, seen: &mut Seen, from: From, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let max = if self.rng.random_ratio(1, 4) { 20 } else { 1448 };
            let size = self.rng.random_range(1..=max).min(rest.len());
            let (segment, after) = rest.split_at(size);
            rest = after;
            if self.rng.random_ratio(self.loss, 100) {
                script.unseen(from, segment);
                continue;
            }
            Self::show(script, seen, from, segment);
            if self.rng.random_ratio(self.duplicates, 100) {
                script.rewind(from, segment.len() as u32);
                Self::show(script, seen, from, segment);
            }
        }
    }

    fn show(script: &mut Script, seen: &mut Seen, from: From, segment: &[u8]) {
        script.observe(from, TcpFlags::ACK, segment, &mut |event: Event<'_>| seen.take(&event));
    }

    fn exchange(&mut self, id: i32) -> (Vec<u8>, Option<Vec<u8>>) {
        let max = if self.rng.random_ratio(1, 10) { 40_000 } else { 300 };
        let size = self.rng.random_range(0..max);
        // Distinct sizes, whatever the answer is of, tell a false pair.
        let answer = 100 + id as usize;
        match self.rng.random_range(0..4) {
            0 => (request(16, 0, id, &[]), Some(listed(id, answer - 10))),
            1 => (produce(id, 1, size), Some(produced(id, answer - 14))),
            2 => (produce(id, 0, size), None),
            _ => {
                // Of a version that no table knows, so that any bytes will do.
                let mut body = vec![0; size];
                self.rng.fill(&mut body[..]);
                let answer = vec![if id % 2 == 0 { 0 } else { 0x31 }; answer];
                (request(3, 99, id, &body), Some(response(id, &answer)))
            }
        }
    }
}

/// The answer to ListGroups v0: a group with a name of so many bytes.
fn listed(id: i32, name: usize) -> Vec<u8> {
    let group = [&(name as u16).to_be_bytes()[..], &vec![b'g'; name], &[0; 2]].concat();
    response(id, &[&[0, 0, 0, 0, 0, 1][..], &group].concat())
}

/// What the pipeline said.
#[derive(Default)]
struct Seen {
    requests: Vec<(i32, usize)>,
    answered: HashMap<i32, usize>,
    ended: usize,
}

impl Seen {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Request(r) => {
                self.requests.push((r.header.correlation_id, r.bytes as usize + 4));
            }
            Event::Exchange(e) => {
                self.ended += 1;
                if e.outcome == Outcome::Answered {
                    let bytes = e.response_bytes.unwrap() as usize + 4;
                    let twice = self.answered.insert(e.header.correlation_id, bytes);
                    assert_eq!(twice, None, "answered twice");
                }
            }
            _ => {}
        }
    }
}

fn converse(
    wire: &mut Wire,
    script: &mut Script,
    seen: &mut Seen,
    ids: std::ops::Range<i32>,
) -> Truth {
    let mut truth = Truth::new();
    let mut ids = ids.peekable();
    while ids.peek().is_some() {
        let depth = wire.rng.random_range(1..=5);
        let batch: Vec<_> = ids.by_ref().take(depth).map(|id| (id, wire.exchange(id))).collect();
        let asked: Vec<u8> = batch.iter().flat_map(|(_, (asked, _))| asked.clone()).collect();
        wire.send(script, seen, From::Client, &asked);
        let together = wire.rng.random_bool(0.5);
        let mut answers = Vec::new();
        for (id, (asked, answer)) in batch {
            truth.insert(id, (asked.len(), answer.as_ref().map(Vec::len)));
            answers.extend(answer.unwrap_or_default());
            if !together {
                wire.send(script, seen, From::Broker, &std::mem::take(&mut answers));
            }
        }
        wire.send(script, seen, From::Broker, &answers);
    }
    truth
}

fn assert_true(seen: &Seen, truth: &Truth) {
    for (id, bytes) in &seen.requests {
        assert_eq!(truth.get(id).map(|t| t.0), Some(*bytes), "request {id}");
    }
    for (id, bytes) in &seen.answered {
        assert_eq!(truth.get(id).map(|t| t.1), Some(Some(*bytes)), "response {id}");
    }
}

fn run(seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let midstream = rng.random_bool(0.4);
    let loss = if rng.random_bool(0.5) { rng.random_range(1..30) } else { 0 };
    let duplicates = rng.random_range(0..10);
    let mut wire = Wire { rng, loss, duplicates };
    let mut script = if midstream { Script::new() } else { Script::new().open() };
    let mut heard = Seen::default();
    let mut truth = Truth::new();
    if midstream {
        let first = produce(0, 1, 30_000);
        let cut = wire.rng.random_range(0..first.len());
        script.unseen(From::Client, &first[..cut]);
        wire.send(&mut script, &mut heard, From::Client, &first[cut..]);
        wire.send(&mut script, &mut heard, From::Broker, &produced(0, 86));
        truth.insert(0, (first.len(), Some(108)));
    }
    truth.extend(converse(&mut wire, &mut script, &mut heard, 1..60));
    // The wire is quiet again: whatever was lost, the step must be found.
    wire.loss = 0;
    truth.extend(converse(&mut wire, &mut script, &mut heard, 60..120));
    script.finish_with(&mut |event: Event<'_>| heard.take(&event));
    assert_true(&heard, &truth);
    assert_eq!(heard.requests.len(), heard.ended, "each request ends once");
    let expected = |ids: std::ops::Range<i32>| {
        ids.filter(|id| truth[id].1.is_some() && !heard.answered.contains_key(id))
            .collect::<Vec<_>>()
    };
    if loss == 0 && !midstream {
        assert_eq!(expected(1..120), [0; 0], "all is answered where nothing is lost");
    }
    assert_eq!(expected(90..120), [0; 0], "in step again");
}

#[test]
fn random_conversations_are_seen_as_they_were() {
    let seeds = std::env::var("SEEDS").map_or(500, |n| n.parse().unwrap());
    let only = std::env::var("SEED").ok().map(|n| n.parse().unwrap());
    for seed in only.map_or(0..seeds, |seed: u64| seed..seed + 1) {
        let result = std::panic::catch_unwind(|| run(seed));
        assert!(result.is_ok(), "SEED={seed} fails");
    }
}
