//! The validator of Kubernetes manifests: a machine in, kubernetes-validate in an environment of its
//! own out. It brings the schemas, so that validating needs no network.

use std::path::PathBuf;

use anyhow::Result;

use super::{Machine, venv};
use crate::paths;

/// The newest version of Kubernetes whose schemas it brings is its own version.
const PINNED: &str = "kubernetes-validate==1.37.0";

/// Where the validator is, once it has been set up.
pub fn manifest_validator() -> PathBuf {
    folder().join("bin/kubernetes-validate")
}

/// Its version, if it runs.
pub(super) fn find(machine: &Machine) -> Option<String> {
    venv::is_at_home(machine, &folder()).then_some(())?;
    let version = machine.first_line(manifest_validator().to_str()?, &["--version"])?;
    PINNED.ends_with(&version).then(|| format!("kubernetes-validate {version}"))
}

/// Makes the environment and installs into it.
pub(super) fn install(machine: &Machine) -> Result<()> {
    venv::make(machine, &folder(), &[PINNED])
}

fn folder() -> PathBuf {
    paths::target().join("kubernetes-validate")
}
