//! The observer's command line: arguments in, what it printed out.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Runs the observer to its end.
pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Result<Output> {
    command()?.args(arguments).output().context("cannot run the observer")
}

/// Runs the observer to its end and takes what it printed; fails unless it ended well.
pub fn printed<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Result<Vec<u8>> {
    let output = run(arguments)?;
    if !output.status.success() {
        bail!("the observer: {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}

/// A command that runs the observer, which is built if that has not been done.
pub fn command() -> Result<Command> {
    static PATH: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PATH.get_or_init(|| build().map_err(|error| format!("{error:#}"))) {
        Ok(path) => Ok(Command::new(path)),
        Err(error) => bail!("{error}"),
    }
}

/// Where the binary is: what `KAFKA_OBSERVER_BIN` says, else what Cargo builds in the tests' profile.
fn build() -> Result<PathBuf> {
    if let Some(path) = env::var_os("KAFKA_OBSERVER_BIN") {
        return Ok(path.into());
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["build", "--package", "observer", "--bin", "kafka-observer"]);
    cargo.arg("--message-format=json-render-diagnostics");
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    if !cfg!(feature = "live") {
        cargo.arg("--no-default-features");
    }
    let output = cargo.output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!("cannot build the observer:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let messages = String::from_utf8(output.stdout)?;
    messages.lines().find_map(executable).context("cargo built no kafka-observer")
}

fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = PathBuf::from(message.get("executable")?.as_str()?);
    (path.file_name()? == "kafka-observer").then_some(path)
}
