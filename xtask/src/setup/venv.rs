//! Environments of Python packages: a folder and pinned packages in, an environment that holds them
//! out.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Machine, apt};

/// Makes the environment anew and installs into it; `packages` are pip's arguments.
pub(super) fn make(machine: &Machine, folder: &Path, packages: &[&str]) -> Result<()> {
    if machine.first_line("python3", &["-m", "ensurepip", "--version"]).is_none() {
        apt::install(machine, &["python3-venv"])?;
    }
    let folder = folder.to_str().context("the build folder's name is no UTF-8")?;
    machine.run("python3", &["-m", "venv", "--clear", folder])?;
    let pip = format!("{folder}/bin/pip");
    machine.run(&pip, &[&["install", "--quiet"], packages].concat())
}
