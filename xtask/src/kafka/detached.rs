//! Brokers that outlive the command that started them: a folder in, with the process ids in it.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use super::Config;
use super::broker::{Plan, check_free, wait_until_ready};
use crate::process;

const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
/// The broker ends before the ZooKeeper it needs for that.
const NAMES: [&str; 2] = ["broker", "zookeeper"];

/// Starts a broker that runs until `stop`, and waits until it answers.
pub(super) fn start(config: &Config, dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let dir = dir.canonicalize()?;
    if NAMES.iter().any(|name| running(&dir, name).is_some()) {
        bail!("a broker already runs in {}", dir.display());
    }
    check_free(config)?;
    let plan = Plan::prepare(config, &dir)?;
    if let Some(command) = plan.zookeeper {
        launch(&dir, "zookeeper", command)?;
    }
    let pid = launch(&dir, "broker", plan.broker)?;
    let mut dead = || running(&dir, "broker").is_none();
    let ready = wait_until_ready(config, &dir, pid, &mut dead);
    if ready.is_err() {
        stop(&dir)?;
    }
    ready
}

/// Ends the broker of that folder; none running is fine.
pub(super) fn stop(dir: &Path) -> Result<()> {
    let dir = dir.canonicalize().with_context(|| format!("no folder {}", dir.display()))?;
    for name in NAMES {
        let Some(pid) = running(&dir, name) else { continue };
        process::send(pid, Signal::TERM)?;
        if !gone(&dir, name) {
            process::send(pid, Signal::KILL)?;
        }
        fs::remove_file(pid_file(&dir, name))?;
    }
    Ok(())
}

/// Starts a process that a terminal's Ctrl-C does not reach, and notes which one it is.
fn launch(dir: &Path, name: &str, mut command: Command) -> Result<u32> {
    let child = command.process_group(0).spawn().with_context(|| format!("cannot start {name}"))?;
    let started = process::started(child.id()).context("it ended at once")?;
    fs::write(pid_file(dir, name), format!("{} {started}", child.id()))?;
    Ok(child.id())
}

fn pid_file(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.pid"))
}

/// The process id, if that very process still runs: ids are used again, start times are not.
fn running(dir: &Path, name: &str) -> Option<u32> {
    let noted = fs::read_to_string(pid_file(dir, name)).ok()?;
    let (pid, started) = noted.split_once(' ')?;
    let (pid, started): (u32, u64) = (pid.parse().ok()?, started.parse().ok()?);
    (process::started(pid)? == started).then_some(pid)
}

fn gone(dir: &Path, name: &str) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if running(dir, name).is_none() {
            return true;
        }
        thread::sleep(POLL);
    }
    false
}
