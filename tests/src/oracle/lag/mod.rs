//! Groups that fall behind, join and leave, and what Kafka's own tool says of them meanwhile. The tool
//! asks on a listener of its own, which the observer does not watch: it must know from the groups'
//! traffic alone.
//!
//! - `described`: the tool
//! - `history`: what was known at which time
//! - `scraped`: what a running observer exported
//! - `timeline`: what the observer knew, and when

mod described;
mod history;
mod scraped;
mod timeline;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use observer::protocol::api::ApiKey;
use observer::time::Timestamp;
use xtask::kafka::{Broker, Config, Listener, Version, free_port};

pub use described::{Row, Rows, Shared};
pub use history::{History, Known};
pub use timeline::Timeline;

use super::{Live, Metrics, Observing, answered_until, replay};
use crate::dumpcap::Recorder;
use crate::java::Programs;
use crate::record::Record;
use scraped::Scraping;

/// The groups, which are called after their protocols.
pub const GROUPS: [&str; 2] = ["classic", "consumer"];
/// A group that commits in transactions.
pub const TRANSACTIONAL: &str = "transactional";
/// The share group.
pub const SHARED: &str = "share";
/// How often members commit.
pub const COMMIT_INTERVAL: Duration = Duration::from_millis(500);
const TOPIC: &str = "lagging";
/// What happens before each moment: members come and go.
const COURSE: [&str; 5] = ["join", "join", "leave", "join", "leave"];

/// What the tool said at one moment.
#[derive(Debug)]
pub struct Moment {
    /// When its requests for offsets and ends began and ended.
    pub span: (Timestamp, Timestamp),
    /// What it said.
    pub rows: Rows,
}

/// How many members the tool said that each group has.
#[derive(Debug)]
pub struct Members {
    /// When it was started and when it had ended.
    pub span: (Timestamp, Timestamp),
    /// By group.
    pub counts: BTreeMap<String, u64>,
}

/// What there is to compare.
#[derive(Debug)]
pub struct Lags {
    /// What the observer knew.
    pub timeline: Timeline,
    /// What the tool said while members came and went.
    pub moments: Vec<Moment>,
    /// What it said of members, once after each round of the course.
    pub members: Vec<Members>,
    /// What it said when nothing moved any more.
    pub last: Rows,
    /// And the other tool of the share group.
    pub last_shared: Shared,
    /// What the observer exported meanwhile, where it captured as well.
    pub live: Option<Exported>,
}

/// What a capturing observer exported.
#[derive(Debug)]
pub struct Exported {
    /// Of groups, read again and again.
    pub history: History,
    /// When all was quiet.
    pub live: Live,
    /// The metrics of the recording's replay.
    pub replayed: Metrics,
    /// And its exchanges.
    pub records: Vec<Record>,
    /// Those that began before then have ended in it.
    pub until: jiff::Timestamp,
}

impl Lags {
    /// Starts a broker and its recording, lets groups come and go, and asks so many times.
    pub fn gather(moments: usize, is_live: bool) -> Result<Self> {
        let mut config = Config::new(Version::LATEST)?;
        let address = (Ipv4Addr::LOCALHOST, free_port()?).into();
        let (name, protocol) = ("ASKED".to_owned(), "PLAINTEXT".to_owned());
        config.listeners.push(Listener { name, protocol, address });
        let ports = [config.listen.port()];
        let asked = [address.port()];
        let programs = Programs::compile_with(Version::LATEST, &["groups"])?;
        let recorder = Recorder::start(&[ports, asked].concat())?;
        let observing = is_live.then(|| Observing::start(&ports)).transpose()?;
        let scraping = observing.as_ref().map(|o| Scraping::start(o.address(), TOPIC));
        let broker = Broker::start(&config)?;
        let mut groups = Lagging::start(&programs, &broker)?;
        let address = address.to_string();
        let (mut told, mut members) = (Vec::new(), Vec::new());
        for (number, command) in COURSE.iter().cycle().take(moments).enumerate() {
            groups.tell(command)?;
            let begin = now()?;
            let rows = described::describe(&broker, &address, &GROUPS)?;
            told.push(((begin, now()?), rows));
            if number % COURSE.len() == COURSE.len() - 1 {
                let begin = now()?;
                let counts = described::members(&broker, &address, &GROUPS)?;
                members.push(Members { span: (begin, now()?), counts });
            }
        }
        groups.tell("quiet")?;
        let [classic, consumer] = GROUPS;
        let last = [classic, consumer, TRANSACTIONAL];
        let last = described::describe(&broker, &address, &last)?;
        let last_shared = described::describe_shared(&broker, &address, SHARED)?;
        let until = answered_until();
        let recording = recorder.stop()?;
        let history = scraping.map(Scraping::stop).transpose()?;
        let live = observing.map(Observing::stop).transpose()?;
        drop((groups, broker));
        let live = history.zip(live).map(|(history, live)| -> Result<_> {
            let (records, replayed) = replay(&recording, &ports)?;
            Ok(Exported { history, live, replayed, records, until })
        });
        let file = recording.path();
        let apis = [ApiKey::OFFSET_FETCH, ApiKey::LIST_OFFSETS];
        let mut moments = Vec::new();
        for (started, rows) in told {
            // Of groups that nobody has joined yet the tool asks no more.
            let span = timeline::span(&file, &asked, &apis, started)?.unwrap_or(started);
            moments.push(Moment { span, rows });
        }
        Ok(Self {
            timeline: Timeline::of(&file, &ports, TOPIC)?,
            moments,
            members,
            last,
            last_shared,
            live: live.transpose()?,
        })
    }
}

/// The program that plays the groups; it ends when dropped.
struct Lagging {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Lagging {
    fn start(programs: &Programs, broker: &Broker) -> Result<Self> {
        let mut command = programs.command("Lagging");
        command.args([broker.address().to_string(), TOPIC.to_owned()]);
        command.args(GROUPS).args([TRANSACTIONAL, SHARED]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("JAVA_TOOL_OPTIONS", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error");
        let mut process = command.spawn().context("cannot run Java")?;
        let input = process.stdin.take().context("no standard input")?;
        let output = BufReader::new(process.stdout.take().context("no standard output")?);
        Ok(Self { process, input, output })
    }

    /// Returns when the command was obeyed.
    fn tell(&mut self, command: &str) -> Result<()> {
        writeln!(self.input, "{command}")?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        match answer.trim() {
            "ok" => Ok(()),
            other => bail!("the groups did not {command}: {other}"),
        }
    }
}

impl Drop for Lagging {
    fn drop(&mut self) {
        // Fails only for a process that has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// So long before a time.
pub fn before(time: Timestamp, by: Duration) -> Timestamp {
    Timestamp(time.0.saturating_sub(by.as_nanos() as u64))
}

fn now() -> Result<Timestamp> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Timestamp(u64::try_from(since.as_nanos())?))
}
