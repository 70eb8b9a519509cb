//! The clients: a broker's version in; a Java machine that makes traffic on command out.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::kafka::{Jvm, Version, classpath};
use crate::paths;
use crate::process::Guarded;

const SOURCES: &str = "xtask/src/bench/java";
const CLASS: &str = "Bench";
/// Buffers of producers, and what consumers have fetched.
const JVM: Jvm = Jvm { heap_mib: 1024, quick_start: false };

/// Clients that wait for a command.
#[derive(Debug)]
pub struct Client {
    process: Guarded,
    commands: ChildStdin,
    results: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
}

/// What a command made them send and receive.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Traffic {
    /// TCP payload of all connections, both ways, as the clients count it.
    pub wire_bytes: u64,
    /// Requests of any kind.
    pub requests: u64,
    /// From the first record to the last acknowledgment.
    pub seconds: f64,
    /// Milliseconds that 50, 99 and 99.9 % of the records did not exceed, of a paced load.
    pub latency_ms: Option<[f64; 3]>,
}

impl Client {
    /// Compiles and starts them; what they complain of goes to a log in the folder.
    pub fn start(folder: &Path) -> Result<Self> {
        let jars = classpath(Version::TOOLS)?;
        let classes = folder.join("classes");
        compile(&jars, &classes)?;
        let log = folder.join("clients.log");
        let mut command = JVM.command();
        command.arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        command.arg("-cp").arg(format!("{}:{jars}", classes.display())).arg(CLASS);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut process = Guarded::spawn("the clients", command)?;
        let commands = process.stdin().context("no standard input")?;
        let results = BufReader::new(process.stdout().context("no standard output")?).lines();
        Ok(Self { process, commands, results, log })
    }

    /// Obeys a command.
    pub fn run(&mut self, command: &str) -> Result<Traffic> {
        // Where they have ended, there is no result either.
        let _ = writeln!(self.commands, "{command}");
        let Some(line) = self.results.next() else {
            let said = fs::read_to_string(&self.log).unwrap_or_default();
            let ended = self.process.wait(std::time::Duration::from_secs(1));
            bail!("{} ended ({ended:?}) at '{command}': {said}", self.process.name());
        };
        let line = line?;
        serde_json::from_str(&line).with_context(|| format!("the clients said {line}"))
    }
}

fn compile(jars: &str, classes: &Path) -> Result<()> {
    let sources = fs::read_dir(paths::root().join(SOURCES))?;
    let sources: Vec<_> = sources.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    let output = Command::new("javac")
        .args(["-proc:none", "-nowarn", "-cp", jars, "-d"])
        .arg(classes)
        .args(sources)
        .output()
        .context("cannot run javac; `cargo xtask setup` installs it")?;
    ensure!(output.status.success(), "javac said:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read() {
        let line = r#"{"wire_bytes":5,"requests":1,"seconds":0.5,"latency_ms":[1,2,3]}"#;
        let traffic: Traffic = serde_json::from_str(line).expect("a result");
        assert_eq!((traffic.wire_bytes, traffic.latency_ms), (5, Some([1.0, 2.0, 3.0])));
    }
}
