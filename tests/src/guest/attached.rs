//! What is attached to the loopback interface, and loaded into the kernel, by the kernel's own word
//! and that of `tc`.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{bpf, tcx};

/// How classifiers are attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As filters of a clsact qdisc.
    Clsact,
    /// By links, since 6.6.
    Tcx,
}

/// The first kernel with tcx.
const TCX: [u32; 2] = [6, 6];

impl How {
    /// As this kernel can do best.
    pub fn of_this_kernel() -> Result<Self> {
        let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
        Self::of(&release).context("a release begins with two numbers")
    }

    fn of(release: &str) -> Option<Self> {
        let mut numbers = release.split(|c: char| !c.is_ascii_digit());
        let mut number = || numbers.next()?.parse().ok();
        let version = [number()?, number()?];
        Some(if version >= TCX { Self::Tcx } else { Self::Clsact })
    }

    /// How many of our classifiers are attached in this way.
    pub fn count(self) -> Result<u32> {
        match self {
            Self::Tcx => Ok(tcx::attached("lo")),
            Self::Clsact => {
                let filters = filters()?;
                let ours = filters.lines().filter(|line| line.contains("kobs_egress"));
                Ok(ours.count() as u32)
            }
        }
    }
}

/// Nothing of ours, or anybody's: neither programs nor a place for filters.
pub fn is_nothing() -> Result<bool> {
    Ok(bpf::programs()? == 0 && filters()?.is_empty() && !qdiscs()?.contains("clsact"))
}

fn filters() -> Result<String> {
    // Without the qdisc, there is no such parent, which is an error of older kernels only.
    if qdiscs()?.contains("clsact") { tc("filter show dev lo egress") } else { Ok(String::new()) }
}

fn qdiscs() -> Result<String> {
    tc("qdisc show dev lo")
}

fn tc(arguments: &str) -> Result<String> {
    let output = Command::new("tc").args(arguments.split(' ')).output().context("no tc")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "tc {arguments}: {}", said.trim());
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tcx_is_there_since_6_6() {
        for (release, how) in [
            ("5.10.0-46-cloud-amd64", How::Clsact),
            ("6.1.0-56-cloud-amd64", How::Clsact),
            ("6.6.0", How::Tcx),
            ("6.12.95+deb12-cloud-amd64", How::Tcx),
            ("10.0", How::Tcx),
        ] {
            assert_eq!(How::of(release), Some(how), "{release}");
        }
        assert_eq!(How::of("next"), None);
    }
}
