//! From the kernel's monotonic clock to wall-clock time.
//!
//! Both run at the same rate, so one offset serves until somebody sets the wall clock.

use crate::time::Timestamp;

/// The offset between the clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Nanoseconds to add to a monotonic time.
    offset: i128,
}

/// Two samples of the offset differ by less, unless somebody has set the wall clock.
const NOISE_NS: i128 = 100_000;
/// Samples to take the best of.
const SAMPLES: usize = 5;

impl Clock {
    /// Compares the clocks.
    pub fn new() -> Self {
        Self { offset: sample() }
    }

    #[cfg(test)]
    pub const fn with_offset(offset: i128) -> Self {
        Self { offset }
    }

    /// Compares the clocks again. Small differences are the comparison's own, and times that share
    /// an offset are exact among themselves: only a step is taken over.
    pub fn resample(&mut self) {
        let offset = sample();
        if (offset - self.offset).abs() > NOISE_NS {
            self.offset = offset;
        }
    }

    /// The wall-clock time of a CLOCK_MONOTONIC time in nanoseconds.
    pub fn wall(&self, monotonic_ns: u64) -> Timestamp {
        let ns = i128::from(monotonic_ns) + self.offset;
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
        let wall = Clock::new().wall(monotonic_ns());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let apart = i128::from(wall.0) - i128::try_from(now.as_nanos()).unwrap();
        assert!(apart.abs() < 1_000_000_000, "{apart} ns apart");
    }

    #[test]
    fn noise_does_not_move_the_offset_and_a_step_does() {
        let offset = sample();
        let mut steady = Clock::with_offset(offset + NOISE_NS / 2);
        steady.resample();
        assert_ne!(steady.offset, 0);
        assert!((steady.offset - offset).abs() <= NOISE_NS);
        let mut stepped = Clock::with_offset(offset - 3_600_000_000_000);
        stepped.resample();
        assert!((stepped.offset - offset).abs() <= NOISE_NS);
    }
}
