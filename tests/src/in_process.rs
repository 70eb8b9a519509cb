//! Replay and pipeline in the test's own process: a capture in, what the pipeline says out.

use std::io::Read;

use anyhow::{Result, bail};
use observer::decode::Undecoded;
use observer::event::{ClientSoftware, Event, Exchange, Malformed, Outcome, Request, Unmatched};
use observer::input::{Chunk, Flow, Input, Segment, Seq, TcpFlags, Wants};
use observer::ledger::Ledger;
use observer::pipeline::{Config, Pipeline};
use observer::ports::Ports;
use observer::source::replay::{self, Capture, Replay, Streamed};
use observer::time::Timestamp;
use rand::RngExt;

/// What the pipeline said of a capture.
#[derive(Debug, Default)]
pub struct Said {
    /// Requests whose frames ended.
    pub requests: Vec<Request>,
    /// Requests that ended, one way or another.
    pub exchanges: Vec<Exchange>,
    /// Libraries that clients named.
    pub software: Vec<ClientSoftware>,
    /// Responses that no request waited for.
    pub unmatched: Vec<Unmatched>,
    /// What was not what it should be.
    pub malformed: Vec<Malformed>,
    /// How often a direction found its frames again.
    pub resyncs: usize,
    /// Bytes by fate, at the end.
    pub ledger: Ledger,
}

/// Runs a capture of brokers on these ports through the pipeline.
///
/// # Panics
/// If the capture cannot be read.
pub fn run(capture: impl Read, ports: &Ports) -> Said {
    run_all([capture], ports)
}

/// Runs captures, one after the other, as one.
///
/// # Panics
/// If one cannot be read.
pub fn run_all(captures: impl IntoIterator<Item = impl Read>, ports: &Ports) -> Said {
    run_captures(captures.into_iter().map(Streamed), ports)
}

