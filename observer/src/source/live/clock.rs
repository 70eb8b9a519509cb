//! From the kernel's monotonic clock to the times of inputs, and how far the wall clock is ahead.
//!
//! Both clocks run at the same rate, so their offset changes only when somebody sets the wall clock,
//! or when the host was suspended: CLOCK_MONOTONIC stands still then, as does everything that is
//! waited for. Times go by the offset that was found first, so that no timer sees a step.

use crate::time::{Timestamp, WallClock};

/// The offsets between the clocks, in nanoseconds to add to a monotonic time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// The first one found.
    first: i128,
    /// The one that holds now.
    offset: i128,
}

/// Two samples of the offset differ by less, unless somebody has set the wall clock.
const NOISE_NS: i128 = 100_000;
/// Samples to take the best of.
const SAMPLES: usize = 5;

impl Clock {
    /// Compares the clocks.
    pub fn new() -> Self {
        Self::with_offset(sample())
    }

    pub const fn with_offset(offset: i128) -> Self {
        Self { first: offset, offset }
    }

    /// Compares the clocks again; what to tell where the wall clock was set.
    pub fn resample(&mut self) -> Option<WallClock> {
        self.note(sample())
    }

    /// Takes a step of the offset over. Small differences are the comparison's own.
    fn note(&mut self, offset: i128) -> Option<WallClock> {
        if (offset - self.offset).abs() <= NOISE_NS {
            return None;
        }
        self.offset = offset;
        let ahead = i64::try_from(offset - self.first);
        Some(WallClock::ahead(ahead.unwrap_or_default()))
    }

    /// The time of inputs at a CLOCK_MONOTONIC time in nanoseconds.
    pub fn time(&self, monotonic_ns: u64) -> Timestamp {
        let ns = i128::from(monotonic_ns) + self.first;
        Timestamp(u64::try_from(ns.max(0)).unwrap_or(u64::MAX))
    }
}

/// CLOCK_MONOTONIC now, nanoseconds.
pub(super) fn monotonic_ns() -> u64 {
    u64::try_from(read(libc::CLOCK_MONOTONIC)).unwrap_or_default()
}

/// The offset as the quickest of some comparisons shows it.
fn sample() -> i128 {
    let compare = || {
        let before = read(libc::CLOCK_MONOTONIC);
        let wall = read(libc::CLOCK_REALTIME);
        let after = read(libc::CLOCK_MONOTONIC);
        (after - before, wall - i128::midpoint(before, after))
    };
    let best = (0..SAMPLES).map(|_| compare()).min_by_key(|(took, _)| *took);
    best.map_or(0, |(_, offset)| offset)
}

fn read(clock: libc::clockid_t) -> i128 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for the call. It cannot fail: Linux has both clocks.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_monotonic_time_becomes_the_wall_clocks() {
        let wall = Clock::new().time(monotonic_ns());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let apart = i128::from(wall.0) - i128::try_from(now.as_nanos()).unwrap();
        assert!(apart.abs() < 1_000_000_000, "{apart} ns apart");
    }

    #[test]
    fn noise_does_not_move_the_offset_and_a_step_does() {
        const HOUR: i64 = 3_600_000_000_000;
        let mut clock = Clock::with_offset(1_000_000);
        assert_eq!(clock.note(1_000_000 + NOISE_NS), None);
        for ahead in [HOUR, -HOUR, 0] {
            let stepped = clock.note(1_000_000 + i128::from(ahead));
            assert_eq!(stepped, Some(WallClock::ahead(ahead)));
            // No timer sees it.
            assert_eq!(clock.time(5), Timestamp(1_000_005));
            assert_eq!(clock.note(1_000_000 + i128::from(ahead) - NOISE_NS), None);
        }
    }

    #[test]
    fn a_set_wall_clock_is_told_once() {
        let mut clock = Clock::with_offset(sample() - 3_600_000_000_000);
        let told = clock.resample().unwrap();
        let apart = told.at(Timestamp(0)).0.abs_diff(3_600_000_000_000);
        assert!(apart < 1_000_000_000, "{apart} ns apart");
        assert_eq!(clock.resample(), None);
    }
}
