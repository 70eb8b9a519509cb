//! Time as a value: the pipeline never reads a clock, sources stamp what they saw.
//!
//! All times that a source tells are of one clock, which nobody sets while it runs: what is waited for
//! and what is measured goes by it. A person reads the wall clock, which may be set; how far it is
//! ahead is told beside the times, and added only to those that are shown.

use std::time::Duration;

/// A moment: nanoseconds since the Unix epoch, by the wall clock as it went when the source began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Time from `earlier` to this moment; zero where `earlier` is later.
    #[inline]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Time from `earlier` to this moment, if it is not before it.
    #[inline]
    pub fn checked_since(self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0).map(Duration::from_nanos)
    }

    /// This moment, `later` on.
    #[inline]
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(later.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// How far the wall clock is ahead of the times that a source tells: nothing, unless somebody set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct WallClock {
    ahead_ns: i64,
}

impl WallClock {
    /// One that is so many nanoseconds ahead.
    pub const fn ahead(ahead_ns: i64) -> Self {
        Self { ahead_ns }
    }

    /// What it shows at a moment.
    #[must_use]
    pub const fn at(self, time: Timestamp) -> Timestamp {
        Timestamp(time.0.saturating_add_signed(self.ahead_ns))
    }
}
