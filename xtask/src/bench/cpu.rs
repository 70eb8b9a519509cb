//! What a process has used: its id in; processor time and memory out, as /proc tells them
//! (proc_pid_stat(5), proc_pid_schedstat(5), proc_pid_status(5)).

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// A tick of /proc/PID/stat: USER_HZ is 100 on every machine that Kafka runs on.
const TICK: Duration = Duration::from_millis(10);

/// User and system time of all its threads so far, also of a process that has ended and was not
/// yet waited for.
pub fn time(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    let ticks = ticks(&stat.with_context(|| format!("no process {pid}"))?);
    let whole = TICK.saturating_mul(ticks.with_context(|| format!("/proc/{pid}/stat is odd"))?);
    // The first lags by up to a tick, the second knows no thread that has ended. Neither is ever
    // more than the truth.
    Ok(whole.max(threads(pid)))
}

/// The most memory it has had, in bytes.
pub fn peak_memory(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    kibibytes(&status).map(|kib| kib * 1024).with_context(|| format!("no VmHWM of {pid}"))
}

/// Nanoseconds on a processor of the threads that live.
fn threads(pid: u32) -> Duration {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Duration::ZERO };
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok())
        .filter_map(|text| on_processor(&text))
        .sum()
}

/// utime and stime, fields 14 and 15.
fn ticks(stat: &str) -> Option<u32> {
    // The second field, the name in parentheses, may hold anything.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let (user, system): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    user.checked_add(system)
}

fn on_processor(schedstat: &str) -> Option<Duration> {
    schedstat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn kibibytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 250 31 0 0 20 0 1 0 99";
        assert_eq!(ticks(stat), Some(281));
        assert_eq!(ticks("7 (short) S 1"), None);
    }

    #[test]
    fn other_files_are_read() {
        assert_eq!(
            on_processor("183500224 17335316 445\n"),
            Some(Duration::from_nanos(183_500_224))
        );
        assert_eq!(kibibytes("Name:\tx\nVmHWM:\t   5128 kB\n"), Some(5128));
    }

    #[test]
    fn a_busy_process_uses_time() {
        let pid = std::process::id();
        let before = time(pid).expect("this process");
        while time(pid).expect("this process") <= before {}
        assert!(peak_memory(pid).expect("this process") > 0);
    }
}
