//! What a broker is started with: the settings a test, the demo or a benchmark cares for. All else
//! has a default that fits one node on the loopback.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Jvm, Version, free_ports};

/// One broker (in KRaft mode a combined node: broker and controller).
#[derive(Clone, Debug)]
pub struct Config {
    /// The release that runs.
    pub version: Version,
    /// `node.id`, or `broker.id` before KRaft. At least 1.
    pub node_id: u32,
    /// Where the PLAINTEXT listener binds.
    pub listen: SocketAddr,
    /// What it tells clients to connect to; `listen` where not given.
    pub advertised: Option<SocketAddr>,
    /// More listeners beside it.
    pub listeners: Vec<Listener>,
    /// The controller listener's port, on `listen`'s address (KRaft).
    pub controller_port: u16,
    /// The controllers of the cluster; this node alone where empty. A node that is not among them
    /// is a broker only (KRaft).
    pub voters: Vec<Voter>,
    /// `host:port` of a running ZooKeeper; where not given, one is started beside the broker.
    pub zookeeper: Option<String>,
    /// Remote JMX without authentication on 127.0.0.1.
    pub jmx_port: Option<u16>,
    /// Where state and logs lie; where not given, in a temporary folder that goes with the broker.
    pub dir: Option<PathBuf>,
    /// Heap and flags of the Java machine.
    pub jvm: Jvm,
    /// Lines of `server.properties`, which win over all the above.
    pub properties: BTreeMap<String, String>,
    /// The network namespace to run in, by its `ip netns` name; its `lo` must be up.
    pub netns: Option<String>,
    /// How long it may take until the broker answers.
    pub patience: Duration,
}

impl Config {
    /// A single node of this version on free ports of 127.0.0.1.
    pub fn new(version: Version) -> Result<Self> {
        let [port, controller_port] = free_ports()?;
        Ok(Self {
            version,
            node_id: 1,
            listen: (Ipv4Addr::LOCALHOST, port).into(),
            advertised: None,
            listeners: Vec::new(),
            controller_port,
            voters: Vec::new(),
            zookeeper: None,
            jmx_port: None,
            dir: None,
            jvm: Jvm::quick(),
            properties: BTreeMap::new(),
            netns: None,
            patience: Duration::from_mins(2),
        })
    }

    /// Turns remote JMX on, on a free port.
    pub fn with_jmx(mut self) -> Result<Self> {
        let [port] = free_ports()?;
        self.jmx_port = Some(port);
        Ok(self)
    }

    /// Sets one line of `server.properties`.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.properties.insert(key.to_owned(), value.to_string());
        self
    }

    /// The cluster's controllers: this node alone, unless others are named.
    pub(super) fn quorum(&self) -> Vec<Voter> {
        if !self.voters.is_empty() {
            return self.voters.clone();
        }
        let address = SocketAddr::new(self.reachable().ip(), self.controller_port);
        vec![Voter { node_id: self.node_id, address }]
    }

    /// Whether this node is one of the cluster's controllers.
    pub(super) fn is_controller(&self) -> bool {
        self.version.is_kraft() && self.quorum().iter().any(|v| v.node_id == self.node_id)
    }

    /// All that this node will listen on, but for JMX's other ports.
    pub(super) fn bound(&self) -> Vec<SocketAddr> {
        let mut bound = vec![self.listen];
        bound.extend(self.listeners.iter().map(|listener| listener.address));
        if self.is_controller() {
            bound.push(SocketAddr::new(self.listen.ip(), self.controller_port));
        }
        bound.extend(self.jmx_port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
        bound
    }

    /// Where the broker can be connected to from beside it.
    pub(super) fn reachable(&self) -> SocketAddr {
        let ip = match self.listen.ip() {
            any if any.is_unspecified() => self.advertised.map_or(loopback(any), |a| a.ip()),
            bound => bound,
        };
        SocketAddr::new(ip, self.listen.port())
    }
}

fn loopback(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    }
}

/// A controller of a KRaft cluster: `1@127.0.0.1:9093`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Its `node.id`.
    pub node_id: u32,
    /// Its controller listener.
    pub address: SocketAddr,
}

impl fmt::Display for Voter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.node_id, self.address)
    }
}

impl FromStr for Voter {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let (node_id, address) = text.split_once('@')?;
            Some(Self { node_id: node_id.parse().ok()?, address: address.parse().ok()? })
        };
        parse().with_context(|| format!("'{text}' is no voter: it looks like 1@127.0.0.1:9093"))
    }
}

/// A listener beside the first: `SASL:SASL_PLAINTEXT://127.0.0.1:9094`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its name in Kafka's configuration.
    pub name: String,
    /// `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`.
    pub protocol: String,
    /// Where it binds, and what it advertises.
    pub address: SocketAddr,
}

impl FromStr for Listener {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let (names, address) = text.split_once("://")?;
            let (name, protocol) = names.split_once(':').unwrap_or((names, names));
            let address = address.parse().ok()?;
            Some(Self { name: name.to_owned(), protocol: protocol.to_owned(), address })
        };
        parse().with_context(|| {
            format!("'{text}' is no listener: it looks like SASL:SASL_PLAINTEXT://127.0.0.1:9094")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voters_and_listeners_are_read() {
        let voter: Voter = "2@[::1]:9093".parse().expect("a voter");
        assert_eq!((voter.node_id, voter.to_string()), (2, "2@[::1]:9093".to_owned()));
        let sasl: Listener = "S:SASL_PLAINTEXT://127.0.0.1:1".parse().expect("a listener");
        assert_eq!((&*sasl.name, &*sasl.protocol), ("S", "SASL_PLAINTEXT"));
        let plain: Listener = "SSL://127.0.0.1:1".parse().expect("a listener");
        assert_eq!((&*plain.name, &*plain.protocol), ("SSL", "SSL"));
        assert!("1@localhost".parse::<Voter>().is_err());
        assert!("127.0.0.1:1".parse::<Listener>().is_err());
    }

    #[test]
    fn a_broker_on_every_address_is_reached_on_one() {
        let mut config = Config::new(Version::LATEST).expect("ports");
        config.listen = "[::]:7".parse().expect("an address");
        assert_eq!(config.reachable().to_string(), "[::1]:7");
        config.advertised = Some("10.0.0.1:7".parse().expect("an address"));
        assert_eq!(config.reachable().to_string(), "10.0.0.1:7");
    }
}
