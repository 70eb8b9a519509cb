//! A broker that goes and comes back: a configuration in, its runs out.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use xtask::kafka::{Broker, Config};

use super::run::{Counted, Run, Span, Timed};
use super::{Exit, NEVER_QUIET};
use crate::java::Programs;
use crate::jmx::{Jmx, Reading};
use crate::oracle::QUIET_PATIENCE;

/// Time between two readings of a broker that goes.
const PAUSE: Duration = Duration::from_millis(20);

/// One of the cluster's nodes.
#[derive(Debug)]
pub struct Node {
    pub(super) config: Config,
    running: Option<Running>,
    ended: Vec<Run>,
}

#[derive(Debug)]
struct Running {
    // Dropped first: it closes a connection that the broker must live to see.
    jmx: Option<Jmx>,
    broker: Broker,
    since: Timestamp,
    counted: Counted,
    quiet: Vec<Counted>,
}

impl Node {
    /// A node that does not run yet.
    pub fn new(config: Config) -> Self {
        Self { config, running: None, ended: Vec::new() }
    }

    /// Begins a run.
    pub fn launch(&mut self) -> Result<()> {
        let since = Timestamp::now();
        let broker = Broker::launch(&self.config)?;
        let (counted, quiet) = (Counted::default(), Vec::new());
        self.running = Some(Running { jmx: None, broker, since, counted, quiet });
        Ok(())
    }

    /// Returns when the broker answers, and its counts can be read.
    pub fn wait_until_ready(&mut self, programs: &Programs) -> Result<()> {
        let port = self.config.jmx_port.context("no JMX port")?;
        let running = self.running()?;
        running.broker.wait_until_ready()?;
        running.jmx = Some(Jmx::connect(programs, port)?);
        Ok(())
    }

    /// Reads what the broker has counted, when all is quiet.
    pub fn read_when_quiet(&mut self) -> Result<()> {
        let Running { jmx, counted, quiet, .. } = self.running()?;
        let jmx = jmx.as_mut().context("no JMX")?;
        jmx.read_when_quiet(NEVER_QUIET, QUIET_PATIENCE)?;
        counted.take(read(jmx)?);
        quiet.push(counted.clone());
        Ok(())
    }

    /// Ends a run, and reads what the broker counts for as long as it says so.
    pub fn exit(&mut self, exit: Exit) -> Result<()> {
        let running = self.running.take().context("it does not run")?;
        let Running { jmx, broker, since, mut counted, quiet } = running;
        let mut jmx = jmx.context("no JMX")?;
        counted.take(read(&mut jmx)?);
        thread::scope(|scope| {
            scope.spawn(|| read_to_the_end(&mut jmx, &mut counted));
            match exit {
                Exit::Killed => drop(broker),
                Exit::Stopped => broker.stop()?,
            }
            anyhow::Ok(())
        })?;
        self.finish(since, counted, quiet);
        Ok(())
    }

    /// All its runs; it goes.
    pub fn into_runs(mut self) -> Vec<Run> {
        if let Some(Running { since, counted, quiet, .. }) = self.running.take() {
            self.finish(since, counted, quiet);
        }
        self.ended
    }

    fn running(&mut self) -> Result<&mut Running> {
        self.running.as_mut().context("it does not run")
    }

    fn finish(&mut self, since: Timestamp, counted: Counted, quiet: Vec<Counted>) {
        let Config { node_id, listen, controller_port, .. } = self.config;
        self.ended.push(Run {
            node_id,
            listener: listen,
            controller: (listen.ip(), controller_port).into(),
            span: Span { from: since, to: Timestamp::now() },
            quiet,
            counted,
        });
    }
}

fn read(jmx: &mut Jmx) -> Result<Timed<Reading>> {
    let from = Timestamp::now();
    let value = jmx.read()?;
    Ok(Timed { span: Span { from, to: Timestamp::now() }, value })
}

/// Reads until the broker's counts go, and then it.
fn read_to_the_end(jmx: &mut Jmx, counted: &mut Counted) {
    while let Ok(reading) = read(jmx) {
        if !counted.take(reading) {
            return;
        }
        thread::sleep(PAUSE);
    }
}
