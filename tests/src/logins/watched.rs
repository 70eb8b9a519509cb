//! A broker with users, beside it a recording and a live observer that logs all it can; in the end
//! everything that the observer has put out.

use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use observer::source::live as capture;
use observer::source::live::{Counter, Why};
use tempfile::TempDir;
use xtask::kafka::{Broker, Config, User, Version};

use super::secrets::Secrets;
use super::{memory, tls};
use crate::binary;
use crate::clients::{Client, create_topics};
use crate::dumpcap::Recorder;
use crate::in_process::Said;
use crate::oracle::{Live, Metrics, Observing, answered_until};
use crate::record::{self, Record};
use crate::sieve::tap::Tap;
use crate::sieve::told::{Told, copied};
use crate::stored::run_file;

/// Who logs in.
pub const USER: &str = "alice";

/// How long a metric may take until it is as it should be.
const PATIENCE: Duration = Duration::from_secs(20);
/// Everything there is to log.
const LOG: [&str; 2] = ["--log", "trace"];

/// A broker that is observed.
pub struct Watched {
    /// The broker.
    pub broker: Broker,
    /// Where users log in.
    pub sasl: SocketAddr,
    /// Where TLS is spoken.
    pub tls: SocketAddr,
    /// The user's password in all its forms.
    pub secrets: Secrets,
    recorder: Recorder,
    live: Observing,
    tap: Tap,
    ports: Vec<u16>,
    _keys: TempDir,
}

/// What the observer put out.
#[derive(Debug)]
pub struct Outputs {
    /// Live.
    pub live: Live,
    /// The metrics of the recording.
    pub metrics: Metrics,
    /// The exchanges of the recording.
    pub replayed: Vec<Record>,
    /// Those that began before then have ended in it.
    pub until: Timestamp,
    /// The pipeline's own words about the recording.
    pub said: Said,
    /// Everything, live and replayed, by what it is.
    pub all: Vec<(&'static str, Vec<u8>)>,
    /// What the live observer had in its memory.
    pub memory: Vec<u8>,
    /// The recording's bytes.
    pub recording: Vec<u8>,
}

impl Watched {
    /// Starts it, with a user that may log in by any mechanism.
    pub fn start(version: Version, password: &str, clients: &[Client]) -> Result<Self> {
        let keys = tempfile::Builder::new().prefix("kafka-observer-keys-").tempdir()?;
        let user = User { name: USER.to_owned(), password: password.to_owned() };
        let config = Config::new(version)?.with_sasl(&[user])?;
        let sasl = config.sasl().context("no listener for users")?;
        let (config, tls) = tls::add_listener(config, keys.path())?;
        let ports = vec![config.listen.port(), sasl.port(), tls.port()];
        let recorder = Recorder::start(&ports)?;
        let live = Observing::start_with(&ports, &LOG)?.sieving()?;
        // Before any connection, so that all are in step from their SYN.
        let tap = Tap::start(&capture::Config {
            ports: ports.iter().map(|&port| port..=port).collect(),
            interfaces: vec!["lo".to_owned()],
            copy: capture::Copy::Sieve,
            ..capture::Config::default()
        });
        let broker = Broker::start(&config)?;
        create_topics(&broker, clients)?;
        let secrets = Secrets::give(broker.address(), USER, password)?;
        Ok(Self { broker, sasl, tls, secrets, recorder, live, tap, ports, _keys: keys })
    }

    /// Waits until the sum of a metric over the samples with this label is as given.
    pub fn await_metric(&self, name: &str, label: &str, value: u64) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let sum = self.live.metrics()?.sum(name, label);
            if sum == value {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("{name}{{{label}}} is {sum}, and does not become {value}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends all, and takes what the observer has put out, also of the recording.
    pub fn stop(self) -> Result<(Outputs, Secrets)> {
        let until = answered_until();
        let recording = self.recorder.stop()?;
        let memory = memory::of(self.live.pid())?;
        let live = self.live.stop()?;
        drop(self.broker);
        let (told, counters) = self.tap.finish();
        // TLS begins with what would be an impossible length.
        let of_kafka = |why: &&Why| !matches!(why, Why::Unproven | Why::Length);
        let falls = Why::ALL.iter().filter(of_kafka);
        if falls.map(|why| counters.get(Counter::of_fall(*why))).sum::<u64>() > 0 {
            bail!("connections of Kafka's fell out of step: {counters:?}");
        }
        if counters.lost_bytes() > 0 {
            bail!("the ring was full, so that not all is known that was copied: {counters:?}");
        }
        let is_clear = |told: &&Told| told.ports().iter().all(|port| *port != self.tls.port());
        let ring = copied(told.iter().filter(is_clear));
        let ports: Vec<_> = self.ports.iter().map(ToString::to_string).collect();
        let (file, ports) = (recording.path().display().to_string(), ports.join(","));
        let mut all = vec![
            ("what observe printed", live.printed.clone()),
            ("what observe logged", live.logged.clone()),
            ("/metrics", live.scraped.clone().into_bytes()),
            ("what the kernel copied", ring),
        ];
        let (mut metrics, mut replayed) = (Metrics::default(), Vec::new());
        for format in ["json", "metrics", "summary"] {
            let flags = ["replay", "--ports", &ports, "-o", format, LOG[0], LOG[1], &file];
            let output = binary::run(flags)?;
            match format {
                "json" => replayed = record::read(&*output.stdout)?,
                "metrics" => metrics = Metrics::parse(&String::from_utf8(output.stdout.clone())?)?,
                _ => {}
            }
            all.extend([("what replay printed", output.stdout), ("its log", output.stderr)]);
        }
        let watched = self.ports.iter().map(|&port| port..=port).collect();
        let said = run_file(&recording.path(), &watched)?;
        let recording = fs::read(recording.path())?;
        let outputs = Outputs { live, metrics, replayed, until, said, all, memory, recording };
        Ok((outputs, self.secrets))
    }
}
