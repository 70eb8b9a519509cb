//! The programs of `tests/clients`: a library in, a command that runs it out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use xtask::kafka;
use xtask::setup::{go, go_output, node, node_modules, python_with_clients};

/// A program, by the name of its file or folder.
#[derive(Clone, Copy, Debug)]
pub enum Program {
    /// `python/round_trip_NAME.py`.
    Python(&'static str),
    /// Another file of `python`.
    PythonFile(&'static str),
    /// `node/round_trip_NAME.js`.
    Node(&'static str),
    /// `go/NAME`.
    Go(&'static str),
    /// `java/RoundTrip.java` with the client of this version.
    Java(&'static str),
}

const SETUP: &str = "`cargo xtask setup` installs what it needs";

impl Program {
    /// A command that runs it; the environment says what it is to do.
    pub fn command(self) -> Result<Command> {
        match self {
            Self::Python(name) => Ok(python(&format!("round_trip_{name}.py"))),
            Self::PythonFile(name) => Ok(python(name)),
            Self::Node(name) => {
                let mut command = Command::new(node());
                command.arg(source(&format!("node/round_trip_{name}.js")));
                command.env("NODE_PATH", node_modules());
                Ok(command)
            }
            Self::Go(name) => Ok(Command::new(go_programs()?.join(name))),
            Self::Java(version) => java(version, "RoundTrip.java"),
        }
    }
}

fn python(file: &str) -> Command {
    let mut command = Command::new(python_with_clients());
    command.arg(source("python").join(file));
    // No compiled files in the checkout.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// A command that runs a source file of `java` on the client library of a version.
pub fn java(version: &str, file: &str) -> Result<Command> {
    kafka::tool(version.parse()?, &source("java").join(file).display().to_string())
}

/// Runs it to its end, and takes what it printed; fails if it does.
pub fn output(mut command: Command) -> Result<String> {
    let what = format!("{command:?}");
    let output = command.output().with_context(|| format!("cannot run {what}; {SETUP}"))?;
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        return Ok(out.into_owned());
    }
    bail!("{what}: {}:\n{out}{err}", output.status)
}

/// The folder of the programs in Go, which are built at first.
fn go_programs() -> Result<&'static Path> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match FOLDER.get_or_init(|| build_go_programs().map_err(|error| format!("{error:#}"))) {
        Ok(folder) => Ok(folder),
        Err(error) => bail!("{error}"),
    }
}

fn build_go_programs() -> Result<PathBuf> {
    let folder = go_output();
    fs::create_dir_all(&folder)?;
    let mut command = Command::new(go());
    command.current_dir(source("go")).args(["build", "-o"]).arg(&folder).arg("./...");
    // A version of Go that the machine lacks comes from where modules do.
    command.env("GOTOOLCHAIN", "auto");
    output(command)?;
    Ok(folder)
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(path)
}
