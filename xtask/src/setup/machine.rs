//! What this machine has: programs on its path and who we are, as a value that tests can make up.

use std::cell::Cell;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A machine, as far as setting it up goes.
#[derive(Clone, Debug)]
pub struct Machine {
    path: OsString,
    /// Whether packages can be installed.
    pub root: bool,
    /// Whether the lists of packages are fresh.
    pub(super) refreshed: Cell<bool>,
}

impl Machine {
    /// This machine. Folders of system programs count even where the path leaves them out.
    pub fn here() -> Self {
        let mut folders: Vec<_> =
            env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
        folders.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
        let path = env::join_paths(folders).unwrap_or_default();
        Self { path, root: rustix::process::geteuid().is_root(), refreshed: Cell::default() }
    }

    /// A machine with only the programs of this path.
    pub fn with_path(path: impl AsRef<OsStr>) -> Self {
        Self { path: path.as_ref().to_owned(), root: true, refreshed: Cell::default() }
    }

    /// Whether the program is there.
    pub fn has(&self, program: &str) -> bool {
        self.locate(program).is_some()
    }

    /// The first line a program prints, on either output; `None` if it fails or is missing.
    pub fn first_line(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let output = self.command(program).ok()?.args(arguments).output().ok()?;
        if !output.status.success() {
            return None;
        }
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    }

    /// Runs an installer; its output is shown only if it fails.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        self.run_with(program, arguments, &[])
    }

    /// The same, with environment variables.
    pub fn run_with(
        &self,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<()> {
        println!("setup: {program} {}", arguments.join(" "));
        let output = self
            .command(program)?
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {program}"))?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("{program} failed: {}", text.trim().lines().last().unwrap_or("it said nothing"))
    }

    fn command(&self, program: &str) -> Result<Command> {
        let found = self.locate(program).with_context(|| format!("{program} is missing"))?;
        let mut command = Command::new(found);
        command.env("PATH", &self.path);
        // A toolchain that started us must not choose for what we start.
        command.env_remove("RUSTUP_TOOLCHAIN");
        Ok(command)
    }

    /// Where a program is.
    pub fn locate(&self, program: &str) -> Option<PathBuf> {
        env::split_paths(&self.path).map(|dir| dir.join(program)).find(|file| file.is_file())
    }
}

/// Puts a shell script where a program would be.
#[cfg(test)]
pub(super) fn fake_program(folder: &std::path::Path, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let file = folder.join(name);
    std::fs::write(&file, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")).expect("written");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("executable");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_says_its_version_or_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        fake_program(folder.path(), "good", "echo; echo version 7 >&2");
        fake_program(folder.path(), "bad", "echo version 7; exit 1");
        let machine = Machine::with_path(folder.path());
        assert_eq!(machine.first_line("good", &[]).as_deref(), Some("version 7"));
        assert_eq!(machine.first_line("bad", &[]), None);
        assert_eq!(machine.first_line("missing", &[]), None);
    }

    #[test]
    fn a_failing_installer_is_quoted() {
        let folder = tempfile::tempdir().expect("a folder");
        fake_program(folder.path(), "bad", "echo first >&2; echo no such thing >&2; exit 1");
        let error = Machine::with_path(folder.path()).run("bad", &[]).expect_err("fails");
        assert_eq!(error.to_string(), "bad failed: no such thing");
    }
}
