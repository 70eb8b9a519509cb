//! The observer capturing by itself: ports in; exchange records and metrics of a live capture out.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::NamedTempFile;
use xtask::kafka::free_port;

use super::{Metrics, check_same};
use crate::record::{self, Record};
use crate::{binary, http};

/// A kernel takes a second to verify the programs, an emulated one on a busy machine many.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `observe -o json` on the loopback.
#[derive(Debug)]
pub struct Observing {
    process: Child,
    address: SocketAddr,
    output: NamedTempFile,
    log: NamedTempFile,
}

/// What it saw.
#[derive(Debug)]
pub struct Live {
    /// Exchanges.
    pub records: Vec<Record>,
    /// Metrics when all was quiet.
    pub metrics: Metrics,
    /// All of standard output.
    pub printed: Vec<u8>,
    /// All of standard error.
    pub logged: Vec<u8>,
    /// The metrics as text.
    pub scraped: String,
}

impl Observing {
    /// Starts it, and returns when it is ready.
    pub fn start(ports: &[u16]) -> Result<Self> {
        Self::start_with(ports, &[])?.sieving()
    }

    /// The same with more flags.
    pub fn start_with(ports: &[u16], flags: &[&str]) -> Result<Self> {
        let (output, log) = (NamedTempFile::new()?, NamedTempFile::new()?);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
        let process = binary::command()?
            .args(["observe", "-o", "json", "--interface", "lo", "--ports", &ports.join(",")])
            .args(["--listen", &address.to_string()])
            .args(flags)
            .stdout(output.reopen()?)
            .stderr(log.reopen()?)
            .spawn()
            .context("cannot run the observer")?;
        let mut observing = Self { process, address, output, log };
        observing.await_ready()?;
        Ok(observing)
    }

    /// The same, if it has the sieve: a kernel that refuses it would have the rest look good.
    pub fn sieving(self) -> Result<Self> {
        let sieves = self.metrics()?.sum("capture_mode", r#"mode="sieve""#);
        ensure!(sieves == 1, "it captures plainly");
        Ok(self)
    }

    /// Its metrics in a moment at which no byte is on its way; brokers never fall silent.
    fn settled(&self) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (_, scraped) = http::get(self.address, "/metrics")?;
            if Metrics::parse(&scraped)?.is_settled() || Instant::now() > deadline {
                return Ok(scraped);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Reads its metrics, ends it in an orderly way and reads what it printed.
    pub fn stop(mut self) -> Result<Live> {
        if let Some(status) = self.process.try_wait()? {
            bail!("the observer ended early: {status}: {}", self.last_words()?);
        }
        let scraped = self.settled()?;
        kill_process(Pid::from_child(&self.process), Signal::TERM)?;
        let status = self.process.wait()?;
        if !status.success() {
            bail!("the observer: {status}: {}", self.last_words()?);
        }
        let (printed, logged) = (fs::read(self.output.path())?, fs::read(self.log.path())?);
        let records = record::read(&*printed)?;
        Ok(Live { records, metrics: Metrics::parse(&scraped)?, printed, logged, scraped })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Where it serves its metrics.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its metrics now; fails where it does not answer in time.
    pub fn metrics(&self) -> Result<Metrics> {
        let (status, said) = http::get(self.address, "/metrics")?;
        ensure!(status == 200, "{status}: {said}");
        Metrics::parse(&said)
    }

    /// Kills it (SIGKILL). Fails if it has ended already.
    pub fn kill(mut self) -> Result<()> {
        if let Some(status) = self.process.try_wait()? {
            bail!("the observer ended early: {status}: {}", self.last_words()?);
        }
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
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

    fn last_words(&self) -> Result<String> {
        Ok(fs::read_to_string(self.log.path())?)
    }
}

impl Live {
    /// Fails unless nothing was lost and all that began before `until` is what the recording says that was made
    /// at the same time.
    pub fn check_against(&self, replayed: &[Record], until: Timestamp) -> Result<()> {
        self.metrics.check_balance().context("live, both ledgers balance")?;
        self.metrics.check_nothing_lost().context("live, nothing is lost")?;
        check_same(&self.records, replayed, until).context("live and replayed")
    }
}

impl Drop for Observing {
    fn drop(&mut self) {
        // Fails only for a process that has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
