//! The kernel's hooks by number: an interface, and a direction through it.

use crate::owner::Hook;

/// The hook of an interface where packets leave the host, or enter it.
#[inline(always)]
pub const fn hook(ifindex: u32, egress: bool) -> Hook {
    Hook((ifindex as u64) << 1 | egress as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_have_numbers_of_their_own() {
        let hooks = [hook(1, false), hook(1, true), hook(2, false), hook(u32::MAX, true)];
        for (i, a) in hooks.iter().enumerate() {
            assert!(hooks.iter().skip(i + 1).all(|b| a != b));
        }
    }
}
