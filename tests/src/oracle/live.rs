//! The observer capturing by itself: ports in; exchange records and metrics of a live capture out.

use std::fs::File;
use std::io::{BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::NamedTempFile;
use xtask::kafka::free_port;

use super::Metrics;
use crate::record::{self, Record};
use crate::{binary, http};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running `observe -o json` on the loopback.
#[derive(Debug)]
pub struct Observing {
    process: Child,
    address: SocketAddr,
    output: NamedTempFile,
}

/// What it saw.
#[derive(Debug)]
pub struct Live {
    /// Exchanges.
    pub records: Vec<Record>,
    /// Metrics when all was quiet.
    pub metrics: Metrics,
}

impl Observing {
    /// Starts it, and returns when it is ready.
    pub fn start(ports: &[u16]) -> Result<Self> {
        let output = NamedTempFile::new()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
        let process = binary::command()?
            .args(["observe", "-o", "json", "--interface", "lo", "--ports", &ports.join(",")])
            .args(["--listen", &address.to_string()])
            .stdout(output.reopen()?)
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run the observer")?;
        let mut observing = Self { process, address, output };
        observing.await_ready()?;
        Ok(observing)
    }

    /// Reads its metrics, ends it in an orderly way and reads what it printed.
    pub fn stop(mut self) -> Result<Live> {
        if let Some(status) = self.process.try_wait()? {
            bail!("the observer ended early: {status}: {}", self.last_words()?);
        }
        let (_, metrics) = http::get(self.address, "/metrics")?;
        kill_process(Pid::from_child(&self.process), Signal::TERM)?;
        let said = self.last_words()?;
        let status = self.process.wait()?;
        if !status.success() {
            bail!("the observer: {status}: {said}");
        }
        let records = record::read(BufReader::new(File::open(self.output.path())?))?;
        Ok(Live { records, metrics: Metrics::parse(&metrics)? })
    }

    fn await_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !http::get(self.address, "/readyz").is_ok_and(|(status, _)| status == 200) {
            if self.process.try_wait()?.is_some() {
                bail!("the observer does not capture (it needs root): {}", self.last_words()?);
            }
            if Instant::now() > deadline {
                bail!("the observer is not ready after {PATIENCE:?}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn last_words(&mut self) -> Result<String> {
        let mut said = String::new();
        if let Some(messages) = &mut self.process.stderr {
            messages.read_to_string(&mut said)?;
        }
        Ok(said)
    }
}

impl Drop for Observing {
    fn drop(&mut self) {
        // Fails only for a process that has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
