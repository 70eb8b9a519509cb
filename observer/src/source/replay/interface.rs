//! A pcapng interface: its link type, and what its timestamps mean.

use super::link::LinkType;
use crate::time::Timestamp;

/// An interface description, as far as packets need it.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    /// What its packets begin with, where that is supported.
    pub link: Option<LinkType>,
    /// Bytes kept of a packet at most; 0 means all.
    pub snap_len: u32,
    /// What its timestamps mean.
    pub clock: Clock,
}

/// The meaning of an interface's timestamps.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    resolution: u8,
    offset_s: i64,
    /// A tick in nanoseconds, where that is all there is to it.
    tick_ns: Option<u64>,
}

const NS_PER_S: u32 = 1_000_000_000;
/// The resolution of a nanosecond.
const NANO: u8 = 9;

impl Clock {
    /// Of the option if_tsresol, a negative exponent, of 2 where the highest bit is set, else of 10;
    /// and of the option if_tsoffset, seconds to add.
    pub fn new(resolution: u8, offset_s: i64) -> Self {
        let finer = NANO.checked_sub(resolution).filter(|_| offset_s == 0);
        let tick_ns = finer.and_then(|finer| 10_u64.checked_pow(finer.into()));
        Self { resolution, offset_s, tick_ns }
    }

    /// The moment of a timestamp; the nearest that can be represented where it is out of range.
    #[inline]
    pub fn time(self, ticks: u64) -> Timestamp {
        match self.tick_ns.and_then(|ns| ticks.checked_mul(ns)) {
            Some(ns) => Timestamp(ns),
            None => self.any_time(ticks),
        }
    }

    /// The same, whatever the resolution, offset and size.
    #[inline(never)]
    fn any_time(self, ticks: u64) -> Timestamp {
        // At most 94 bits; a unit too small for 128 bits makes nothing of them.
        let scaled = u128::from(ticks).saturating_mul(NS_PER_S.into());
        let exponent = u32::from(self.resolution & 0x7f);
        let base: u128 = if self.resolution & 0x80 == 0 { 10 } else { 2 };
        let ns = base.checked_pow(exponent).map_or(0, |unit| scaled.checked_div(unit).unwrap_or(0));
        let offset = i128::from(self.offset_s).saturating_mul(NS_PER_S.into());
        let ns = i128::try_from(ns).unwrap_or(i128::MAX).saturating_add(offset);
        Timestamp(u64::try_from(ns.max(0)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_resolution_gives_nanoseconds() {
        let at = |resolution, offset_s, ticks| Clock::new(resolution, offset_s).time(ticks).0;
        assert_eq!(at(6, 0, 1_700_000_000_123_456), 1_700_000_000_123_456_000);
        assert_eq!(at(9, 0, 1_700_000_000_123_456_789), 1_700_000_000_123_456_789);
        assert_eq!(at(0, 0, 1_700_000_000), 1_700_000_000_000_000_000);
        assert_eq!(at(3, 1_700_000_000, 250), 1_700_000_000_250_000_000);
        assert_eq!(at(12, 0, 1_500_000_000_000), 1_500_000_000);
        assert_eq!(at(0x80, 0, 7), 7_000_000_000);
        assert_eq!(at(0x8a, 0, 1536), 1_500_000_000);
        assert_eq!(at(0xa0, 0, 3 << 31), 1_500_000_000);
        assert_eq!(at(6, -1, 1_500_000), 500_000_000);
    }

    #[test]
    fn what_is_out_of_range_is_held_at_its_end() {
        for resolution in 0..=255 {
            let at = |offset_s, ticks| Clock::new(resolution, offset_s).time(ticks).0;
            assert_eq!(at(i64::MIN, 0), 0);
            assert_eq!(at(-1, 0), 0);
            assert_eq!(at(i64::MAX, u64::MAX), u64::MAX);
        }
        assert_eq!(Clock::new(0, 0).time(u64::MAX).0, u64::MAX);
        assert_eq!(Clock::new(127, 0).time(u64::MAX).0, 0);
        assert_eq!(Clock::new(255, 0).time(u64::MAX).0, 0);
    }
    #[test]
    fn the_short_way_gives_the_same() {
        for resolution in 0..=255 {
            let clock = Clock::new(resolution, 0);
            for ticks in (0..64).map(|shift| u64::MAX >> shift) {
                assert_eq!(clock.time(ticks), clock.any_time(ticks));
            }
        }
    }
}
