//! `cargo xtask demo`: nothing but this checkout in; a Kafka with clients, and the observer's live
//! view of it, out. Everything it started ends with it.

mod clients;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;

use crate::kafka::{Broker, Config, Jvm, Version, free_port};
use crate::process::Guarded;
use crate::setup::{self, Purpose};
use crate::{build, interrupt, privileges};

/// Where the observer serves metrics unless told otherwise.
const METRICS_PORT: u16 = 9464;
const POLL: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts a Kafka with producers and consumers, and watches it.
#[derive(clap::Args)]
pub struct Args {
    /// How long to run, such as 30s or 5m [default: until Ctrl-C].
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    duration: Option<Duration>,
    /// The broker's port [default: a free one].
    #[arg(long)]
    port: Option<u16>,
}

impl Args {
    /// Runs the demo until its time is over, or Ctrl-C.
    pub fn run(self) -> Result<()> {
        if let Err(lack) = privileges::capture() {
            bail!(
                "{lack}: run `sudo -E env PATH=\"$PATH\" cargo xtask demo`. Without it replay works: \
                 cargo run --release -p observer --no-default-features -- replay FILE.pcap"
            );
        }
        let interrupted = interrupt::flag()?;
        setup::ensure(Purpose::Demo)?;
        let observer = build::observer(true)?;
        let config = self.config()?;
        println!("demo: starting Kafka {} on {}", config.version, config.listen);
        let broker = Broker::start(&config)?;
        let metrics = metrics_address()?;
        println!("demo: metrics on http://{metrics}/metrics");
        // Before the clients, so that it sees their connections open.
        let view = view(&observer, &broker, metrics)?;
        let _clients = clients::start(&broker)?;
        let status = watch(view, &interrupted, self.duration)?;
        ensure!(status.is_none_or(|status| status.success()), "kafka-observer failed");
        println!("demo: ends, with everything it started");
        Ok(())
    }

    fn config(&self) -> Result<Config> {
        let mut config = Config::new(Version::LATEST)?;
        if let Some(port) = self.port {
            config.listen.set_port(port);
        }
        config.jvm = Jvm { heap_mib: 512, quick_start: true };
        Ok(config)
    }
}

/// The usual port, or a free one where that is taken.
fn metrics_address() -> Result<SocketAddr> {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, METRICS_PORT));
    if TcpListener::bind(usual).is_ok() {
        return Ok(usual);
    }
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?)))
}

fn view(observer: &Path, broker: &Broker, metrics: SocketAddr) -> Result<Guarded> {
    let ports: Vec<_> = broker.ports().iter().map(ToString::to_string).collect();
    let mut command = Command::new(observer);
    command.args(["top", "--ports", &ports.join(","), "--listen", &metrics.to_string()]);
    Guarded::spawn_on_terminal("kafka-observer", command)
}

/// Waits for the view's end, an interruption, or the time; `None` where we ended it.
fn watch(
    mut view: Guarded,
    interrupted: &AtomicBool,
    duration: Option<Duration>,
) -> Result<Option<ExitStatus>> {
    let end = duration.map(|duration| Instant::now() + duration);
    while !interrupted.load(Ordering::Relaxed) && end.is_none_or(|end| Instant::now() < end) {
        if let Some(status) = view.exited()? {
            return Ok(Some(status));
        }
        thread::sleep(POLL);
    }
    view.signal(Signal::TERM)?;
    let status = view.wait(PATIENCE)?.context("kafka-observer did not end when asked to")?;
    Ok(Some(status))
}
