//! The contestants: a name and a broker in; what watches the broker's traffic, or passes it on, and
//! what that has cost, out.

mod dumpcap;
mod empty;
mod envoy;
mod kroxylicious;
mod observer;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::load::Load;
use super::metrics::{self, Captured};
use super::{bpf, cpu};
use crate::classifier::Classifier;
use crate::process::Guarded;

const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(20);
/// In this time an observer looks at its ring once at least.
const LOOK: Duration = Duration::from_millis(600);
/// One that had nothing to look at takes less than this part of it.
const QUIET: u32 = 300;

/// Who competes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Contestant {
    /// Nobody: the broker and its clients alone.
    None,
    /// An empty program at the observer's hook: what counting run time costs itself.
    Empty,
    /// kafka-observer, copying everything.
    Plain,
    /// kafka-observer, copying metadata only.
    Sieve,
    /// The same, started and ended over and over while the load runs, to see what that does to its
    /// throughput.
    OnOff,
    /// dumpcap, its capture thrown away.
    Dumpcap,
    /// dumpcap, 128 bytes of each packet, thrown away.
    #[value(name = "dumpcap-128")]
    #[serde(rename = "dumpcap-128")]
    Dumpcap128,
    /// tshark, decoding a capture of the same traffic afterwards; beside it kafka-observer's replay.
    Tshark,
    /// Envoy, passing the clients' connections on (TCP, without its Kafka filter).
    Envoy,
    /// Kroxylicious, a Kafka proxy, without filters.
    Kroxylicious,
}

/// Where the broker is, and what else a contestant has to know.
#[derive(Clone, Debug)]
pub struct Place {
    /// The broker, as clients reach it without a proxy.
    pub broker: SocketAddr,
    /// All its ports.
    pub ports: Vec<u16>,
    /// Where a proxy listens, and where it connects to: what the broker tells clients there leads
    /// back to the proxy.
    pub proxy: (SocketAddr, SocketAddr),
    /// Our binary.
    pub observer: PathBuf,
    /// For logs and captures.
    pub folder: PathBuf,
}

/// A contestant at work; dropping it ends it.
#[derive(Debug)]
pub struct Running {
    process: Option<Guarded>,
    /// A program of our own process, and what attaches it.
    attached: Option<(Classifier, OwnedFd)>,
    /// Where clients connect.
    pub entrance: SocketAddr,
    metrics: Option<SocketAddr>,
    log: PathBuf,
}

/// What it has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time of its process.
    pub process: Duration,
    /// Run time of its programs in the kernel, where it has any.
    pub kernel: Option<Duration>,
    /// What it captured, where it says so.
    pub captured: Option<Captured>,
}

impl Contestant {
    /// Whether it runs under a load in a pass: what takes as long as many others, only every second time,
    /// and not where throughput is given.
    pub fn takes_part(self, load: Load, pass: u32) -> bool {
        self != Self::OnOff || !load.is_paced() && pass.is_multiple_of(2)
    }

    /// Whether it first has to pass a load, as a Java machine does, before it is as fast as it will be.
    pub fn warms_up(self) -> bool {
        self == Self::Kroxylicious
    }

    /// Starts it and waits until it works.
    pub fn start(self, place: &Place) -> Result<Running> {
        let log = place.folder.join(format!("{}.log", super::name(self)));
        let mut running =
            Running { process: None, attached: None, entrance: place.broker, metrics: None, log };
        match self {
            // It comes and goes.
            Self::None | Self::OnOff => {}
            Self::Empty => empty::start(&mut running)?,
            Self::Plain => observer::start(&mut running, place, "plain")?,
            Self::Sieve => observer::start(&mut running, place, "sieve")?,
            Self::Dumpcap => dumpcap::start(&mut running, place, None, Path::new("/dev/null"))?,
            Self::Dumpcap128 => {
                dumpcap::start(&mut running, place, Some(128), Path::new("/dev/null"))?;
            }
            Self::Tshark => dumpcap::start(&mut running, place, None, &place.recording())?,
            Self::Envoy => envoy::start(&mut running, place)?,
            Self::Kroxylicious => kroxylicious::start(&mut running, place)?,
        }
        Ok(running)
    }
}

impl Place {
    /// The capture that is to be decoded.
    pub fn recording(&self) -> PathBuf {
        self.folder.join("recording.pcapng")
    }
}

impl Running {
    /// Starts its process, which complains to the log, and waits until it does what it is for.
    fn spawn(&mut self, name: &str, mut command: Command, works: impl Fn() -> bool) -> Result<()> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&self.log)?);
        let process = self.process.insert(Guarded::spawn(name, command)?);
        let deadline = Instant::now() + PATIENCE;
        while !works() {
            let is_alive = process.exited()?.is_none() && Instant::now() < deadline;
            let said = || fs::read_to_string(&self.log).unwrap_or_default();
            ensure!(is_alive, "{} does not work: {}", process.name(), said());
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// What it has used before a load. To be asked costs an observer as much as some 30 MB of traffic, which
    /// is no part of a load of seconds, as it is scraped four times a minute.
    pub fn before(&self) -> Result<Usage> {
        let captured = self.captured()?;
        Ok(Usage { captured, ..self.used()? })
    }

    /// The same behind a load, once an observer has looked at all that is in its ring.
    pub fn after(&self) -> Result<Usage> {
        let used = if self.metrics.is_some() { self.used_when_quiet()? } else { self.used()? };
        Ok(Usage { captured: self.captured()?, ..used })
    }

    /// What it has used by the time that it uses next to nothing any more.
    fn used_when_quiet(&self) -> Result<Usage> {
        let deadline = Instant::now() + PATIENCE;
        let mut used = self.used()?;
        loop {
            thread::sleep(LOOK);
            let before = std::mem::replace(&mut used, self.used()?);
            let is_quiet = used.process.saturating_sub(before.process) < LOOK / QUIET;
            if is_quiet || Instant::now() > deadline {
                return Ok(used);
            }
        }
    }

    fn captured(&self) -> Result<Option<Captured>> {
        self.metrics.map(metrics::settled).transpose()
    }

    fn used(&self) -> Result<Usage> {
        let Some(process) = &self.process else { return self.own_usage() };
        let kernel = self.metrics.map(|_| bpf::run_time(process.id())).transpose()?;
        Ok(Usage { process: cpu::time(process.id())?, kernel, captured: None })
    }

    /// Without a process it is at most a program, which this one holds.
    fn own_usage(&self) -> Result<Usage> {
        let run_time = || bpf::run_time(std::process::id());
        let kernel = self.attached.is_some().then(run_time).transpose()?;
        Ok(Usage { kernel, ..Usage::default() })
    }

    /// The most memory it had, in bytes.
    pub fn peak_memory(&self) -> Result<Option<u64>> {
        self.process.as_ref().map(|process| cpu::peak_memory(process.id())).transpose()
    }

    /// Ends it; packets that it says it lost.
    pub fn finish(self) -> Result<Option<u64>> {
        let Some(process) = self.process else { return Ok(None) };
        process.stop(PATIENCE)?;
        Ok(dumpcap::dropped(&fs::read_to_string(&self.log)?))
    }
}
