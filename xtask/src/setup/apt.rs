//! Debian's packages: names in, installed packages out, or a sentence that says how to get them.

use anyhow::{Result, bail};

use super::Machine;

/// Questions at install time would wait for ever.
const QUIET: &[(&str, &str)] = &[("DEBIAN_FRONTEND", "noninteractive")];
/// Another apt may hold the lock: wait for it, in seconds.
const WAIT: &str = "DPkg::Lock::Timeout=300";

/// Installs packages, all of them.
pub(super) fn install(machine: &Machine, packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if !machine.has("apt-get") {
        bail!("no apt-get here; install what Debian calls {list} with this system's package tool");
    }
    if !machine.root {
        bail!("needs root: apt-get install {list}");
    }
    refresh(machine)?;
    let mut arguments = vec!["-o", WAIT, "-q", "-y", "install", "--no-install-recommends"];
    arguments.extend(packages);
    machine.run_with("apt-get", &arguments, QUIET)
}

/// The first of these packages that Debian's lists know.
pub(super) fn first_known<'a>(machine: &Machine, packages: &[&'a str]) -> Option<&'a str> {
    if machine.root && refresh(machine).is_err() {
        return None;
    }
    packages.iter().copied().find(|package| {
        // Prints nothing for a name it does not know, and still succeeds.
        machine.first_line("apt-cache", &["policy", package]).is_some()
    })
}

/// Brings the lists of packages up to date, once in a run.
fn refresh(machine: &Machine) -> Result<()> {
    if !machine.refreshed.get() {
        machine.run_with("apt-get", &["-o", WAIT, "-q", "update"], QUIET)?;
        machine.refreshed.set(true);
    }
    Ok(())
}
