//! `cargo xtask build`: a profile in, the path of the `kafka-observer` binary out.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::paths;
use crate::setup::{self, Purpose};

/// Builds kafka-observer with live capture, after setting up what that needs.
#[derive(clap::Args)]
pub struct Args {
    /// Optimise: the binary that is meant to be used.
    #[arg(long)]
    release: bool,
}

impl Args {
    /// Builds, and prints where the binary is.
    pub fn run(self) -> Result<()> {
        setup::ensure(Purpose::Build)?;
        println!("{}", observer(self.release)?.display());
        Ok(())
    }
}

/// Builds kafka-observer and returns its path.
pub fn observer(release: bool) -> Result<PathBuf> {
    let mut arguments = vec!["build", "--package", "observer"];
    if release {
        arguments.push("--release");
    }
    ensure!(cargo(&arguments)?, "cargo build failed");
    let profile = if release { "release" } else { "debug" };
    Ok(paths::target().join(profile).join("kafka-observer"))
}

/// Runs cargo in the checkout, on our own output; whether it succeeded.
pub fn cargo(arguments: &[&str]) -> Result<bool> {
    let status = Command::new("cargo")
        .args(arguments)
        .current_dir(paths::root())
        .status()
        .context("cannot run cargo")?;
    Ok(status.success())
}
