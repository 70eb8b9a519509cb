//! A pcapng interface: its link type, and what its timestamps mean.

use crate::time::Timestamp;

/// An interface description, as far as packets need it.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    /// Number of the link type.
    pub link: u32,
    /// Bytes kept of a packet at most; 0 means all.
    pub snap_len: u32,
    /// What its timestamps mean.
    pub clock: Clock,
}

/// The meaning of an interface's timestamps.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Option if_tsresol: a negative exponent, of 2 where the highest bit is set, else of 10.
    pub resolution: u8,
    /// Option if_tsoffset: seconds to add.
    pub offset_s: i64,
}

const NS_PER_S: u32 = 1_000_000_000;

impl Clock {
    /// The moment of a timestamp; the nearest that can be represented where it is out of range.
    pub fn time(self, ticks: u64) -> Timestamp {
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
        let at = |resolution, offset_s, ticks| Clock { resolution, offset_s }.time(ticks).0;
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
            let at = |offset_s, ticks| Clock { resolution, offset_s }.time(ticks).0;
            assert_eq!(at(i64::MIN, 0), 0);
            assert_eq!(at(-1, 0), 0);
            assert_eq!(at(i64::MAX, u64::MAX), u64::MAX);
        }
        assert_eq!(Clock { resolution: 0, offset_s: 0 }.time(u64::MAX).0, u64::MAX);
        assert_eq!(Clock { resolution: 127, offset_s: 0 }.time(u64::MAX).0, 0);
        assert_eq!(Clock { resolution: 255, offset_s: 0 }.time(u64::MAX).0, 0);
    }
}
