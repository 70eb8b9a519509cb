//! What BPF programs have cost: the process that holds them in; their run time, as the kernel
//! counts it while it is told to, out.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

const SWITCH: &str = "/proc/sys/kernel/bpf_stats_enabled";

/// The kernel counts the programs' run time; dropping this leaves it as it was before.
#[derive(Debug)]
pub struct Counting {
    before: String,
}

impl Counting {
    /// Makes it count.
    pub fn start() -> Result<Self> {
        let before = fs::read_to_string(SWITCH).with_context(|| format!("no {SWITCH}"))?;
        fs::write(SWITCH, "1").with_context(|| format!("cannot write {SWITCH}"))?;
        Ok(Self { before })
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        // It could be written before.
        let _ = fs::write(SWITCH, self.before.trim());
    }
}

/// Run time of all programs that the process holds.
pub fn run_time(pid: u32) -> Result<Duration> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fdinfo"))?;
    let texts = descriptors.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
    // A program may be held by several descriptors.
    let programs: BTreeMap<u64, u64> = texts.filter_map(|text| program(&text)).collect();
    Ok(Duration::from_nanos(programs.values().sum()))
}

/// Id and run time in nanoseconds of the program that the descriptor is of, if it is of one.
fn program(fdinfo: &str) -> Option<(u64, u64)> {
    Some((number(fdinfo, "prog_id")?, number(fdinfo, "run_time_ns")?))
}

fn number(fdinfo: &str, name: &str) -> Option<u64> {
    let line = fdinfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_have_a_run_time() {
        let of_program = "pos:\t0\nprog_type:\t3\nprog_id:\t41\nrun_time_ns:\t1234\nrun_cnt:\t5\n";
        assert_eq!(program(of_program), Some((41, 1234)));
        let of_link = "pos:\t0\nlink_type:\ttcx\nlink_id:\t3\nprog_tag:\tabc\nprog_id:\t41\n";
        assert_eq!(program(of_link), None);
        assert_eq!(program("pos:\t0\n"), None);
    }
}
