//! Exchanges with many record sets, in bytes: topics of many partitions, now and then one that is not like
//! nearly all.

use rand::rngs::StdRng;
use rand::{Rng, RngExt};

use crate::talk::record_set;
use crate::wire::{frame, string};

/// Produce or Fetch, in a version with tagged fields or in one without, and its answer.
pub fn many_sets(id: i32, rng: &mut StdRng) -> [Vec<u8>; 2] {
    sets_of(300, id, rng)
}

/// The same, of batches of fewer than `max_len` bytes of records.
pub fn sets_of(max_len: usize, id: i32, rng: &mut StdRng) -> [Vec<u8>; 2] {
    let flexible = rng.random();
    let mut body = Body { flexible, max_len, bytes: Vec::new() };
    if rng.random() {
        let version = if flexible { 9 } else { 3 };
        // No transactional id, acks, a timeout.
        let null: &[u8] = if flexible { &[0] } else { &[0xff, 0xff] };
        body.bytes.extend(null);
        body.zeros(2 + 4);
        body.topics(rng, Body::produced);
        [request(0, version, id, &body), frame(&[&id.to_be_bytes()[..], &[0; 9]].concat())]
    } else {
        let version = if flexible { 12 } else { 4 };
        body.zeros(if flexible { 1 + 4 + 2 + 4 } else { 4 });
        body.topics(rng, Body::fetched);
        let answer = frame(&[&id.to_be_bytes(), &body.bytes[..]].concat());
        let asked = Body { bytes: vec![0; 30], ..body };
        [request(1, version, id, &asked), answer]
    }
}

/// So many of these, one behind the other: all that is asked, and all that is answered.
pub fn in_a_row(count: i32, rng: &mut StdRng) -> [Vec<u8>; 2] {
    let mut row = [Vec::new(), Vec::new()];
    for id in 0..count {
        for (all, message) in row.iter_mut().zip(many_sets(id, rng)) {
            all.extend(message);
        }
    }
    row
}

fn request(key: i16, version: i16, id: i32, body: &Body) -> Vec<u8> {
    let tags: &[u8] = if body.flexible { &[0] } else { &[] };
    let head = [&key.to_be_bytes()[..], &version.to_be_bytes(), &id.to_be_bytes()].concat();
    frame(&[&head[..], &string("client"), tags, &body.bytes].concat())
}

/// A message, as it is put together.
struct Body {
    flexible: bool,
    max_len: usize,
    bytes: Vec<u8>,
}

impl Body {
    fn topics(&mut self, rng: &mut StdRng, partition: impl Fn(&mut Self, &mut StdRng)) {
        let topics = rng.random_range(0..4);
        self.count(topics);
        for _ in 0..topics {
            self.name(rng);
            let partitions = rng.random_range(0..9);
            self.count(partitions);
            for _ in 0..partitions {
                partition(self, rng);
                self.tags(rng);
            }
            self.tags(rng);
        }
        self.tags(rng);
    }

    /// A topic's name; now and then one that looks as if another partition of the topic before it came.
    fn name(&mut self, rng: &mut StdRng) {
        let mut name = b"orders".to_vec();
        if rng.random_range(0..4) == 0 {
            name = vec![0; 40];
            (name[27], name[33]) = (5, 5);
        }
        if self.flexible {
            self.bytes.push(name.len() as u8 + 1);
        } else {
            self.bytes.extend((name.len() as u16).to_be_bytes());
        }
        self.bytes.extend(name);
    }

    fn produced(&mut self, rng: &mut StdRng) {
        self.zeros(4);
        self.set(rng);
    }

    fn fetched(&mut self, rng: &mut StdRng) {
        self.zeros(4 + 2 + 8 + 8 + if self.flexible { 8 } else { 0 });
        let aborted = if rarely(rng) { rng.random_range(1..4) } else { 0 };
        self.count(aborted);
        for _ in 0..aborted {
            self.zeros(8 + 8);
            self.tags(rng);
        }
        self.zeros(if self.flexible { 4 } else { 0 });
        self.set(rng);
    }

    fn set(&mut self, rng: &mut StdRng) {
        if rarely(rng) {
            // None at all.
            return if self.flexible { self.zeros(1) } else { self.bytes.extend([0xff; 4]) };
        }
        let mut set = record_set(rng.random_range(1..9), rng.random_range(0..self.max_len));
        if rarely(rng) {
            set.extend(record_set(1, 10));
        }
        self.count(set.len());
        self.bytes.extend(set);
    }

    /// A length, or a count of elements.
    fn count(&mut self, n: usize) {
        if !self.flexible {
            return self.bytes.extend((n as u32).to_be_bytes());
        }
        let mut n = n + 1;
        while n >= 0x80 {
            self.bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }

    fn tags(&mut self, rng: &mut StdRng) {
        if self.flexible && rarely(rng) {
            self.bytes.extend([1, 0, 2, 7, 7]);
        } else if self.flexible {
            self.zeros(1);
        }
    }

    fn zeros(&mut self, n: usize) {
        self.bytes.resize(self.bytes.len() + n, 0);
    }
}

fn rarely(rng: &mut impl Rng) -> bool {
    rng.random_range(0..20) == 0
}
