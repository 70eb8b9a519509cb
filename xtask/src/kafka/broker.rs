//! A running broker: a configuration in, a process that answers out, gone when dropped.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::ready::{self, Probe};
use super::{Config, Version, java, log, port, properties, zookeeper};
use crate::process::{Guarded, Netns};

/// All nodes of a test are of one cluster, so that several can be started alike.
const CLUSTER_ID: &str = "kafkaObserverCluster0w";
/// A broker that has not ended by then, in an orderly way, is killed.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// A broker that answers. Dropping it kills it, and removes a folder of its own; a death of this
/// process, however sudden, ends it too.
#[derive(Debug)]
pub struct Broker {
    // Fields are dropped in this order: the broker before its ZooKeeper, the folder last.
    process: Guarded,
    zookeeper: Option<Guarded>,
    zookeeper_address: Option<String>,
    config: Config,
    dir: PathBuf,
    _temporary: Option<TempDir>,
}

impl Broker {
    /// Fetches the jars if they are missing, starts the broker, and waits until it answers.
    /// The error holds the end of its log if it does not.
    pub fn start(config: &Config) -> Result<Self> {
        let mut broker = Self::launch(config)?;
        broker.wait_until_ready()?;
        Ok(broker)
    }

    /// The same without waiting: of several controllers none answers before most of them run.
    pub fn launch(config: &Config) -> Result<Self> {
        check_free(config)?;
        let (dir, temporary) = folder(config)?;
        let plan = Plan::prepare(config, &dir)?;
        let zookeeper = plan.zookeeper.map(|c| Guarded::spawn("ZooKeeper", c)).transpose()?;
        let process = Guarded::spawn("the broker", plan.broker)?;
        Ok(Self {
            process,
            zookeeper,
            zookeeper_address: plan.zookeeper_address,
            config: config.clone(),
            dir,
            _temporary: temporary,
        })
    }

    /// Waits until it answers. The error holds the end of its log if it does not.
    pub fn wait_until_ready(&mut self) -> Result<()> {
        let Self { process, zookeeper, config, dir, .. } = self;
        let pid = process.id();
        let mut dead = || ended(process) || zookeeper.as_mut().is_some_and(ended);
        wait_until_ready(config, dir, pid, &mut dead)
    }

    /// What clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.config.advertised.unwrap_or_else(|| self.config.reachable())
    }

    /// The ports whose traffic is this broker's: clients', and the controller's where it has one.
    pub fn ports(&self) -> Vec<u16> {
        let mut ports = vec![self.config.listen.port()];
        ports.extend(self.config.listeners.iter().map(|listener| listener.address.port()));
        if self.version().is_kraft() {
            ports.push(self.config.controller_port);
        }
        ports
    }

    /// The release that runs.
    pub fn version(&self) -> Version {
        self.config.version
    }

    /// What it was started with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where its JMX answers, if that is on.
    pub fn jmx_url(&self) -> Option<String> {
        let port = self.config.jmx_port?;
        Some(format!("service:jmx:rmi:///jndi/rmi://127.0.0.1:{port}/jmxrmi"))
    }

    /// `host:port` of its ZooKeeper, for another broker of the same cluster.
    pub fn zookeeper(&self) -> Option<&str> {
        self.zookeeper_address.as_deref()
    }

    /// The folder with its state and logs.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// A command that runs a tool of the version that fits, in the broker's network namespace.
    pub fn tool(&self, class: &str) -> Result<Command> {
        let mut command = java::tool(self.version().tools(), class)?;
        if let Some(name) = &self.config.netns {
            Netns::open(name)?.apply(&mut command);
        }
        Ok(command)
    }

    /// Shuts it down in an orderly way; its clients see their connections closed.
    pub fn stop(self) -> Result<()> {
        self.process.stop(STOP_PATIENCE).context("cannot stop the broker")?;
        if let Some(zookeeper) = self.zookeeper {
            zookeeper.stop(STOP_PATIENCE).context("cannot stop ZooKeeper")?;
        }
        Ok(())
    }
}