/// The same, of any.
///
/// # Panics
/// If one cannot be read.
pub fn run_captures(captures: impl IntoIterator<Item = impl Capture>, ports: &Ports) -> Said {
    let mut said = Said::default();
    let mut pipeline = Pipeline::new(Config::new(ports.clone()));
    let mut replay = Replay::new(replay::Config { ports: ports.clone() });
    for capture in captures {
        let mut handler = |event: Event<'_>| said.take(&event);
        replay
            .read("test", capture, &mut pipeline.intake(&mut handler))
            .expect("a capture that can be read");
    }
    pipeline.finish(Outcome::Open, &mut |event: Event<'_>| said.take(&event));
    said.ledger = *pipeline.ledger();
    said
}

/// A capture's segments, to be run in part.
#[derive(Clone, Debug, Default)]
pub struct Segments(Vec<Owned>);

#[derive(Clone, Debug)]
struct Owned {
    time: Option<Timestamp>,
    flow: Flow,
    seq: Seq,
    ack: Option<Seq>,
    flags: TcpFlags,
    bytes: Vec<u8>,
}

impl Segments {
    /// Reads a capture of whole packets.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn read(capture: impl Read, ports: &Ports) -> Self {
        let mut segments = Self::default();
        Replay::new(replay::Config { ports: ports.clone() })
            .read("test", Streamed(capture), &mut |input: Input<'_>| {
                segments.0.extend(Owned::of(&input));
            })
            .expect("a capture that can be read");
        segments
    }

    /// Shows each.
    pub fn each(&self, mut show: impl FnMut(&Segment<'_>)) {
        for owned in &self.0 {
            let chunk = Chunk { offset: 0, bytes: &owned.bytes, frame_start: false };
            let chunks = if owned.bytes.is_empty() { &[][..] } else { &[chunk] };
            if let Input::Segment(segment) = owned.input(chunks) {
                show(&segment);
            }
        }
    }

    /// The same bytes in segments of as many as `len` says.
    #[must_use]
    pub fn cut_up(&self, mut len: impl FnMut() -> usize) -> Self {
        let mut segments = Vec::new();
        for owned in &self.0 {
            let mut rest = owned.clone();
            loop {
                let here = len().clamp(1, rest.bytes.len().max(1)).min(rest.bytes.len());
                let behind = rest.without_first(here);
                rest.bytes.truncate(here);
                let is_last = behind.bytes.is_empty();
                if !is_last {
                    rest.flags.0 &= !TcpFlags::FIN.0;
                }
                segments.push(rest);
                if is_last {
                    break;
                }
                rest = behind;
                rest.flags.0 &= !TcpFlags::SYN.0;
            }
        }
        Self(segments)
    }

    /// The same, of which some come again together with the next, as one.
    #[must_use]
    pub fn joined(&self, rng: &mut impl RngExt) -> Self {
        let mut segments: Vec<Owned> = Vec::new();
        for owned in &self.0 {
            let before = segments.last().filter(|before| before.is_before(owned)).cloned();
            let joined = before.filter(|_| rng.random_range(0..30) == 0);
            segments.push(owned.clone());
            segments.extend(joined.map(|before| before.with(owned)));
        }
        Self(segments)
    }

    /// The same on a bad wire: so many in a hundred are lost, some come twice, some later.
    #[must_use]
    pub fn spoiled(&self, rng: &mut impl RngExt, lost: u32) -> Self {
        let mut segments: Vec<Owned> = Vec::new();
        for owned in &self.0 {
            match rng.random_range(0..100) {
                0..3 => segments.extend([owned.clone(), owned.clone()]),
                3..6 => {
                    let at = segments.len().saturating_sub(rng.random_range(0..4));
                    segments.insert(at, owned.clone());
                }
                fate if fate < 6 + lost && !owned.bytes.is_empty() => {}
                _ => segments.push(owned.clone()),
            }
        }
        Self(segments)
    }

    /// The same without one, and another once more at the end.
    #[must_use]
    pub fn lost_and_again(&self, lost: usize, again: usize) -> Self {
        let mut segments = self.0.clone();
        segments.remove(lost);
        segments.extend(self.0.get(again).cloned());
        Self(segments)
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// Runs them through a pipeline.
    pub fn run(&self, ports: &Ports) -> Said {
        let mut said = Said::default();
        let mut pipeline = Pipeline::new(Config::new(ports.clone()));
        for segment in &self.0 {
            let chunk = Chunk { offset: 0, bytes: &segment.bytes, frame_start: false };
            pipeline.input(&segment.input(&[chunk]), &mut |event: Event<'_>| said.take(&event));
        }
        pipeline.finish(Outcome::Open, &mut |event: Event<'_>| said.take(&event));
        said.ledger = *pipeline.ledger();
        said
    }

    /// Payload bytes.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|segment| segment.bytes.len()).sum()
    }

    /// When the first and the last of them passed.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.0.first()?.time?, self.0.last()?.time?))
    }

    /// What a capture holds that begins behind that many payload bytes, and ends after `count`
    /// segments.
    #[must_use]
    pub fn from(&self, mut bytes: usize, count: usize) -> Self {
        let mut before = 0;
        for segment in &self.0 {
            if bytes < segment.bytes.len() {
                break;
            }
            bytes -= segment.bytes.len();
            before += 1;
        }
        let mut left: Vec<_> = self.0.iter().skip(before).take(count).cloned().collect();
        if let Some(first) = left.first_mut() {
            *first = first.without_first(bytes);
        }
        Self(left)
    }
}

impl Owned {
    fn of(input: &Input<'_>) -> Option<Self> {
        let Input::Segment(Segment { time, flow, seq, ack, flags, chunks, .. }) = *input else {
            return None;
        };
        let bytes = chunks.first().map(|chunk| chunk.bytes.to_vec()).unwrap_or_default();
        Some(Self { time, flow, seq, ack, flags, bytes })
    }

    fn input<'a>(&self, chunks: &'a [Chunk<'a>]) -> Input<'a> {
        let Self { time, flow, seq, ack, flags, .. } = *self;
        let wire_len = self.bytes.len() as u32;
        let wants = Wants::Nothing;
        let (is_first, is_last) = (true, true);
        Input::Segment(Segment {
            time,
            flow,
            seq,
            ack,
            flags,
            wire_len,
            is_first,
            is_last,
            chunks,
            wants,
        })
    }

    /// Whether the other begins where this one, which has bytes, ends.
    fn is_before(&self, next: &Self) -> bool {
        let goes_on = self.seq.plus(self.bytes.len() as u32) == next.seq;
        self.flow == next.flow && goes_on && !self.bytes.is_empty() && !next.bytes.is_empty()
    }

    fn with(&self, next: &Self) -> Self {
        let bytes = [&self.bytes[..], &next.bytes].concat();
        Self { seq: self.seq, bytes, ..next.clone() }
    }

    fn without_first(&self, bytes: usize) -> Self {
        let seq = self.seq.plus(bytes as u32);
        Self { seq, bytes: self.bytes[bytes..].to_vec(), ..self.clone() }
    }
}

impl Said {
    /// How many answers end before their layout does. Fails if anything else was not understood, or
    /// if the end of such an answer has passed: a broker does not go on when the client has gone.
    pub fn check_understood(&self) -> Result<u64> {
        let mut cut_off = 0;
        for exchange in &self.exchanges {
            match exchange.undecoded() {
                None => {}
                Some(Undecoded::Cut) if exchange.duration.is_none() => cut_off += 1,
                Some(why) => bail!("{}: {exchange:?}", why.as_str()),
            }
        }
        Ok(cut_off)
    }

    /// Takes what the pipeline says.
    pub fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Request(request) => self.requests.push((*request).clone()),
            Event::Exchange(exchange) => self.exchanges.push((*exchange).clone()),
            Event::ClientSoftware { software, .. } => self.software.push((*software).clone()),
            Event::UnmatchedResponse { reason, .. } => self.unmatched.push(*reason),
            Event::Malformed { reason, .. } => self.malformed.push(*reason),
            Event::Resynchronised { .. } => self.resyncs += 1,
            _ => {}
        }
    }
}
