//! `cargo xtask vm-test`: series of Linux in; for each whether kafka-observer works on Debian's
//! newest kernel of it, check by check, out. A machine is emulated, so no root is needed, and the
//! kernel that runs here does not matter.
//!
//! - `packages`: which package a series is
//! - `debian`: Debian's archive, apart from this machine's own packages
//! - `kernel`: a kernel, fetched once
//! - `cpio`, `initramfs`: what the emulated machine finds as its files
//! - `qemu`: the emulated machine, from its start to its end
//! - `console`: what its first process says; that is `tests/src/bin/guest.rs`

pub mod console;
mod cpio;
pub(crate) mod debian;
mod initramfs;
mod kernel;
mod packages;
mod program;
mod qemu;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::setup::{self, Purpose};
use crate::{build, paths};
use console::Verdict;
use kernel::Series;

/// Boots Debian's kernels in an emulator, and shows that kafka-observer works on them.
#[derive(clap::Args)]
pub struct Args {
    /// Only these series of Linux [default: all].
    #[arg(long = "kernel", value_name = "SERIES", value_delimiter = ',')]
    kernels: Vec<Series>,
}

impl Args {
    /// Tries every kernel, also after one has failed.
    pub fn run(self) -> Result<()> {
        ensure!(
            cfg!(target_arch = "x86_64"),
            "the kernels are for x86_64, and this machine is not"
        );
        setup::ensure(Purpose::VmTest)?;
        let programs = programs()?;
        let all = Series::value_variants();
        let wanted = if self.kernels.is_empty() { all } else { &self.kernels };
        let mut failed = Vec::new();
        for series in wanted {
            if let Err(error) = attempt(*series, &programs) {
                println!("vm-test: {series}: {error:#}");
                failed.push(series.to_string());
            }
        }
        ensure!(failed.is_empty(), "kafka-observer was not shown to work on {}", failed.join(", "));
        Ok(())
    }
}

/// Boots a kernel, and says what came of each check.
fn attempt(series: Series, programs: &[(&'static str, PathBuf)]) -> Result<()> {
    let kernel = kernel::fetch(series)?;
    println!("vm-test: {series}: {}", kernel.package);
    let (files, console) = (kernel.folder.join("initramfs"), kernel.folder.join("console"));
    initramfs::write(&files, programs, &kernel.modules)?;
    let ended = qemu::boot(&kernel.image, &files, &console)?;
    let said = fs::read(&console).context("no console")?;
    let verdict = Verdict::read(&String::from_utf8_lossy(&said));
    for line in verdict.lines() {
        println!("vm-test: {series}: {line}");
    }
    ensure!(ended, "it hung: see {}", console.display());
    ensure!(verdict.is_good(), "it failed: see {}", console.display());
    Ok(())
}

/// What runs in the emulated machine, by where it finds it.
fn programs() -> Result<Vec<(&'static str, PathBuf)>> {
    let arguments = ["build", "-p", "observer", "-p", "tests", "--bin", "kafka-observer", "--bin"];
    ensure!(build::cargo(&[&arguments[..], &["guest"]].concat())?, "cargo build failed");
    let built = paths::target().join("debug");
    let machine = setup::Machine::here();
    let found = |name: &str| machine.locate(name).with_context(|| format!("no {name}"));
    Ok(vec![
        ("init", built.join("guest")),
        (console::OBSERVER, built.join("kafka-observer")),
        ("bin/ip", found("ip")?),
        ("bin/tc", found("tc")?),
    ])
}
