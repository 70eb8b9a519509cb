//! What sources feed the pipeline: the same values live and from a file.

use std::time::Duration;

pub use observer_common::record::{Chunk, Wants};
pub use observer_common::{Endpoint, Flow, Seq, TcpFlags};

use crate::time::{Timestamp, WallClock};

/// One thing that a source saw. Times never matter more than their order says: an input may be a
/// little older than the one before it (several CPUs, several interfaces).
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A TCP segment with at least one end on a watched port.
    Segment(Segment<'a>),
    /// A change in a local connection's life.
    Socket(SocketEvent),
    /// Time passed without anything to see.
    Tick(Timestamp),
    /// Somebody has set the wall clock.
    WallClock(WallClock),
}

impl Input<'_> {
    /// When it was seen, if it has a time.
    pub const fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Segment(segment) => segment.time,
            Self::Socket(event) => Some(event.time),
            Self::Tick(time) => Some(*time),
            Self::WallClock(_) => None,
        }
    }
}

/// Takes what a source saw.
pub trait Intake {
    /// Takes one thing, in the source's order.
    fn input(&mut self, input: Input<'_>);

    /// How many of the first bytes of a segment, or of what is left of it, need not be shown, where the rest
    /// may come in parts; `None` where it is to be shown as it was seen, as one without bytes is. What it
    /// shows is not looked at, and nothing is changed.
    fn unneeded(&mut self, _segment: &Segment<'_>) -> Option<u32> {
        None
    }
}

impl<F: FnMut(Input<'_>)> Intake for F {
    fn input(&mut self, input: Input<'_>) {
        self(input);
    }
}

/// A TCP segment (or skb), or a part of one.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// When it passed; some captures do not say.
    pub time: Option<Timestamp>,
    /// Sender and receiver.
    pub flow: Flow,
    /// Sequence number of the first payload byte that this value covers (past the SYN).
    pub seq: Seq,
    /// The sender has received everything before this number.
    pub ack: Option<Seq>,
    /// TCP flags.
    pub flags: TcpFlags,
    /// Payload bytes on the wire that this value covers.
    pub wire_len: u32,
    /// Its first byte is the packet's first; else more of the packet came before.
    pub is_first: bool,
    /// Its last byte is the packet's last; else more of the packet follows at once.
    pub is_last: bool,
    /// The bytes present, by offset, without overlap; what is missing was left out on purpose.
    pub chunks: &'a [Chunk<'a>],
    /// What the source would know of the direction's frames, to leave out data.
    pub wants: Wants,
}

/// A change in a local connection's life, as the kernel's sockops tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketEvent {
    /// When it happened.
    pub time: Timestamp,
    /// From the local end to the remote end.
    pub flow: Flow,
    /// What happened.
    pub change: SocketChange,
}

/// What happened to a local connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketChange {
    /// Established by the local end: it is the client.
    Connected,
    /// Established by the remote end: the local end is the broker.
    Accepted,
    /// A measurement now and then: smoothed round-trip time and retransmissions since the last.
    Measured {
        /// Smoothed round-trip time.
        rtt: Duration,
        /// Segments retransmitted since the last measurement.
        retransmits: u32,
    },
    /// Closed.
    Closed,
}
