//! A broker and its clients: loads and contestants in, one after the other; measured runs out.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::client::{Client, Traffic};
use super::contestant::{Contestant, Place};
use super::load::{Load, Shape};
use super::run::{Job, Run};
use super::{cpu, decode, idle, switching};
use crate::kafka::{Broker, Config, Jvm, Listener, Version, free_ports};
use crate::process;

const PROXIED: &str = "PROXIED";
/// A broker is quiet that worked for less than a tenth of this time.
const WINDOW: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(10);

/// What all runs share.
#[derive(Debug)]
pub struct Stage {
    place: Place,
    client: Client,
    broker: Broker,
    /// Topics so far.
    topics: u32,
    /// The topic that is read again and again, once there is one.
    filled: Option<String>,
    _folder: TempDir,
}

impl Stage {
    /// Starts broker and clients; their files are in a folder in this one, on a disk as a broker's
    /// are: one that writes into memory works less.
    pub fn start(observer: PathBuf, within: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("stage-").tempdir_in(within)?;
        let [inner, outer] = free_ports()?;
        let proxy = (local(outer), local(inner));
        let broker = Broker::start(&config(folder.path(), proxy)?)?;
        let client = Client::start(folder.path())?;
        let place = Place {
            broker: broker.address(),
            ports: broker.ports().into_iter().filter(|&port| port != inner).collect(),
            proxy,
            observer,
            folder: folder.path().to_owned(),
        };
        Ok(Self { place, client, broker, topics: 0, filled: None, _folder: folder })
    }

    /// What it cost the broker to serve a gigabyte, and the records a second it took, alone.
    pub fn warm_up(&mut self, load: Load, quick: bool) -> Result<(f64, f64)> {
        let subject = String::new();
        let job = Job { load, contestant: Contestant::None, pass: 0, quick, subject };
        let shape = load.shape(quick);
        let run = self.measure(job, 0)?;
        let records = f64::from(shape.records) * f64::from(shape.rounds.max(1));
        Ok((run.broker_cpu / run.gigabytes(), records / run.seconds))
    }

    /// The load itself; where the contestant comes and goes, also what it left of the throughput.
    fn traffic(
        &mut self,
        job: &Job,
        shape: &Shape,
        command: impl Fn(&Shape) -> String,
    ) -> Result<(Traffic, Option<Vec<f64>>)> {
        if job.contestant != Contestant::OnOff {
            return Ok((self.client.run(&command(shape))?, None));
        }
        let command = command(&shape.times(job.load.switched()));
        let (traffic, shares) = switching::switch(&self.place, &mut self.client, &command)?;
        Ok((traffic, Some(shares)))
    }

    /// Makes a run. Whether the broker was warm is for the caller to add.
    pub fn measure(&mut self, job: Job, rate: u32) -> Result<Run> {
        let shape = job.load.shape(job.quick);
        let topic = self.topic(&shape)?;
        let running = job.contestant.start(&self.place)?;
        if job.contestant.warms_up() {
            let topic = self.topic(&shape)?;
            self.client.run(&shape.command(running.entrance, &topic, rate))?;
            self.forget_written(&shape, &topic)?;
        }
        let silent = idle::open(running.entrance, shape.idle)?;
        self.settle()?;
        let before = running.before()?;
        let broker_before = self.broker_time()?;
        let (traffic, throughput) = self
            .traffic(&job, &shape, |shape| shape.command(running.entrance, &topic, rate))
            .with_context(|| self.broker_state())?;
        let broker_cpu = self.broker_time()?.saturating_sub(broker_before);
        let after = running.after()?;
        let is_decoded = job.contestant == Contestant::Tshark;
        // What records for a decoder is not what competes.
        let peak_memory = if is_decoded { None } else { running.peak_memory()? };
        let dropped_packets = running.finish()?;
        drop(silent);
        self.forget_written(&shape, &topic)?;
        Ok(Run {
            rate,
            unsteady: false,
            wire_bytes: traffic.wire_bytes,
            requests: traffic.requests,
            seconds: traffic.seconds,
            latency_ms: traffic.latency_ms,
            broker_cpu: broker_cpu.as_secs_f64(),
            process_cpu: after.process.saturating_sub(before.process).as_secs_f64(),
            kernel_cpu: after
                .kernel
                .zip(before.kernel)
                .map(|(after, before)| after.saturating_sub(before).as_secs_f64()),
            captured: after
                .captured
                .zip(before.captured)
                .map(|(after, before)| after.since(&before)),
            peak_memory,
            dropped_packets,
            throughput,
            decoded: is_decoded.then(|| decode::decode(&self.place)).transpose()?,
            job,
        })
    }

