//! The broker's own counts: a JMX port in, readings of its request metrics out.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::java::Programs;

/// Time between two readings that must agree.
const PAUSE: Duration = Duration::from_millis(700);

/// What a broker counts of its requests, since it started.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// `RequestsPerSec` by API name and version.
    pub requests: BTreeMap<(String, i16), u64>,
    /// `ErrorsPerSec` by API name and error.
    pub errors: BTreeMap<(String, String), u64>,
    /// `TotalTimeMs` by API name.
    pub times: BTreeMap<String, Mean>,
    /// `BrokerTopicMetrics` by topic; what never moved may be missing.
    pub topics: BTreeMap<String, TopicBytes>,
    /// `ReplicationBytesOutPerSec`: record sets that followers were answered with.
    pub replicated_out: u64,
}

/// What a broker counts of a topic, since it started or since the topic was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopicBytes {
    /// `BytesInPerSec`: record sets that were appended.
    pub bytes_in: u64,
    /// `BytesOutPerSec`: record sets that consumers were answered with.
    pub bytes_out: u64,
    /// `MessagesInPerSec`: records that were appended.
    pub messages_in: u64,
}

/// A number of times, and their mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    /// How many.
    pub count: u64,
    /// Mean in milliseconds.
    pub mean_ms: f64,
}

impl Mean {
    /// All of them together, in milliseconds.
    pub fn sum_ms(self) -> f64 {
        self.mean_ms * self.count as f64
    }
}

/// A connection to a broker's JMX, kept open in a Java process that ends with this value.
#[derive(Debug)]
pub struct Jmx {
    process: Child,
    /// Taken when the value is dropped: the process ends with its standard input.
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Jmx {
    /// Connects to the JMX port of a broker on this machine.
    pub fn connect(programs: &Programs, port: u16) -> Result<Self> {
        let mut command = programs.command("Jmx");
        command.arg(port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot run Java")?;
        let asks = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().context("no standard output")?);
        Ok(Self { process, asks, answers })
    }

    /// Reads all of it.
    pub fn read(&mut self) -> Result<Reading> {
        let asks = self.asks.as_mut().context("no standard input")?;
        writeln!(asks)?;
        let mut reading = Reading::default();
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line)? == 0 {
                bail!("the JMX reader ended; it says above why");
            }
            if line.trim_end() == "end" {
                return Ok(reading);
            }
            reading.take(line.trim_end()).with_context(|| format!("not a reading: {line}"))?;
        }
    }

    /// Reads until three readings in a row agree on all requests but those that `never_quiet` names,
    /// and returns the last.
    pub fn read_when_quiet(&mut self, never_quiet: &[&str], patience: Duration) -> Result<Reading> {
        let deadline = Instant::now() + patience;
        let mut last = self.read()?;
        let mut agreed = 0;
        while agreed < 2 {
            if Instant::now() > deadline {
                bail!("the broker's request counts still move {patience:?} after the load's end");
            }
            thread::sleep(PAUSE);
            let next = self.read()?;
            let is_quiet = next.quiet_requests(never_quiet).eq(last.quiet_requests(never_quiet));
            agreed = if is_quiet { agreed + 1 } else { 0 };
            last = next;
        }
        Ok(last)
    }
}

impl Drop for Jmx {
    fn drop(&mut self) {
        drop(self.asks.take());
        // It has ended, or is about to.
        let _ = self.process.wait();
    }
}

impl Reading {
    fn quiet_requests<'a>(
        &'a self,
        never_quiet: &'a [&str],
    ) -> impl Iterator<Item = (&'a (String, i16), &'a u64)> {
        self.requests.iter().filter(|((api, _), _)| !never_quiet.contains(&&**api))
    }

    fn take(&mut self, line: &str) -> Result<()> {
        let fields: Vec<_> = line.split('\t').collect();
        let &[kind, name, second, third] = &fields[..] else {
            bail!("{} fields", fields.len());
        };
        let name = name.to_owned();
        match kind {
            "requests" => {
                self.requests.insert((name, number(second)?), number(third)?);
            }
            "errors" => {
                self.errors.insert((name, second.to_owned()), number(third)?);
            }
            "time" => {
                let mean = Mean { count: number(second)?, mean_ms: number(third)? };
                self.times.insert(name, mean);
            }
            "topic" => {
                let topic = self.topics.entry(name).or_default();
                topic.take(second, number(third)?)?;
            }
            "followers" => self.replicated_out = number(third)?,
            _ => bail!("of kind '{kind}'"),
        }
        Ok(())
    }
}

impl TopicBytes {
    fn take(&mut self, metric: &str, count: u64) -> Result<()> {
        match metric {
            "BytesInPerSec" => self.bytes_in = count,
            "BytesOutPerSec" => self.bytes_out = count,
            "MessagesInPerSec" => self.messages_in = count,
            _ => bail!("of metric '{metric}'"),
        }
        Ok(())
    }
}

fn number<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(text: &str) -> Result<T> {
    text.parse().with_context(|| format!("'{text}' is no number"))
}
