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

/// The numbers of [`Plan::numbers`].
const COPY: u32 = 0;
const COUNT: u32 = 1;
const LOOK: u32 = 2;
const RESUME: u32 = 3;
const GAP: u32 = 4;
const PASSED: u32 = 5;
const NEEDED: u32 = 6;
/// Beside those of an arrival, that of a direction that is perhaps in step.
const SHADOW: u32 = 8;

impl Plan {
    /// Itself as numbers: what it is, where to walk from, bytes that came before.
    #[inline(always)]
    pub const fn numbers(self) -> [u32; 3] {
        match self {
            Self::Copy => [COPY, 0, 0],
            Self::Count => [COUNT, 0, 0],
            Self::Look => [LOOK, 0, 0],
            Self::Resume(from) => [RESUME, from, 0],
            Self::Sieve(arrival) => Self::of_arrival(arrival, 0),
            Self::Shadow(arrival) => Self::of_arrival(arrival, SHADOW),
        }
    }

    #[inline(always)]
    const fn of_arrival(arrival: Arrival, beside: u32) -> [u32; 3] {
        match arrival {
            Arrival::Gap => [GAP | beside, 0, 0],
            Arrival::Passed { duplicate } => [PASSED | beside, 0, duplicate],
            Arrival::Needed { from, duplicate } => [NEEDED | beside, from, duplicate],
        }
    }

    /// The plan of these numbers.
    #[inline(always)]
    pub const fn from_numbers([plan, from, duplicate]: [u32; 3]) -> Self {
        let arrival = match plan & !SHADOW {
            GAP => Arrival::Gap,
            PASSED => Arrival::Passed { duplicate },
            _ => Arrival::Needed { from, duplicate },
        };
        match plan {
            COPY => Self::Copy,
            COUNT => Self::Count,
            LOOK => Self::Look,
            RESUME => Self::Resume(from),
            _ if plan & SHADOW == 0 => Self::Sieve(arrival),
            _ => Self::Shadow(arrival),
        }
    }
}
