//! `xtask record`: a capture of small requests to a real broker, for benchmarks.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args as Arguments;

use crate::kafka::{Broker, Config, Version};
use crate::paths;
use crate::process::Guarded;

/// Record a capture of small requests to a real broker, for `cargo bench`.
#[derive(Arguments, Debug)]
pub struct Args {
    /// Produce requests of one 100-byte record each.
    #[arg(long, default_value_t = 100_000)]
    requests: u32,
    /// The broker and its clients. tshark 4.0 decodes what 1.1.1 says, but not newer versions.
    #[arg(long, default_value = "1.1.1")]
    version: Version,
}

/// How long dumpcap may take to write what it has buffered.
const PATIENCE: Duration = Duration::from_secs(10);

impl Args {
    /// Records; the capture's port is in its name.
    pub fn run(self) -> Result<()> {
        let dir = paths::target().join("bench");
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let broker = Broker::start(&Config::new(self.version)?)?;
        let file = dir.join(format!("small-requests-{}.pcapng", broker.address().port()));
        remove_older(&dir)?;
        let dumpcap = dumpcap(&file, broker.address().port())?;
        produce(&broker, broker.address(), self.requests)?;
        // dumpcap writes what it has on SIGTERM.
        dumpcap.stop(PATIENCE)?;
        broker.stop()?;
        println!("{}", file.display());
        Ok(())
    }
}

fn remove_older(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path: PathBuf = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pcapng") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn dumpcap(file: &Path, port: u16) -> Result<Guarded> {
    let mut command = Command::new("dumpcap");
    command.args(["-q", "-i", "lo", "-B", "64", "-f", &format!("tcp port {port}"), "-w"]);
    command.arg(file).stderr(Stdio::null());
    Guarded::spawn("dumpcap", command)
}

fn produce(broker: &Broker, address: SocketAddr, requests: u32) -> Result<()> {
    let status = broker
        .tool("org.apache.kafka.tools.ProducerPerformance")?
        .args(["--topic", "small", "--record-size", "100", "--throughput", "-1"])
        .args(["--num-records", &requests.to_string(), "--producer-props"])
        .args([&format!("bootstrap.servers={address}"), "acks=1", "linger.ms=0", "batch.size=1"])
        .stdout(Stdio::null())
        .status()
        .context("cannot run ProducerPerformance")?;
    ensure!(status.success(), "ProducerPerformance failed: {status}");
    Ok(())
}
