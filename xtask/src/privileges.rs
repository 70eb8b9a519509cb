//! Whether this process may capture live: nothing in, or what is lacking out.

use std::fs;

use anyhow::{Result, bail};

/// What attaching kernel programs takes, by `linux/capability.h`.
const NEEDED: [(&str, u32); 3] =
    [("CAP_NET_ADMIN", NET_ADMIN), ("CAP_PERFMON", 38), ("CAP_BPF", 39)];
const NET_ADMIN: u32 = 12;
/// Stands for the last two.
const SYS_ADMIN: u32 = 21;

/// Fails with one sentence if a capability is missing.
pub fn capture() -> Result<()> {
    let held = effective(&fs::read_to_string("/proc/self/status")?).unwrap_or(0);
    let missing = missing(held);
    if missing.is_empty() {
        return Ok(());
    }
    bail!("live capture needs root, or {}", missing.join(", "))
}

fn missing(held: u64) -> Vec<&'static str> {
    let has = |bit: u32| held & (1 << bit) != 0;
    let covered = |bit| has(bit) || (bit != NET_ADMIN && has(SYS_ADMIN));
    NEEDED.into_iter().filter(|&(_, bit)| !covered(bit)).map(|(name, _)| name).collect()
}

/// The effective set of `/proc/PID/status`.
fn effective(status: &str) -> Option<u64> {
    let digits = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(digits.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effective_set_decides() {
        assert_eq!(effective("Name:\tx\nCapEff:\t000001ffffffffff\n"), Some(0x1ff_ffff_ffff));
        assert!(missing(0x1ff_ffff_ffff).is_empty());
        assert_eq!(missing(0), ["CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF"]);
    }

    #[test]
    fn sys_admin_stands_for_bpf_but_not_for_the_network() {
        assert_eq!(missing(1 << SYS_ADMIN), ["CAP_NET_ADMIN"]);
        assert!(missing(1 << SYS_ADMIN | 1 << NET_ADMIN).is_empty());
    }
}
