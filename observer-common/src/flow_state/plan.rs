//! What there is to do with a segment.

use crate::Seq;
use crate::sieve::Arrival;

/// A segment of a direction, as far as matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first byte (past the SYN).
    pub seq: Seq,
    /// Payload bytes.
    pub len: u32,
    /// A SYN, with whether an acknowledgment came with it.
    pub syn: Option<bool>,
}

/// What is to be done with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Copy it as it is.
    Copy,
    /// Count it.
    Count,
    /// In step, and this is where the segment lies.
    Sieve(Arrival),
    /// Copy the bytes before this place, walk from there on.
    Resume(u32),
    /// Copy it; if a frame seems to begin with it, walk as well.
    Look,
    /// Copy it, and walk as well.
    Shadow(Arrival),
}
