//! Everything a broker refuses: a version in; what was said to it, what it counted of that, by API
//! and error and by topic, and what the observer saw, out.
//!
//! - `told`: what the clients of the scenario know themselves
//! - `coverage`: how many APIs and error codes there were
//! - `errors`: the observer's errors against the broker's
//! - `logins`: requests that nobody counts
//! - `topics`: the observer's bytes and records against the broker's

mod coverage;
mod errors;
mod logins;
mod told;
mod topics;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use xtask::kafka::{Broker, Config, User, Version};

pub use coverage::Coverage;
pub use errors::ErrorComparison;
pub use told::Told;
pub use topics::TopicComparison;

use super::differences::NEVER_QUIET;
use super::{Comparison, Live, Metrics, Observing, QUIET_PATIENCE, ports, replay};
use crate::dumpcap::{Recorder, Recording};
use crate::java::Programs;
use crate::jmx::{Jmx, Reading, TopicBytes};
use crate::record::Record;

/// The folder of the Java programs.
const PROGRAMS: &str = "errors";
/// Who may do everything, though not without logging in.
const ADMIN: &str = "admin";
/// Those who log in; the scenario knows the passwords.
const USERS: [&str; 2] = [ADMIN, "alice"];

const NO_LISTENER: &str = "no listener for users";

/// What the scenario left behind.
#[derive(Debug)]
pub struct Refusals {
    /// The broker's version.
    pub version: Version,
    /// What its clients were answered.
    pub told: Told,
    /// The broker's counts shortly before the recording ended, when all was quiet.
    pub reading: Reading,
    /// Its counts after that.
    pub after: Reading,
    /// Where users log in.
    pub sasl: SocketAddr,
    /// The recording, which begins before the broker does.
    pub recording: Recording,
    /// What the observer makes of it.
    pub replayed: Vec<Record>,
    /// Its metrics at the end of the recording.
    pub metrics: Metrics,
    /// What the observer saw live.
    pub live: Option<Live>,
    /// All was quiet then, and recorded.
    pub until: Timestamp,
}

impl Refusals {
    /// Starts a broker with users and permissions and a recording of it, and plays the scenario.
    pub fn gather(version: Version, is_live: bool) -> Result<Self> {
        let config = config(version)?;
        let programs = Programs::compile_with(version, &[PROGRAMS])?;
        let ports = ports(&config);
        let recorder = Recorder::start(&ports)?;
        let live = is_live.then(|| Observing::start(&ports)).transpose()?;
        let broker = Broker::start(&config)?;
        let mut jmx = Jmx::connect(&programs, config.jmx_port.context("no JMX port")?)?;
        let told = play(&programs, &broker)?;
        let reading = jmx.read_when_quiet(NEVER_QUIET, QUIET_PATIENCE)?;
        let until = Timestamp::now();
        let recording = recorder.stop()?;
        let live = live.map(Observing::stop).transpose()?;
        let after = jmx.read()?;
        // The reader closes its connection, which the broker must live to see.
        drop(jmx);
        drop(broker);
        let (replayed, metrics) = replay(&recording, &ports)?;
        let sasl = config.sasl().context(NO_LISTENER)?;
        Ok(Self { version, told, reading, after, sasl, recording, replayed, metrics, live, until })
    }

    /// The observer's counts of requests against the broker's.
    pub fn requests(&self) -> Comparison {
        let Self { version, reading, after, .. } = self;
        let replayed = logins::counted(&self.replayed, self.sasl);
        Comparison::new(*version, &replayed, reading, after, NEVER_QUIET)
    }

    /// The errors that one of the observer's metrics tell, against the broker's.
    pub fn errors(&self, metrics: &Metrics) -> ErrorComparison {
        let ours = metrics.by("request_errors_total", ["api", "error"]);
        let ours = ours.into_iter().map(|([api, error], count)| ((api, error), count)).collect();
        ErrorComparison::new(self.version, &ours, &self.told, &self.reading)
    }

    /// Bytes and records by topic, likewise.
    pub fn topics(&self, metrics: &Metrics) -> TopicComparison {
        let mut ours: BTreeMap<String, TopicBytes> = BTreeMap::new();
        let mut add = |metric, place: fn(&mut TopicBytes) -> &mut u64| {
            for ([topic], count) in metrics.by(metric, ["topic"]) {
                *place(ours.entry(topic).or_default()) += count;
            }
        };
        add("topic_produced_bytes_total", |topic| &mut topic.bytes_in);
        add("topic_produced_records_total", |topic| &mut topic.messages_in);
        add("topic_fetched_bytes_total", |topic| &mut topic.bytes_out);
        add("topic_share_fetched_bytes_total", |topic| &mut topic.bytes_out);
        TopicComparison::new(&ours, &self.told, &self.reading)
    }

    /// What the broker counted.
    pub fn coverage(&self) -> Coverage<'_> {
        Coverage::of(&self.reading)
    }
}

fn config(version: Version) -> Result<Config> {
    let user = |name: &&str| User { name: (*name).to_owned(), password: format!("{name}-secret") };
    let users: Vec<_> = USERS.iter().map(user).collect();
    Config::new(version)?.with_jmx()?.with_authorizer(&[ADMIN]).with_sasl(&users)
}

fn play(programs: &Programs, broker: &Broker) -> Result<Told> {
    let config = broker.config();
    let sasl = config.sasl().context(NO_LISTENER)?;
    let mut command = programs.command("Refusals");
    command.args([broker.address().to_string(), sasl.to_string()]);
    command.arg(format!("{}:{}", config.listen.ip(), config.controller_port));
    let output = command.output().context("cannot run Java")?;
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        bail!("the scenario failed:\n{err}");
    }
    Told::parse(&out)
}
