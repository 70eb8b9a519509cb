//! Several clients at one broker: a plan in; what the observer made of a recording of them out.

use anyhow::Result;
use jiff::Timestamp;
use xtask::kafka::{Broker, Config, Version};

use super::program::{java, output};
use super::{Client, Seen, Trip};
use crate::dumpcap::Recorder;
use crate::in_process::Said;
use crate::oracle::{Live, Metrics, Observing, answered_until, replay};
use crate::record::Record;
use crate::stored::run_file;

/// Which clients make which trip.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The broker's version.
    pub version: Version,
    /// Who, one after the other.
    pub clients: &'a [Client],
    /// Records of each.
    pub records: u64,
    /// Their codec.
    pub codec: Option<&'a str>,
}

/// What the observer saw of it.
#[derive(Debug)]
pub struct Evidence {
    /// The pipeline's own words.
    pub said: Said,
    /// The observer's exchanges of the recording.
    pub replayed: Vec<Record>,
    /// Its metrics at the end of the recording.
    pub metrics: Metrics,
    /// What it saw live.
    pub live: Option<Live>,
    /// When the recording was still complete.
    pub until: Timestamp,
}

/// Partitions of each topic.
const PARTITIONS: u32 = 3;

impl Evidence {
    /// Starts a broker, a recording of it and, with `is_live`, the observer beside, and lets the clients make
    /// their trips.
    pub fn gather(plan: &Plan<'_>, is_live: bool) -> Result<Self> {
        let broker = Broker::start(&Config::new(plan.version)?)?;
        let ports = [broker.address().port()];
        create_topics(&broker, plan.clients)?;
        let recorder = Recorder::start(&ports)?;
        let live = is_live.then(|| Observing::start(&ports)).transpose()?;
        for client in plan.clients {
            let &Plan { records, codec, .. } = plan;
            Trip { client, bootstrap: broker.address(), records, codec, login: None }.make()?;
        }
        let until = answered_until();
        let recording = recorder.stop()?;
        let live = live.map(Observing::stop).transpose()?;
        drop(broker);
        let (replayed, metrics) = replay(&recording, &ports)?;
        let watched = ports.iter().map(|&port| port..=port).collect();
        let said = run_file(&recording.path(), &watched)?;
        Ok(Self { said, replayed, metrics, live, until })
    }

    /// What was seen of a client.
    pub fn of(&self, client: &Client) -> Seen<'_> {
        Seen::new(&self.said, client)
    }
}

/// Creates the clients' topics: not all clients wait for a topic that is created when it is asked
/// for.
pub fn create_topics(broker: &Broker, clients: &[Client]) -> Result<()> {
    let mut command = java("4.4.0", "Topics.java")?;
    command.args([broker.address().to_string(), PARTITIONS.to_string()]);
    command.args(clients.iter().map(Client::topic));
    output(command).map(drop)
}
