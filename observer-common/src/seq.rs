//! TCP sequence numbers (RFC 9293, 3.4): 32 bits that wrap.

/// A TCP sequence number. Ordered only within half the number space, so it is compared through
/// [`Seq::since`], never with `<`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct Seq(pub u32);

impl Seq {
    /// This number, `n` bytes later.
    #[inline(always)]
    #[must_use]
    pub const fn plus(self, n: u32) -> Self {
        Self(self.0.wrapping_add(n))
    }

    /// Bytes from `earlier` to this one; negative when this one is the earlier.
    #[inline(always)]
    pub const fn since(self, earlier: Self) -> i32 {
        self.0.wrapping_sub(earlier.0) as i32
    }

    /// Whether this number comes after `other`.
    #[inline(always)]
    pub const fn is_after(self, other: Self) -> bool {
        self.since(other) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        let before = Seq(u32::MAX - 1);
        let after = before.plus(5);
        assert_eq!(after, Seq(3));
        assert_eq!(after.since(before), 5);
        assert_eq!(before.since(after), -5);
        assert!(after.is_after(before) && !before.is_after(after) && !after.is_after(after));
    }
}
