//! The clients of the cluster: commands in, done when the call returns. The commands are described
//! where they are obeyed, in `tests/java/replicas/Replicas.java`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use super::node::Node;
use crate::java::Programs;

/// Enough to tell why a client failed.
const LAST_LINES: usize = 40;

/// Running clients; they end with this value.
#[derive(Debug)]
pub struct Load {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What they say of themselves, which is much.
    log: NamedTempFile,
}

impl Load {
    /// Starts clients that know every node.
    pub fn start(programs: &Programs, nodes: &[Node]) -> Result<Self> {
        let configs = || nodes.iter().map(|node| &node.config);
        let addresses: Vec<_> = configs().map(|config| config.listen.to_string()).collect();
        let mut command = programs.command("Replicas");
        command.arg(addresses.join(",")).args(configs().map(|config| config.node_id.to_string()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let log = NamedTempFile::new()?;
        command.stderr(log.reopen()?);
        let mut process = command.spawn().context("cannot run Java")?;
        let commands = process.stdin.take().context("no standard input")?;
        let answers = BufReader::new(process.stdout.take().context("no standard output")?);
        Ok(Self { process, commands, answers, log })
    }

    /// Returns when every client has written or read some more.
    pub fn progress(&mut self) -> Result<()> {
        self.command("progress")
    }

    /// Returns when no client writes or reads, and every record is answered.
    pub fn hold(&mut self) -> Result<()> {
        self.command("hold")
    }

    /// Ends a hold.
    pub fn resume(&mut self) -> Result<()> {
        self.command("resume")
    }

    /// Returns when every replica is in sync.
    pub fn in_sync(&mut self) -> Result<()> {
        self.command("in-sync")
    }

    /// Has every partition led by the first of its replicas.
    pub fn elect(&mut self) -> Result<()> {
        self.command("elect")
    }

    /// Returns when every client has closed.
    pub fn end(mut self) -> Result<()> {
        self.command("end")
    }

    fn command(&mut self, command: &str) -> Result<()> {
        writeln!(self.commands, "{command}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim_end() != command {
            let log = fs::read_to_string(self.log.path())?;
            let lines: Vec<_> = log.lines().collect();
            let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default();
            bail!("at '{command}' the clients said '{answer}':\n{}", last.join("\n"));
        }
        Ok(())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // Fails only for a process that has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
