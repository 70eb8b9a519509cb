//! Reassembly of one direction of a TCP connection. Segments, acknowledgments and the passing of time go
//! in; out come the direction's bytes in order, each with the packet that carried it, and in their places
//! the bytes left out on purpose and the bytes nobody saw.
//!
//! - `part`: a segment as a row of parts, each wholly present or wholly elided
//! - `held`: the parts that wait behind a hole
//! - `unseen`: the bytes passed over last, to tell a late copy from a second one
//! - `acks`: what the receiver has acknowledged, and whether the grace after it is over
//! - `holes`: when a hole is given up
//! - `direction`: what to do with each part of a segment
//!
//! Of bytes that come twice the first copy wins, also where it was elided and the second is not.
//! Every byte pushed is at any moment either delivered (present or elided), duplicate, discarded,
//! or held; [`Pushed`] and [`Direction::held`] tell which.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    forbid(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]

mod acks;
mod direction;
mod held;
mod holes;
mod part;
mod unseen;

use std::time::Duration;

pub use direction::Direction;
pub use held::PIECE_COST;

use observer_common::Seq;

use crate::ledger::GapReason;
use crate::time::Timestamp;

/// Furthest that a segment may begin beyond the next byte: the largest window there is (RFC 7323,
/// 2.3); a longer loss cannot be told from a new connection.
pub const MAX_AHEAD: u32 = 1 << 30;
/// Furthest that a segment may begin before the next byte. No sender has so much in flight, and
/// without a bound a new connection on an old 4-tuple would look like retransmissions for long.
pub const MAX_BEHIND: u32 = 1 << 26;
/// Longest believable segment, far above any skb.
pub const MAX_SEGMENT: u32 = 1 << 28;

/// Receives one direction's bytes in order.
pub trait Sink {
    /// Bytes that are present; never empty.
    fn data(&mut self, carrier: &Carrier, bytes: &[u8], edges: Edges);
    /// Bytes left out on purpose (snap length, sieve), by their length on the wire; never zero.
    fn elided(&mut self, carrier: &Carrier, len: u64, edges: Edges);
    /// Bytes nobody saw; never zero.
    fn gap(&mut self, len: u64, reason: GapReason);
    /// The sequence numbers leapt further than any window or loss explains: what follows does not
    /// continue what came before (a 4-tuple used again, its SYN not seen).
    fn restart(&mut self);
}

/// Why bytes are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hole {
    /// Nobody saw them.
    Gap,
    /// They were left out on purpose.
    Elided,
}

/// The packet that carried bytes, and the place of the first of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carrier {
    /// When it passed, if it has a time.
    pub time: Option<Timestamp>,
    /// The first byte's sequence number.
    pub seq: Seq,
    /// Its sender had received everything before this number.
    pub ack: Option<Seq>,
}

impl Carrier {
    /// The same packet, of the bytes `n` further on.
    #[must_use]
    pub fn after(self, n: usize) -> Self {
        // Sequence numbers wrap, and so does this.
        let wrapped = u32::try_from(n as u64 & u64::from(u32::MAX)).unwrap_or_default();
        Self { seq: self.seq.plus(wrapped), ..self }
    }
}

/// Where a run of bytes begins and ends on the wire. A run cut out of a segment (because of an
/// overlap) keeps only those edges that are its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    /// The first byte is the first of its segment.
    pub segment_start: bool,
    /// The last byte is the last of its segment. Frames tend to end there.
    pub segment_end: bool,
    /// The source knows that a frame begins with the first byte.
    pub frame_start: bool,
}

/// How long and how much a direction waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory that one direction may hold, in bytes.
    pub direction_bytes: usize,
    /// How long a hole that nobody acknowledged is waited for, from when the bytes right behind it
    /// came.
    pub hole_timeout: Duration,
    /// How long bytes may still come after their acknowledgment (several queues) ...
    pub grace_time: Duration,
    /// ... or after how many further segments of the connection they are given up.
    pub grace_segments: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            direction_bytes: 4 << 20,
            hole_timeout: Duration::from_secs(2),
            grace_time: Duration::from_millis(1),
            grace_segments: 32,
        }
    }
}

/// Memory held by all directions together, against their common bound.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    used: usize,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self { limit, used: 0 }
    }

    /// Bytes in use: copies of payload, and what it costs to keep them in order.
    pub const fn used(&self) -> usize {
        self.used
    }

    const fn is_over(&self) -> bool {
        self.used > self.limit
    }

    const fn charge(&mut self, cost: usize) {
        self.used = self.used.saturating_add(cost);
    }

    const fn release(&mut self, cost: usize) {
        self.used = self.used.saturating_sub(cost);
    }
}

/// What became of a pushed segment's bytes, where they were neither delivered nor held. By their
/// length on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "these bytes have a fate to be counted"]
pub struct Pushed {
    /// Seen before.
    pub duplicate: u64,
    /// Never delivered, but too late: before the place where the direction began to be
    /// observed, or in the latest gap. Or of a segment that claims to be absurdly long.
    pub discarded: u64,
}
