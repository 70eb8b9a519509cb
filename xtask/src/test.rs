//! `cargo xtask test`: a checkout in; its rules and all its tests checked. What comes last is the
//! output of `cargo test`.

use std::process::exit;

use anyhow::{Result, bail};

use crate::build::cargo;
use crate::setup::{self, Purpose};
use crate::{privileges, tidy};

/// Every crate that the host builds, every test of it, even after one has failed.
const TEST: &[&str] =
    &["test", "--workspace", "--exclude", "observer-ebpf", "--all-features", "--no-fail-fast"];

/// Sets up and runs every test.
#[derive(clap::Args)]
pub struct Args {
    /// Leave out `cargo xtask tidy`.
    #[arg(long)]
    no_tidy: bool,
    /// Passed to the tests, such as a filter of names.
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Args {
    /// Runs them. Ends the process with a code of failure if a test fails.
    pub fn run(self) -> Result<()> {
        if let Err(lack) = privileges::capture() {
            println!("{lack}: the tests of live capture will fail, all others work");
        }
        setup::ensure(Purpose::Test)?;
        // What is untidy is said now and counts at the end: it does not keep the tests from running.
        let tidy = if self.no_tidy { Ok(()) } else { tidy::Args::default().run() };
        // Tests run the binaries: `cargo test` alone does not build those of other packages.
        if !cargo(&["build"])? {
            bail!("cargo build failed");
        }
        let mut arguments = TEST.to_vec();
        if !self.arguments.is_empty() {
            arguments.push("--");
            arguments.extend(self.arguments.iter().map(String::as_str));
        }
        if !cargo(&arguments)? {
            // Cargo has said which test failed; nothing of ours comes after that.
            exit(1);
        }
        tidy
    }
}
