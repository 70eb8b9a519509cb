//! A cluster of two brokers, each an oracle of its own: followers fetch, and forward to the
//! controller, all the time.

use anyhow::{Context, Result};
use jiff::Timestamp;
use xtask::kafka::{Broker, Config, Version, Voter};

use super::differences::FOLLOWED;
use super::{
    Comparison, Live, Metrics, Observing, Plan, QUIET_PATIENCE, answered_until, load, replay,
};
use crate::dumpcap::Recorder;
use crate::java::Programs;
use crate::jmx::{Jmx, Reading};
use crate::record::Record;

/// What the observer made of a cluster's traffic.
#[derive(Debug)]
pub struct Cluster {
    /// Its counts against each broker's.
    pub brokers: Vec<Comparison>,
    /// Its exchanges of the recording.
    pub replayed: Vec<Record>,
    /// Its metrics at the end of the recording.
    pub metrics: Metrics,
    /// What it saw live.
    pub live: Option<Live>,
    /// When the recording was still complete.
    pub until: Timestamp,
}

struct Node {
    ports: Vec<u16>,
    // Dropped first: it closes a connection that the broker must live to see.
    jmx: Jmx,
    broker: Broker,
}

impl Cluster {
    /// Starts a controller that is a broker too, and a second broker, under the load.
    pub fn gather(plan: &Plan) -> Result<Self> {
        let version = plan.version;
        let programs = Programs::compile(version)?;
        let configs = configs(version)?;
        let ports: Vec<_> = configs.iter().flat_map(super::ports).collect();
        let recorder = Recorder::start(&ports)?;
        let live = plan.is_live.then(|| Observing::start(&ports)).transpose()?;
        let mut nodes = Vec::new();
        for config in &configs {
            let broker = Broker::start(config)?;
            let jmx = Jmx::connect(&programs, config.jmx_port.context("no JMX port")?)?;
            nodes.push(Node { ports: super::ports(config), jmx, broker });
        }
        let first = nodes.first().context("no broker")?;
        load(&programs, &first.broker, &["classic"], plan.requests)?;
        let before = nodes.iter_mut().map(|n| n.jmx.read_when_quiet(FOLLOWED, QUIET_PATIENCE));
        let before: Vec<Reading> = before.collect::<Result<_>>()?;
        let until = answered_until();
        let recording = recorder.stop()?;
        let live = live.map(Observing::stop).transpose()?;
        let after = nodes.iter_mut().map(|node| node.jmx.read());
        let after: Vec<Reading> = after.collect::<Result<_>>()?;
        let (replayed, metrics) = replay(&recording, &ports)?;
        let brokers = nodes.iter().zip(before.iter().zip(&after)).map(|(node, (before, after))| {
            let records: Vec<_> = replayed.iter().filter(|r| node.answered(r)).cloned().collect();
            Comparison::new(version, &records, before, after, FOLLOWED)
        });
        let brokers = brokers.collect();
        Ok(Self { brokers, replayed, metrics, live, until })
    }
}

impl Node {
    fn answered(&self, record: &Record) -> bool {
        self.ports.iter().any(|port| record.broker.ends_with(&format!(":{port}")))
    }
}

/// Topics have a replica on each.
fn configs(version: Version) -> Result<[Config; 2]> {
    let one = Config::new(version)?.with_jmx()?;
    let address = (one.listen.ip(), one.controller_port).into();
    let mut two = Config::new(version)?.with_jmx()?;
    two.node_id = 2;
    two.voters = vec![Voter { node_id: one.node_id, address }];
    Ok([one, two].map(|config| {
        ["default", "offsets.topic", "transaction.state.log"]
            .iter()
            .fold(config, |config, kind| config.set(&format!("{kind}.replication.factor"), 2))
    }))
}
