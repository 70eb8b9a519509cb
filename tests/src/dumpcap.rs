//! A recording of the loopback beside what is tested: ports in, a pcapng file out.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use xtask::kafka::free_port;

/// A datagram that marks the end; it passes the loopback after all that is to be recorded.
const MARK: &[u8] = b"the recording ends here";
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `dumpcap` on the loopback.
#[derive(Debug)]
pub struct Recorder {
    process: Process,
    messages: BufReader<ChildStderr>,
    mark_port: u16,
    recording: Recording,
}

/// It does not outlive a test that fails.
#[derive(Debug)]
struct Process(Child);

/// A finished recording; the file goes with this value.
#[derive(Debug)]
pub struct Recording {
    folder: TempDir,
}

impl Recorder {
    /// Starts recording the TCP traffic of these ports, and returns when it does.
    pub fn start(ports: &[u16]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("kafka-observer-recording-").tempdir()?;
        let recording = Recording { folder };
        let mark_port = free_port()?;
        let mut process = Command::new("dumpcap")
            .args(["-q", "-B", "128", "-i", "lo", "-f", &filter(ports, mark_port), "-w"])
            .arg(recording.path())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run dumpcap; `cargo xtask setup` installs it")?;
        let mut messages = BufReader::new(process.stderr.take().context("no standard error")?);
        // It names its file when it has opened the interface.
        if let Err(said) = skip_to(&mut messages, "File:") {
            bail!("dumpcap does not start (it needs root): {said}");
        }
        Ok(Self { process: Process(process), messages, mark_port, recording })
    }

    /// Ends it when the file holds all that has passed until now. Fails if packets were dropped.
    pub fn stop(mut self) -> Result<Recording> {
        self.await_mark()?;
        let pid = Pid::from_child(&self.process.0);
        kill_process(pid, Signal::INT)?;
        let mut said = String::new();
        for line in self.messages.lines() {
            said = line?;
        }
        self.process.0.wait()?;
        // The last line: "Packets received/dropped on interface 'Loopback: lo': 231/0 (...)".
        if !said.contains("/0 (") {
            bail!("dumpcap dropped packets: {said}");
        }
        Ok(self.recording)
    }

    fn await_mark(&self) -> Result<()> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.send_to(MARK, (Ipv4Addr::LOCALHOST, self.mark_port))?;
        let deadline = Instant::now() + PATIENCE;
        while !ends_with_mark(self.recording.path().as_ref())? {
            if Instant::now() > deadline {
                bail!("dumpcap does not write what it sees");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only for a process that has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Recording {
    /// The file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("recording.pcapng")
    }
}

fn filter(ports: &[u16], mark_port: u16) -> String {
    let ports: Vec<_> = ports.iter().map(|port| format!("tcp port {port}")).collect();
    format!("{} or udp port {mark_port}", ports.join(" or "))
}

fn skip_to(messages: &mut impl BufRead, start: &str) -> Result<(), String> {
    let mut said = String::new();
    loop {
        let mut line = String::new();
        match messages.read_line(&mut line) {
            Ok(n) if n > 0 && line.starts_with(start) => return Ok(()),
            Ok(n) if n > 0 => said.push_str(&line),
            _ => return Err(said),
        }
    }
}

/// Other packets may follow the mark, so it is looked for in the last part of the file.
fn ends_with_mark(file: &Path) -> Result<bool> {
    let bytes = fs::read(file)?;
    let tail = bytes.get(bytes.len().saturating_sub(1 << 20)..).unwrap_or_default();
    Ok(tail.windows(MARK.len()).any(|window| window == MARK))
}
