//! The Java program of `tests/java/messages`, run for each Kafka whose layouts are wanted: a plan
//! in, a stream of messages out.

use std::collections::BTreeSet;
use std::io::{BufReader, Write};
use std::process::{Child, ChildStdout, Stdio};

use anyhow::{Context, Result, ensure};
use observer::event::Side;
use tempfile::NamedTempFile;
use xtask::kafka::Version;

use super::Message;
use crate::java::Programs;

/// The releases that know all layouts; of the older only those which the newer dropped.
const RELEASES: [Version; 2] = [Version::LATEST, Version::V3_9];
const BUFFER: usize = 1 << 20;

/// Which messages are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Another seed gives other messages; the same gives the same.
    pub seed: u64,
    /// Messages of each layout; their modes take turns.
    pub per_layout: u32,
    /// Only this API.
    pub api: Option<i16>,
    /// Only this version.
    pub version: Option<i16>,
    /// Only requests, or responses.
    pub side: Option<Side>,
}

impl Plan {
    /// So many messages of every layout.
    pub const fn of_each(per_layout: u32) -> Self {
        Self { seed: 1, per_layout, api: None, version: None, side: None }
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![format!("--seed={}", self.seed)];
        arguments.push(format!("--per-layout={}", self.per_layout));
        arguments.extend(self.api.map(|key| format!("--api={key}")));
        arguments.extend(self.version.map(|version| format!("--version={version}")));
        arguments.extend(self.side.map(|side| format!("--only={}", name(side))));
        arguments
    }
}

/// Starts to generate messages, layout by layout.
pub fn messages(plan: Plan) -> Result<Messages> {
    let mut releases = RELEASES.into_iter().collect::<Vec<_>>();
    releases.reverse();
    Ok(Messages { plan, releases, run: None, known: BTreeSet::new() })
}

/// The same with the classes of one release, also those of layouts that a newer one has otherwise.
pub fn messages_of(release: Version, plan: Plan) -> Messages {
    Messages { plan, releases: vec![release], run: None, known: BTreeSet::new() }
}

/// Messages as they are generated. After an error there are no more.
#[derive(Debug)]
pub struct Messages {
    plan: Plan,
    /// Still to be run, the next one last.
    releases: Vec<Version>,
    run: Option<Run>,
    /// API keys and versions seen so far.
    known: BTreeSet<(i16, i16)>,
}

impl Messages {
    fn advance(&mut self) -> Result<Option<Message>> {
        loop {
            let Some(run) = &mut self.run else {
                let Some(release) = self.releases.pop() else { return Ok(None) };
                self.run = Some(Run::start(release, &self.plan, &self.known)?);
                continue;
            };
            if let Some(message) = Message::read(&mut run.stream)? {
                self.known.insert((message.api_key, message.version));
                return Ok(Some(message));
            }
            run.end()?;
            self.run = None;
        }
    }
}

impl Iterator for Messages {
    type Item = Result<Message>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance();
        if next.is_err() {
            self.releases.clear();
            self.run = None;
        }
        next.transpose()
    }
}

/// The program at work on one release. It ends with this value.
#[derive(Debug)]
struct Run {
    release: Version,
    process: Child,
    stream: BufReader<ChildStdout>,
    /// What the process reads while it runs.
    _files: (Programs, NamedTempFile),
}

impl Run {
    fn start(release: Version, plan: &Plan, except: &BTreeSet<(i16, i16)>) -> Result<Self> {
        let programs = Programs::compile_with(release, &["messages"])?;
        let file = listing(except)?;
        let mut command = programs.command("Messages");
        command.args(plan.arguments()).arg(format!("--except-file={}", file.path().display()));
        let mut process = command.stdout(Stdio::piped()).spawn().context("cannot run Java")?;
        let stdout = process.stdout.take().context("no standard output")?;
        let stream = BufReader::with_capacity(BUFFER, stdout);
        Ok(Self { release, process, stream, _files: (programs, file) })
    }

    /// Whether the program came to its end, and not only its output.
    fn end(&mut self) -> Result<()> {
        let status = self.process.wait()?;
        ensure!(status.success(), "Messages on {}: {status}; it says above why", self.release);
        Ok(())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A line for each API key and version.
fn listing(layouts: &BTreeSet<(i16, i16)>) -> Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    for (key, version) in layouts {
        writeln!(file, "{key} {version}")?;
    }
    Ok(file)
}

fn name(side: Side) -> &'static str {
    match side {
        Side::Request => "request",
        Side::Response => "response",
    }
}
