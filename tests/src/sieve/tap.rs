//! A live capture in the background that keeps every segment, and how segments compare.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Mutex;

use observer::input::{Chunk, Flow, Input, Segment, Seq, Wants};
use observer::source::live::{Config, Counters};
use observer::time::Timestamp;
use observer_common::TcpFlags;

use super::Sieve;
use crate::running::Running;

/// A segment as a capture told it.
#[derive(Clone, Debug)]
pub struct Told {
    time: Option<Timestamp>,
    flow: Flow,
    seq: Seq,
    flags: TcpFlags,
    wire_len: u32,
    chunks: Vec<(u32, Vec<u8>)>,
}

/// Of each direction: the bytes told, `None` where they were left out; by their sequence numbers.
pub type Streams = BTreeMap<Flow, BTreeMap<u32, Option<u8>>>;

/// A running capture.
pub struct Tap(Running<Vec<Told>>);

impl Tap {
    /// Starts it.
    ///
    /// # Panics
    /// Where it does not start; it takes root.
    pub fn start(config: &Config) -> Self {
        Self(Running::start(config, |capture, stop, told: &Mutex<Vec<Told>>| {
            capture.run(stop, |input| {
                if let Input::Segment(segment) = input {
                    told.lock().unwrap().push(Told::of(&segment));
                }
            });
        }))
    }

    /// Whether both ends of so many connections have closed.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn has_closed(&self, connections: usize) -> bool {
        self.look(|told| {
            let ends = told.iter().filter(|told| told.flags.has(TcpFlags::FIN));
            ends.map(|told| told.flow).collect::<BTreeSet<_>>().len() >= 2 * connections
        })
    }

    /// Ends it: what it told, and what the kernel counted.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn finish(self) -> (Vec<Told>, Counters) {
        let handle = self.handle.clone();
        (self.0.finish(), handle.counters())
    }
}

impl Deref for Tap {
    type Target = Running<Vec<Told>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Told {
    fn of(segment: &Segment<'_>) -> Self {
        let Segment { time, flow, seq, flags, wire_len, chunks, .. } = *segment;
        let chunks = chunks.iter().map(|chunk| (chunk.offset, chunk.bytes.to_vec())).collect();
        Self { time, flow, seq, flags, wire_len, chunks }
    }

    /// Adds what follows, if that is of the same skb.
    fn join(&mut self, next: &Self) -> bool {
        let goes_on = self.time == next.time && self.seq.plus(self.wire_len) == next.seq;
        let is_joined = self.flow == next.flow && goes_on && self.wire_len > 0;
        if is_joined && let Some((_, bytes)) = self.chunks.first_mut() {
            bytes.extend(next.chunks.iter().flat_map(|(_, bytes)| bytes));
            self.wire_len += next.wire_len;
            self.flags.0 |= next.flags.0;
        }
        is_joined
    }

    /// Its ends' ports.
    pub fn ports(&self) -> [u16; 2] {
        [self.flow.src.port, self.flow.dst.port]
    }

    /// The bytes that were copied, each run of them behind a zero.
    pub fn bytes(&self) -> Vec<u8> {
        self.chunks.iter().flat_map(|(_, bytes)| [&[0], &bytes[..]].concat()).collect()
    }

    fn show(&self, show: impl FnOnce(&Segment<'_>)) {
        let chunk = |(offset, bytes): &'_ (u32, Vec<u8>)| (*offset, bytes.clone());
        let owned: Vec<_> = self.chunks.iter().map(chunk).collect();
        let chunks: Vec<_> = owned
            .iter()
            .map(|(offset, bytes)| Chunk { offset: *offset, bytes, frame_start: false })
            .collect();
        show(&Segment {
            time: None,
            flow: self.flow,
            seq: self.seq,
            ack: None,
            flags: self.flags,
            wire_len: self.wire_len,
            chunks: &chunks,
            wants: Wants::Nothing,
        });
    }
}

/// What the host's sieve makes of segments that are whole. As the kernel's it takes all that an skb holds
/// at once.
pub fn sieved(told: &[Told], sieve: &mut Sieve) -> Vec<Told> {
    let mut skbs: Vec<Told> = Vec::new();
    for next in told {
        if !skbs.last_mut().is_some_and(|last| last.join(next)) {
            skbs.push(next.clone());
        }
    }
    let mut all = Vec::new();
    for one in &skbs {
        one.show(|segment| sieve.segment(segment, |sieved| all.push(Told::of(&sieved))));
    }
    all
}

/// The bytes of each direction.
pub fn streams(told: &[Told]) -> Streams {
    let mut streams = Streams::new();
    for one in told {
        let stream = streams.entry(one.flow).or_default();
        for at in 0..one.wire_len {
            stream.entry(one.seq.plus(at).0).or_insert(None);
        }
        for (offset, bytes) in &one.chunks {
            for (at, byte) in (*offset..).zip(bytes) {
                stream.insert(one.seq.plus(at).0, Some(*byte));
            }
        }
    }
    streams
}
