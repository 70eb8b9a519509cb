//! `cargo xtask kafka`: the module's functions for a shell.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use super::{Config, Jvm, Listener, User, Version, Voter, classpath, detached, fetch, tool};

/// What to do with Kafka.
#[derive(Subcommand)]
pub enum Command {
    /// Download a version's jars and print their folder.
    Fetch {
        /// Such as 4.4.0.
        version: Version,
    },
    /// Start a broker that runs until `stop`, and wait until it answers.
    Start(Box<Start>),
    /// Stop the broker of a folder.
    Stop {
        /// The folder given to `start`.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Run a class of Kafka's jars, such as org.apache.kafka.tools.TopicCommand.
    Tool {
        /// Such as 4.3.1, the newest with tools.
        version: Version,
        /// The full class name.
        class: String,
        /// Its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Print a version's class path.
    Classpath {
        /// Such as 4.4.0.
        version: Version,
    },
}

/// A broker's settings.
#[derive(Args)]
pub struct Start {
    /// Such as 4.4.0, 3.9.1 or 2.8.2.
    version: Version,
    /// Where its state and logs go.
    #[arg(long)]
    dir: PathBuf,
    /// The clients' port.
    #[arg(long)]
    port: u16,
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// What clients are told to connect to, if not the address above.
    #[arg(long, value_name = "ADDRESS:PORT")]
    advertised: Option<SocketAddr>,
    /// The controllers' port [default: a free one].
    #[arg(long)]
    controller_port: Option<u16>,
    /// Remote JMX on this port of 127.0.0.1.
    #[arg(long)]
    jmx_port: Option<u16>,
    /// Further listeners, NAME:PROTOCOL://ADDRESS:PORT.
    #[arg(long, value_name = "LISTENER", value_delimiter = ',')]
    listeners: Vec<Listener>,
    /// Users that log in, NAME=PASSWORD, on a SASL_PLAINTEXT listener on a free port.
    #[arg(long, value_name = "USER", value_delimiter = ',')]
    users: Vec<User>,
    /// Refuse what is not allowed, but to ANONYMOUS and a user `admin`.
    #[arg(long)]
    authorizer: bool,
    /// A line of server.properties.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Its number in the cluster.
    #[arg(long, default_value_t = 1)]
    node_id: u32,
    /// The cluster's controllers, ID@ADDRESS:PORT [default: this node].
    #[arg(long, value_name = "VOTER", value_delimiter = ',')]
    voters: Vec<Voter>,
    /// A running ZooKeeper, ADDRESS:PORT [default: one of its own].
    #[arg(long)]
    zookeeper: Option<String>,
    /// The network namespace to run in.
    #[arg(long)]
    netns: Option<String>,
    /// A large heap and Java's own defaults, instead of a quick start.
    #[arg(long)]
    benchmark: bool,
}

impl Command {
    /// Does it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Fetch { version } => println!("{}", fetch(version)?.display()),
            Self::Start(start) => {
                let config = start.config()?;
                detached::start(&config, &start.dir)?;
                println!("Kafka {} answers on {}", config.version, config.reachable());
                if let Some(address) = config.sasl() {
                    println!("Users log in on {address}");
                }
            }
            Self::Stop { dir } => detached::stop(&dir)?,
            Self::Classpath { version } => println!("{}", classpath(version)?),
            Self::Tool { version, class, arguments } => {
                let failed = tool(version, &class)?.args(arguments).exec();
                return Err(failed).context("cannot run Java; `cargo xtask setup` installs it");
            }
        }
        Ok(())
    }
}

impl Start {
    fn config(&self) -> Result<Config> {
        let defaults = Config::new(self.version)?;
        let jvm = if self.benchmark { Jvm::benchmark() } else { Jvm::quick() };
        let config = Config {
            node_id: self.node_id,
            listen: (self.address, self.port).into(),
            advertised: self.advertised,
            listeners: self.listeners.clone(),
            controller_port: self.controller_port.unwrap_or(defaults.controller_port),
            voters: self.voters.clone(),
            zookeeper: self.zookeeper.clone(),
            jmx_port: self.jmx_port,
            jvm,
            netns: self.netns.clone(),
            ..defaults
        };
        let mut config = if self.authorizer { config.with_authorizer(&["admin"]) } else { config };
        if !self.users.is_empty() {
            config = config.with_sasl(&self.users)?;
        }
        config.properties.extend(self.set.iter().cloned());
        Ok(config)
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it looks like log.retention.ms=1000")?;
    Ok((key.to_owned(), value.to_owned()))
}
