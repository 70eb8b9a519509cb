//! What a process has in its memory.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use anyhow::{Context, Result};

/// All the bytes that it has written, or others in memory that it shares with them, as are the maps of kernel
/// programs.
pub fn of(pid: u32) -> Result<Vec<u8>> {
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    let maps = || fs::read_to_string(format!("/proc/{pid}/maps"));
    let mut all = Vec::new();
    for line in maps()?.lines() {
        let (from, to, access) =
            region(line).with_context(|| format!("a region of memory: {line}"))?;
        if !matches!(access.as_bytes(), [b'r', b'w', ..] | [b'r', .., b's']) {
            continue;
        }
        let at = all.len();
        all.resize(at + usize::try_from(to - from)?, 0);
        let read = memory.read_exact_at(&mut all[at..], from);
        // What is gone meanwhile need not be read.
        if read.is_err() && maps()?.lines().any(|now| now == line) {
            read.with_context(|| line.to_owned())?;
        }
    }
    Ok(all)
}

/// Where a region begins and ends, and what can be done there (proc_pid_maps(5)).
fn region(line: &str) -> Option<(u64, u64, &str)> {
    let mut words = line.split(' ');
    let (from, to) = words.next()?.split_once('-')?;
    let access = words.next()?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    Some((address(from)?, address(to)?, access))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_memory_is_found() {
        let text: Vec<u8> = b"needle".iter().cycle().take(6_000).copied().collect();
        let all = of(std::process::id()).unwrap();
        assert!(all.windows(text.len()).any(|window| window == text));
    }
}
