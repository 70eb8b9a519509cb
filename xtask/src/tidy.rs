//! `cargo xtask tidy`: whether the checkout keeps its own rules, said rule by rule.

mod findings;
mod lints;
mod mentions;
mod rooms;
mod rules;
mod source;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;

use crate::{paths, schema};

/// Checks format, lints, dependencies, the table of APIs and the design's invariants.
#[derive(Default, clap::Args)]
pub struct Args {
    /// Only these checks; all without any.
    checks: Vec<Check>,
}

/// One check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Check {
    /// rustfmt, in every crate.
    Format,
    /// Who may import what, who may read a clock, how long a file is.
    Invariants,
    /// The committed table of APIs is what the jars give.
    Schema,
    /// cargo-deny: licences, duplicate or unwanted crates, where they come from.
    Dependencies,
    /// Clippy, in every crate that the host builds.
    Lints,
}

impl Args {
    /// Runs the checks; every one of them, even after one has failed.
    pub fn run(self) -> Result<()> {
        let root = paths::root();
        let checks = if self.checks.is_empty() { Check::value_variants() } else { &self.checks };
        let failed: Vec<_> =
            checks.iter().filter(|check| !check.holds(root)).map(|check| check.name()).collect();
        ensure!(failed.is_empty(), "not tidy: {}", failed.join(", "));
        Ok(())
    }
}

impl Check {
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Runs the check, prints what it found.
    fn holds(self, root: &Path) -> bool {
        let name = self.name();
        let outcome = self.run(root);
        match &outcome {
            Ok(()) => println!("tidy: {name}: good"),
            Err(error) => println!("tidy: {name}: {error:#}"),
        }
        outcome.is_ok()
    }

    fn run(self, root: &Path) -> Result<()> {
        match self {
            Self::Format => cargo(root, &["fmt", "--all", "--check"]),
            Self::Invariants => invariants(root),
            Self::Schema => schema::run(root, true),
            Self::Dependencies => cargo(root, &["deny", "check", "bans", "licenses", "sources"]),
            Self::Lints => cargo(root, LINTS),
        }
    }
}

/// observer-ebpf builds for the BPF target only.
const LINTS: &[&str] = &[
    "clippy",
    "--quiet",
    "--workspace",
    "--exclude=observer-ebpf",
    "--all-targets",
    "--",
    "--deny=warnings",
];

fn cargo(root: &Path, arguments: &[&str]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let status = Command::new(cargo).args(arguments).current_dir(root).status();
    let status = status.context("cannot run cargo")?;
    ensure!(status.success(), "`cargo {}` failed ({status})", arguments.join(" "));
    Ok(())
}

fn invariants(root: &Path) -> Result<()> {
    let sources = source::load(root)?;
    let findings = rules::check(&sources);
    if findings.is_empty() {
        return Ok(());
    }
    for finding in &findings {
        println!("{finding}");
    }
    bail!("{} findings in {} files", findings.len(), sources.len())
}
