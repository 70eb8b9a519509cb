//! Three brokers that replicate each other's partitions, and come and go under load: what happens to
//! them in; what each counted in each of its runs, and what the observer saw, out.
//!
//! - `load`: the clients
//! - `node`: a broker that is stopped and started again
//! - `run`: what a broker counted between a start and a stop
//! - `traffic`: exchange records, by broker and run
//! - `bounds`: a run's counts against what passed the wire
//! - `requests`, `errors`, `topics`: the counts of each kind
//! - `metrics`: the observer's metrics against its exchange records

mod bounds;
mod errors;
mod load;
mod metrics;
mod node;
mod requests;
mod run;
mod topics;
mod traffic;

use std::thread;

use anyhow::Result;
use jiff::Timestamp;
use tempfile::TempDir;
use xtask::kafka::{Config, Version, Voter};

pub use bounds::Account;
use bounds::Bounds;
pub use run::Run;
pub use traffic::View;

use super::{Observing, answered_until, ports, replay};
use crate::dumpcap::Recorder;
use crate::java::Programs;
use load::Load;
use node::Node;

/// How many nodes, each a broker and a controller.
const NODES: u32 = 3;
/// The folder of the Java programs.
const PROGRAMS: &str = "replicas";

/// What nodes and members of groups ask for when nothing happens: compared within bounds.
const NEVER_QUIET: &[&str] =
    &["BrokerHeartbeat", "ConsumerGroupHeartbeat", "Fetch", "FetchFollower", "Heartbeat"];

/// How a broker goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It is asked to, and hands over what it leads.
    Stopped,
    /// It is given no time at all.
    Killed,
}

/// What there is to compare.
#[derive(Debug)]
pub struct Replicas {
    /// What the brokers counted, in each run of each.
    pub runs: Vec<Run>,
    /// What the observer makes of the recording, which begins before the brokers do; and what it saw
    /// live, if it did.
    pub views: Vec<View>,
    /// Exchanges that began before then have ended in both.
    pub until: Timestamp,
}

impl Replicas {
    /// Starts the nodes under a load, and lets them go, by their number from 0, and come back, one
    /// after the other.
    pub fn gather(exits: &[(usize, Exit)], is_live: bool) -> Result<Self> {
        let programs = Programs::compile_with(Version::LATEST, &[PROGRAMS])?;
        let folder = tempfile::Builder::new().prefix("kafka-observer-replicas-").tempdir()?;
        let configs = configs(&folder)?;
        let ports: Vec<_> = configs.iter().flat_map(ports).collect();
        let recorder = Recorder::start(&ports)?;
        let live = is_live.then(|| Observing::start(&ports)).transpose()?;
        let mut nodes: Vec<_> = configs.into_iter().map(Node::new).collect();
        nodes.iter_mut().try_for_each(Node::launch)?;
        nodes.iter_mut().try_for_each(|node| node.wait_until_ready(&programs))?;
        let mut load = Load::start(&programs, &nodes)?;
        load.progress()?;
        for (number, exit) in exits {
            come_and_go(&programs, &mut nodes, &mut load, *number, *exit)?;
        }
        load.end()?;
        nodes.iter_mut().try_for_each(Node::read_when_quiet)?;
        let until = answered_until();
        let recording = recorder.stop()?;
        let live = live.map(Observing::stop).transpose()?;
        let runs = nodes.into_iter().flat_map(Node::into_runs).collect();
        let (records, metrics) = replay(&recording, &ports)?;
        let mut views = vec![View::new("replayed", records, metrics)];
        views.extend(live.map(|live| View::new("live", live.records, live.metrics)));
        Ok(Self { runs, views, until })
    }
}

fn come_and_go(
    programs: &Programs,
    nodes: &mut [Node],
    load: &mut Load,
    number: usize,
    exit: Exit,
) -> Result<()> {
    read_when_quiet(nodes, load)?;
    if let Some(node) = nodes.get_mut(number) {
        node.exit(exit)?;
        load.progress()?;
        node.launch()?;
        node.wait_until_ready(programs)?;
    }
    load.in_sync()?;
    // After the election brokers forget what they counted of topics that they no longer lead.
    read_when_quiet(nodes, load)?;
    load.elect()?;
    load.progress()
}

fn read_when_quiet(nodes: &mut [Node], load: &mut Load) -> Result<()> {
    load.hold()?;
    nodes.iter_mut().try_for_each(Node::read_when_quiet)?;
    // What passes from here on was surely not read.
    thread::sleep(2 * traffic::SLACK);
    load.resume()
}

/// Nodes that know each other, and keep their logs in the folder.
fn configs(folder: &TempDir) -> Result<Vec<Config>> {
    let mut configs = Vec::new();
    for node_id in 1..=NODES {
        let mut config = Config::new(Version::LATEST)?.with_jmx()?;
        config.node_id = node_id;
        config.dir = Some(folder.path().join(node_id.to_string()));
        configs.push(config);
    }
    let voters: Vec<_> = configs.iter().map(voter).collect();
    let finish = |config: Config| {
        let config = Config { voters: voters.clone(), ..config };
        config
            .set("offsets.topic.replication.factor", NODES)
            .set("offsets.topic.num.partitions", NODES)
            // Leaders change when the test says so.
            .set("auto.leader.rebalance.enable", false)
            .set("broker.heartbeat.interval.ms", 500)
            .set("broker.session.timeout.ms", 6_000)
    };
    Ok(configs.into_iter().map(finish).collect())
}

fn voter(config: &Config) -> Voter {
    let address = (config.listen.ip(), config.controller_port).into();
    Voter { node_id: config.node_id, address }
}
