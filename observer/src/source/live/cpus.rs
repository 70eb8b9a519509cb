//! How many numbers this host's CPUs have: what the programs keep for each is found by its number.

use std::{fs, io};

/// CPUs that there may be: ranges of numbers.
const POSSIBLE: &str = "/sys/devices/system/cpu/possible";

/// One more than the highest number of a CPU, of those that may come, too. Numbers may be left out before it.
pub(super) fn numbers() -> io::Result<u32> {
    let ranges = fs::read_to_string(POSSIBLE)?;
    numbers_of(&ranges).ok_or_else(|| io::Error::other(format!("{POSSIBLE} says {ranges:?}")))
}

fn numbers_of(ranges: &str) -> Option<u32> {
    let highest: u32 = ranges.trim_end().rsplit([',', '-']).next()?.parse().ok()?;
    highest.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_left_out() {
        assert_eq!(numbers_of("0\n"), Some(1));
        assert_eq!(numbers_of("0-127\n"), Some(128));
        assert_eq!(numbers_of("0,2-3,8\n"), Some(9));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for ranges in ["", "\n", "0-", "0-x", "0-4294967295"] {
            assert_eq!(numbers_of(ranges), None, "{ranges:?}");
        }
    }

    #[test]
    fn this_host_has_a_cpu() {
        assert!(numbers().unwrap() >= 1);
    }
}