    /// Waits until the broker has done what it still did for the run before; if it does not become
    /// quiet, it is measured as it is.
    fn settle(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let before = self.broker_time()?;
            thread::sleep(WINDOW);
            let is_quiet = self.broker_time()?.saturating_sub(before) < WINDOW / 10;
            if is_quiet || Instant::now() > deadline {
                return Ok(());
            }
        }
    }

    fn broker_state(&self) -> &'static str {
        let is_alive = process::started(self.broker.id()).is_some();
        if is_alive { "the broker runs" } else { "the broker has ended" }
    }

    fn broker_time(&self) -> Result<Duration> {
        cpu::time(self.broker.id())
    }

    /// A fresh topic to write, or the one to read.
    fn topic(&mut self, shape: &Shape) -> Result<String> {
        if shape.only_reads()
            && let Some(filled) = &self.filled
        {
            return Ok(filled.clone());
        }
        self.topics += 1;
        let topic = format!("bench-{}", self.topics);
        self.order("create", &topic, &format!(" partitions={}", shape.partitions))?;
        if shape.only_reads() {
            self.client.run(&shape.produce(self.place.broker, &topic, 0))?;
            self.filled = Some(topic.clone());
        }
        Ok(topic)
    }

    /// Deletes a topic that was written, and waits until its logs are gone: they take memory, and removing them
    /// time.
    fn forget_written(&mut self, shape: &Shape, topic: &str) -> Result<()> {
        if shape.only_reads() {
            return Ok(());
        }
        self.order("delete", topic, "")?;
        let deadline = Instant::now() + PATIENCE;
        while is_kept(&self.broker.dir().join("data"), topic)? {
            ensure!(Instant::now() < deadline, "the broker does not remove {topic}");
            thread::sleep(WINDOW / 10);
        }
        Ok(())
    }

    fn order(&mut self, verb: &str, topic: &str, rest: &str) -> Result<()> {
        let bootstrap = self.place.broker;
        self.client.run(&format!("{verb} bootstrap={bootstrap} topic={topic}{rest}"))?;
        Ok(())
    }
}

/// A broker as it is run, but that it forgets a topic at once, and no connection for being idle.
fn config(folder: &Path, (entrance, inner): (SocketAddr, SocketAddr)) -> Result<Config> {
    let mut config = Config::new(Version::LATEST)?;
    config.jvm = Jvm::benchmark();
    config.dir = Some(folder.join("broker"));
    let (name, protocol) = (PROXIED.to_owned(), "PLAINTEXT".to_owned());
    config.listeners = vec![Listener { name, protocol, address: inner }];
    let advertised = format!("PLAINTEXT://{},{PROXIED}://{entrance}", config.listen);
    Ok(config
        .set("advertised.listeners", advertised)
        .set("auto.create.topics.enable", false)
        .set("log.segment.delete.delay.ms", 100)
        .set("log.initial.task.delay.ms", 100)
        .set("connections.max.idle.ms", 3_600_000))
}

/// Whether the folder has logs of the topic, deleted ones included.
fn is_kept(data: &Path, topic: &str) -> Result<bool> {
    for log in fs::read_dir(data)? {
        let name = log?.file_name();
        if name.to_string_lossy().starts_with(&format!("{topic}-")) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
