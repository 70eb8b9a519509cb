//! Random conversations whose data is full of small numbers, joined anywhere, with losses: nothing that
//! did not pass is said, and nearly all connections are found.

mod script;

use std::collections::VecDeque;

use observer::event::{Event, Outcome};
use observer::input::TcpFlags;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use script::{From, Script, prefixed, response};

const EXCHANGES: i32 = 40;

/// Numbers as binary data of programs has them.
fn data(rng: &mut StdRng, len: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while out.len() < len {
        match rng.random_range(0..8) {
            0 => out.extend(rng.random_range(0..64_u32).to_be_bytes()),
            1 => out.extend(rng.random_range(0..20_u16).to_be_bytes()),
            2 => out.extend([0; 8]),
            3 => out.extend(rng.random_range(0..200_u64).to_be_bytes()),
            4 => out.extend([0xff; 2]),
            5 => out.push(0),
            6 => out.extend(b"\0\x03app"),
            _ => out.extend(rng.random_range(0..4_u32).to_be_bytes()),
        }
    }
    out.truncate(len);
    out
}

fn request(key: i16, version: i16, id: i32, name: Option<&str>, body: &[u8]) -> Vec<u8> {
    let len = name.map_or(-1, |name| name.len() as i16);
    let head = [&key.to_be_bytes()[..], &version.to_be_bytes(), &id.to_be_bytes()].concat();
    let name = name.unwrap_or_default().as_bytes();
    prefixed(&[&head[..], &len.to_be_bytes(), name, body].concat())
}

/// A request and its answer.
fn exchange(rng: &mut StdRng, id: i32, name: Option<&str>) -> (Vec<u8>, Vec<u8>) {
    let records = rng.random_range(0..3000);
    let records = prefixed(&data(rng, records));
    let short = rng.random_range(1..40_u8);
    let text = [&[0, short][..], &vec![b'g'; short.into()]].concat();
    // One topic with one partition.
    let partition = b"\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\0";
    match rng.random_range(0..4) {
        0 => {
            let body = [&text[..], b"\0\0\0\x01\0\x01m"].concat();
            (request(12, 0, id, name, &body), response(id, &[0; 2]))
        }
        1 => {
            let groups = [&[0, 0, 0, 0, 0, 1][..], &text, &[0; 2]].concat();
            (request(16, 0, id, name, &[]), response(id, &groups))
        }
        2 => {
            let body = [&b"\xff\xff\0\x01\0\0\x75\x30"[..], partition, &records].concat();
            let answer = [&partition[..], &[0; 2], &[0; 8], &[0xff; 8], &[0; 12]].concat();
            (request(0, 7, id, name, &body), response(id, &answer))
        }
        _ => {
            let head = b"\xff\xff\xff\xff\0\0\x01\xf4\0\0\0\x01\x03\0\0\0\0";
            let body = [&head[..], partition, &[0; 8], &[0, 1, 0, 0]].concat();
            let answer = [&[0; 4][..], partition, &[0; 2], &[0; 16], &[0; 4], &records].concat();
            (request(1, 4, id, name, &body), response(id, &answer))
        }
    }
}

/// Correlation id, bytes of the request, and of its answer.
type Said = (i32, u32, Option<u32>);

fn note(event: &Event<'_>, said: &mut Vec<Said>) {
    if let Event::Exchange(e) = event {
        let answer = e.response_bytes.filter(|_| e.outcome == Outcome::Answered);
        said.push((e.header.correlation_id, e.request_bytes, answer));
    }
}

/// The bytes of both directions, of which some are not seen.
struct Wire {
    rng: StdRng,
    script: Script,
    said: Vec<Said>,
    max: usize,
    loss: u32,
    /// Bytes before the observer came.
    unseen: usize,
}

impl Wire {
    fn send(&mut self, from: From, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let full = self.rng.random_ratio(7, 10);
            let max = if full { self.max } else { self.rng.random_range(1..=self.max) };
            let (segment, behind) = rest.split_at(rest.len().min(max));
            rest = behind;
            let is_lost = self.rng.random_ratio(self.loss, 100);
            let hidden = if is_lost { segment.len() } else { self.unseen.min(segment.len()) };
            self.unseen -= self.unseen.min(segment.len());
            let (hidden, shown) = segment.split_at(hidden);
            self.script.unseen(from, hidden);
            if !shown.is_empty() {
                let said = &mut self.said;
                let note = &mut |event: Event<'_>| note(&event, said);
                self.script.observe(from, TcpFlags::ACK, shown, note);
            }
        }
    }
}

/// How many exchanges were found of one connection.
fn run(seed: u64) -> usize {
    let mut rng = StdRng::seed_from_u64(seed);
    let name = [None, Some(""), Some("app"), Some("app")][rng.random_range(0..4)];
    let (first, step) = [(0, 1), (1, 5), (0x0102_0304, 1)][rng.random_range(0..3)];
    let depth = rng.random_range(1..7);
    let max = [60, 200, 536, 1448, 32_000][rng.random_range(0..5)];
    let loss = if rng.random_bool(0.3) { rng.random_range(0..3) } else { 0 };
    let unseen = rng.random_range(0..6000);
    let mut wire = Wire { rng, script: Script::new(), said: Vec::new(), max, loss, unseen };
    let (mut truth, mut queue) = (Vec::new(), VecDeque::new());
    for n in 0..EXCHANGES {
        let id = first + n * step;
        let (asked, answer) = exchange(&mut wire.rng, id, name);
        truth.push((id, asked.len() as u32 - 4, answer.len() as u32 - 4));
        wire.send(From::Client, &asked);
        queue.push_back(answer);
        if queue.len() >= depth {
            wire.send(From::Broker, &queue.pop_front().unwrap());
        }
    }
    let Wire { mut script, mut said, .. } = wire;
    script.finish_with(&mut |event: Event<'_>| note(&event, &mut said));
    for (id, asked, answer) in &said {
        let is_true = |t: &(i32, u32, u32)| {
            t.0 == *id && t.1 == *asked && answer.is_none_or(|bytes| bytes == t.2)
        };
        assert!(truth.iter().any(is_true), "seed {seed}: {id} {asked} {answer:?} did not pass");
    }
    said.iter().filter(|(.., answer)| answer.is_some()).count()
}

#[test]
fn nothing_false_is_said_and_the_step_is_found() {
    let seeds = std::env::var("SEEDS").map_or(600, |n| n.parse().unwrap());
    let found: Vec<usize> = (0..seeds).map(run).collect();
    let unfound = found.iter().filter(|found| **found == 0).count();
    let all: usize = found.iter().sum();
    println!("{seeds} connections, {unfound} never in step, {all} exchanges found");
    assert!(unfound * 1000 <= found.len(), "{unfound} connections were never in step");
    assert!(all * 10 > found.len() * EXCHANGES as usize * 7, "{all} exchanges found");
}