fn ended(process: &mut Guarded) -> bool {
    !matches!(process.exited(), Ok(None))
}

/// An error where somebody else listens where this broker should.
pub(super) fn check_free(config: &Config) -> Result<()> {
    let addresses = config.bound();
    match &config.netns {
        Some(name) => Netns::open(name)?.run(|| port::check_free(&addresses))?,
        None => port::check_free(&addresses),
    }
}

/// Waits until the broker of this process lists itself; `dead` tells that it never will.
pub(super) fn wait_until_ready(
    config: &Config,
    dir: &Path,
    pid: u32,
    dead: &mut (dyn FnMut() -> bool + Send),
) -> Result<()> {
    let Config { version, node_id, .. } = *config;
    let probe = Probe { version, node_id, pid, address: config.reachable() };
    let deadline = Instant::now() + config.patience;
    let ready = match &config.netns {
        Some(name) => Netns::open(name)?.run(|| ready::wait(&probe, deadline, dead))?,
        None => ready::wait(&probe, deadline, dead),
    };
    if ready {
        return Ok(());
    }
    let (version, address, patience) = (config.version, config.reachable(), config.patience);
    let what = if dead() { "ended before it answered" } else { "does not answer" };
    let log = log::tail(&dir.join("broker.log"));
    bail!("Kafka {version} on {address} {what} (limit {} s); {log}", patience.as_secs())
}

fn folder(config: &Config) -> Result<(PathBuf, Option<TempDir>)> {
    if let Some(dir) = &config.dir {
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        return Ok((dir.canonicalize()?, None));
    }
    let temporary = tempfile::Builder::new().prefix("kafka-observer-broker-").tempdir()?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

/// The commands that make up a broker, not yet run.
pub(super) struct Plan {
    pub(super) broker: Command,
    pub(super) zookeeper: Option<Command>,
    zookeeper_address: Option<String>,
}

impl Plan {
    /// Writes the configuration into `dir` and formats it where the version asks for that.
    pub(super) fn prepare(config: &Config, dir: &Path) -> Result<Self> {
        let mut own_zookeeper = None;
        let mut zookeeper_address = config.zookeeper.clone();
        if !config.version.is_kraft() && zookeeper_address.is_none() {
            let (command, address) = zookeeper::command(config, dir)?;
            own_zookeeper = Some(inside(config, command)?);
            zookeeper_address = Some(address);
        }
        let settings = dir.join("server.properties");
        let text = properties::server(config, &dir.join("data"), zookeeper_address.as_deref());
        fs::write(&settings, text)?;
        if config.version.is_kraft() {
            format(config.version, &settings)?;
        }
        let broker = inside(config, broker_command(config, dir, &settings)?)?;
        Ok(Self { broker, zookeeper: own_zookeeper, zookeeper_address })
    }
}

fn inside(config: &Config, mut command: Command) -> Result<Command> {
    if let Some(name) = &config.netns {
        Netns::open(name)?.apply(&mut command);
    }
    Ok(command)
}

fn broker_command(config: &Config, dir: &Path, settings: &Path) -> Result<Command> {
    let mut command = config.jvm.command();
    if let Some(port) = config.jmx_port {
        java::jmx(&mut command, port);
    }
    java::run_class(&mut command, config.version, "kafka.Kafka")?;
    command.arg(settings);
    let (out, err) = log::create(&dir.join("broker.log"))?;
    command.stdin(Stdio::null()).stdout(out).stderr(err);
    Ok(command)
}

/// Gives a KRaft node's folder its cluster id, unless it has one.
fn format(version: Version, settings: &Path) -> Result<()> {
    let output = java::tool(version, "kafka.tools.StorageTool")?
        .args(["format", "--ignore-formatted", "--cluster-id", CLUSTER_ID, "--config"])
        .arg(settings)
        .output()
        .context("cannot run Java; `cargo xtask setup` installs it")?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    bail!("cannot format the broker's folder:\n{out}{err}")
}
