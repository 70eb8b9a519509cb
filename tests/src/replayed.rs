//! Replays a capture that is in memory, and keeps what it yields.

use std::io::Read;

use observer::input::{Flow, Input, Segment};
use observer::ports::Ports;
use observer::source::replay::{Config, Error, Replay, Stats, Streamed};

use crate::capture_writer::{TcpSegment, flags};

/// A segment that a replay delivered, or should deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Nanoseconds since the Unix epoch, where the packet has a time.
    pub time_ns: Option<u64>,
    /// Sender and receiver.
    pub flow: Flow,
    /// First sequence number past the SYN.
    pub seq: u32,
    /// Acknowledgment number, where it is valid.
    pub ack: Option<u32>,
    /// TCP flags.
    pub flags: u8,
    /// Payload bytes on the wire.
    pub wire_len: u32,
    /// Those of them that are present, which are the first.
    pub bytes: Vec<u8>,
}

/// What a replay has to say.
#[derive(Debug)]
pub struct Replayed {
    /// Segments in order.
    pub seen: Vec<Seen>,
    /// Counts.
    pub stats: Stats,
    /// How it ended.
    pub result: Result<(), Error>,
}

/// Replays a capture with watched ports 9092 and 9093.
pub fn replay(capture: impl Read) -> Replayed {
    let ports = Ports::from_iter([9092..=9093]);
    let mut replay = Replay::new(Config { ports });
    let mut seen = Vec::new();
    let mut intake = |input: Input<'_>| seen.extend(Seen::of(&input));
    let result = replay.read("test", Streamed(capture), &mut intake);
    Replayed { seen, stats: replay.stats(), result }
}

impl Seen {
    /// The segment of an input, if it is one.
    ///
    /// # Panics
    /// If its chunks are not what a capture can give: one, at its start.
    pub fn of(input: &Input<'_>) -> Option<Self> {
        let Input::Segment(Segment { time, flow, seq, ack, flags, wire_len, chunks, .. }) = input
        else {
            return None;
        };
        let bytes = match chunks {
            [] => Vec::new(),
            [chunk] if chunk.offset == 0 && !chunk.frame_start => chunk.bytes.to_vec(),
            _ => panic!("not a capture's chunks: {chunks:?}"),
        };
        Some(Self {
            time_ns: time.map(|time| time.0),
            flow: *flow,
            seq: seq.0,
            ack: ack.map(|ack| ack.0),
            flags: flags.0,
            wire_len: *wire_len,
            bytes,
        })
    }
}

impl From<&TcpSegment> for Seen {
    /// What a replay should deliver for a segment that is whole.
    fn from(segment: &TcpSegment) -> Self {
        Self {
            time_ns: Some(segment.time_ns),
            flow: Flow { src: segment.src.into(), dst: segment.dst.into() },
            seq: segment.seq.wrapping_add(u32::from(segment.flags & flags::SYN != 0)),
            ack: (segment.flags & flags::ACK != 0).then_some(segment.ack),
            flags: segment.flags,
            wire_len: segment.payload.len() as u32,
            bytes: segment.payload.clone(),
        }
    }
}
