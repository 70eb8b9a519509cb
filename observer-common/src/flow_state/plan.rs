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

/// What [`Plan::numbers`] begin with.
pub(crate) mod number {
    pub(crate) const COPY: u32 = 0;
    pub(crate) const COUNT: u32 = 1;
    pub(crate) const LOOK: u32 = 2;
    pub(crate) const RESUME: u32 = 3;
    pub(crate) const GAP: u32 = 4;
    pub(crate) const PASSED: u32 = 5;
    pub(crate) const NEEDED: u32 = 6;
    /// Beside those of an arrival, that of a direction that is perhaps in step.
    pub(crate) const SHADOW: u32 = 8;
    pub(crate) const SHADOW_GAP: u32 = SHADOW | GAP;
    pub(crate) const SHADOW_PASSED: u32 = SHADOW | PASSED;
    pub(crate) const SHADOW_NEEDED: u32 = SHADOW | NEEDED;
}

impl Plan {
    /// Itself as numbers: what it is, where to walk from, bytes that came before. All have a value, as a
    /// verifier wants of what is passed on.
    #[inline(always)]
    pub const fn numbers(self) -> [u32; 3] {
        match self {
            Self::Copy => [number::COPY, 0, 0],
            Self::Count => [number::COUNT, 0, 0],
            Self::Look => [number::LOOK, 0, 0],
            Self::Resume(from) => [number::RESUME, from, 0],
            Self::Sieve(arrival) => Self::of_arrival(arrival, 0),
            Self::Shadow(arrival) => Self::of_arrival(arrival, number::SHADOW),
        }
    }

    #[inline(always)]
    const fn of_arrival(arrival: Arrival, beside: u32) -> [u32; 3] {
        match arrival {
            Arrival::Gap => [number::GAP | beside, 0, 0],
            Arrival::Passed { duplicate } => [number::PASSED | beside, 0, duplicate],
            Arrival::Needed { from, duplicate } => [number::NEEDED | beside, from, duplicate],
        }
    }
}
