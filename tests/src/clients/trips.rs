//! Several clients at one broker: a plan in; what the observer made of a recording of them out.

use std::fs::File;

use anyhow::Result;
use xtask::kafka::{Broker, Config, Version};

use super::program::{java, output};
use super::{Client, Seen, Trip};
use crate::dumpcap::Recorder;
use crate::in_process::{self, Said};
use crate::oracle::{Metrics, replay};

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
    /// The observer's metrics at the end of the recording.
    pub metrics: Metrics,
}

/// Partitions of each topic.
const PARTITIONS: u32 = 3;

impl Evidence {
    /// Starts a broker and a recording of it, and lets the clients make their trips.
    pub fn gather(plan: &Plan<'_>) -> Result<Self> {
        let broker = Broker::start(&Config::new(plan.version)?)?;
        let ports = [broker.address().port()];
        create_topics(&broker, plan.clients)?;
        let recorder = Recorder::start(&ports)?;
        for client in plan.clients {
            let &Plan { records, codec, .. } = plan;
            Trip { client, bootstrap: broker.address(), records, codec, login: None }.make()?;
        }
        let recording = recorder.stop()?;
        drop(broker);
        let (_, metrics) = replay(&recording, &ports)?;
        let watched = ports.iter().map(|&port| port..=port).collect();
        let said = in_process::run(File::open(recording.path())?, &watched);
        Ok(Self { said, metrics })
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
