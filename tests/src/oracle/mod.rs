//! The broker as the oracle: a Kafka version and a load in; what the observer saw of it, live and
//! from a recording made at the same time, and what the broker counted itself, out.
//!
//! - `cluster`: the same for a cluster of two brokers
//! - `console`: Kafka's command-line tools, as a part of the load
//! - `counts`: the observer's ended requests against the broker's, for each API and version
//! - `differences`: what the broker is known to count in another way, and why
//! - `exchanges`: two sets of exchange records against each other
//! - `lag`: groups that fall behind, and what Kafka's own tool says of them
//! - `latency`: the observer's broker time against the broker's
//! - `ledger`: the observer's metrics, and whether its two ledgers balance
//! - `refusals`: everything that a broker refuses, and how it counts that
//! - `replicas`: three brokers that come and go

mod cluster;
mod console;
mod counts;
mod differences;
mod exchanges;
mod lag;
mod latency;
mod ledger;
mod live;
mod refusals;
mod replicas;

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use xtask::kafka::{Broker, Config, Version};

pub use cluster::Cluster;
pub use counts::Comparison;
pub use differences::{REFUSED_INSIDE, UNCOUNTED_API};
pub use exchanges::{Differences, check_same, differing};
pub use lag::{
    COMMIT_INTERVAL, Exported, GROUPS, History, Known, Lags, Moment, Row, SHARED, TRANSACTIONAL,
    Timeline, before,
};
pub use latency::Latency;
pub use ledger::Metrics;
pub use live::{Live, Observing};
pub use refusals::{Coverage, ErrorComparison, Refusals, Told, TopicComparison};
pub use replicas::{Account, Exit, Replicas, Run, View};

use crate::binary;
use crate::dumpcap::{Recorder, Recording};
use crate::java::Programs;
use crate::jmx::{Jmx, Reading};
use crate::record::{self, Record};

/// How long after the load's end a broker may still answer.
const QUIET_PATIENCE: Duration = Duration::from_mins(1);
/// Requests until the broker's Java machine has compiled what it needs.
const WARM_UP: u32 = 2_000;

/// A broker and what is asked of it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The broker's version, and that of the Java clients.
    pub version: Version,
    /// About how many requests.
    pub requests: u32,
    /// How consumers form groups.
    pub group_protocols: &'static [&'static str],
    /// Whether the observer captures as well, beside the recording.
    pub is_live: bool,
}

/// What there is to compare.
#[derive(Debug)]
pub struct Evidence {
    /// The broker's version.
    pub version: Version,
    /// The recording, which begins before the broker does.
    pub recording: Recording,
    /// What the observer makes of it.
    pub replayed: Vec<Record>,
    /// Its metrics at the end of the recording.
    pub metrics: Metrics,
    /// What the observer saw live.
    pub live: Option<Live>,
    /// When broker and clients had run for a while, and all was quiet.
    pub warm: (Timestamp, Reading),
    /// The broker's counts shortly before the recording ended, when all was quiet again.
    pub before: Reading,
    /// The broker's counts after that.
    pub after: Reading,
    /// When the recording was still complete.
    pub until: Timestamp,
}

impl Evidence {
    /// Starts broker, recording and load, and gathers what they say.
    pub fn gather(plan: &Plan) -> Result<Self> {
        let config = Config::new(plan.version)?.with_jmx()?;
        let programs = Programs::compile(plan.version)?;
        let ports = ports(&config);
        let recorder = Recorder::start(&ports)?;
        let live = plan.is_live.then(|| Observing::start(&ports)).transpose()?;
        let broker = Broker::start(&config)?;
        let mut jmx = Jmx::connect(&programs, config.jmx_port.context("no JMX port")?)?;
        load(&programs, &broker, plan.group_protocols, WARM_UP)?;
        console::run(&broker)?;
        let warm = jmx.read_when_quiet(differences::NEVER_QUIET, QUIET_PATIENCE)?;
        let warm = (Timestamp::now(), warm);
        load(&programs, &broker, plan.group_protocols, plan.requests)?;
        let before = jmx.read_when_quiet(differences::NEVER_QUIET, QUIET_PATIENCE)?;
        let until = Timestamp::now();
        let recording = recorder.stop()?;
        let live = live.map(Observing::stop).transpose()?;
        let after = jmx.read()?;
        // The reader closes its connection, which the broker must live to see.
        drop(jmx);
        drop(broker);
        let (replayed, metrics) = replay(&recording, &ports)?;
        let version = plan.version;
        Ok(Self { version, recording, replayed, metrics, live, warm, before, after, until })
    }

    /// The observer's counts of the recording against the broker's.
    pub fn comparison(&self) -> Comparison {
        let Self { version, replayed, before, after, .. } = self;
        Comparison::new(*version, replayed, before, after, differences::NEVER_QUIET)
    }
}

/// A moment before which all was asked that has been answered now: a fetch waits half a second for records,
/// and whoever leaves does not wait for it.
pub fn answered_until() -> Timestamp {
    const LONGEST_FETCH: Duration = Duration::from_secs(1);
    let until = Timestamp::now();
    thread::sleep(LONGEST_FETCH);
    until
}

/// Replays a recording twice: for its exchanges, and for its metrics.
pub fn replay(recording: &Recording, ports: &[u16]) -> Result<(Vec<Record>, Metrics)> {
    let file = recording.path();
    let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
    let ports = ports.join(",");
    let with_output = |format| {
        let file = file.as_os_str();
        let flags = ["replay", "--ports", &ports, "-o", format].map(std::ffi::OsStr::new);
        binary::printed(flags.into_iter().chain([file]))
    };
    let records = record::read(&*with_output("json")?)?;
    let metrics = Metrics::parse(&String::from_utf8(with_output("metrics")?)?)?;
    Ok((records, metrics))
}

/// All ports whose requests the broker counts.
fn ports(config: &Config) -> Vec<u16> {
    let mut ports = vec![config.listen.port()];
    ports.extend(config.listeners.iter().map(|listener| listener.address.port()));
    if config.version.is_kraft() {
        ports.push(config.controller_port);
    }
    ports
}

fn load(
    programs: &Programs,
    broker: &Broker,
    group_protocols: &[&str],
    requests: u32,
) -> Result<()> {
    let mut command = programs.command("Load");
    command.args([broker.address().to_string(), requests.to_string()]);
    let output = command.args(group_protocols).output().context("cannot run Java")?;
    if !output.status.success() {
        bail!("the load failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
