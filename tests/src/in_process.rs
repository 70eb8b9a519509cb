//! Replay and pipeline in the test's own process: a capture in, what the pipeline says out.

use std::io::Read;

use observer::event::{Event, Exchange, Malformed, Outcome, Request, Unmatched};
use observer::ledger::Ledger;
use observer::pipeline::{Config, Pipeline};
use observer::ports::Ports;
use observer::source::replay::{self, Replay};

/// What the pipeline said of a capture.
#[derive(Debug, Default)]
pub struct Said {
    /// Requests whose frames ended.
    pub requests: Vec<Request>,
    /// Requests that ended, one way or another.
    pub exchanges: Vec<Exchange>,
    /// Responses that no request waited for.
    pub unmatched: Vec<Unmatched>,
    /// What was not what it should be.
    pub malformed: Vec<Malformed>,
    /// How often a direction found its frames again.
    pub resyncs: usize,
    /// Bytes by fate, at the end.
    pub ledger: Ledger,
}

/// Runs a capture of brokers on these ports through the pipeline.
///
/// # Panics
/// If the capture cannot be read.
pub fn run(capture: impl Read, ports: &Ports) -> Said {
    run_all([capture], ports)
}

/// Runs captures, one after the other, as one.
///
/// # Panics
/// If one cannot be read.
pub fn run_all(captures: impl IntoIterator<Item = impl Read>, ports: &Ports) -> Said {
    let mut said = Said::default();
    let mut pipeline = Pipeline::new(Config::new(ports.clone()));
    let mut replay = Replay::new(replay::Config { ports: ports.clone() });
    for capture in captures {
        replay
            .read("test", capture, &mut |input| {
                pipeline.input(&input, &mut |event: Event<'_>| said.take(&event));
            })
            .expect("a capture that can be read");
    }
    pipeline.finish(Outcome::Open, &mut |event: Event<'_>| said.take(&event));
    said.ledger = *pipeline.ledger();
    said
}

impl Said {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Request(request) => self.requests.push((*request).clone()),
            Event::Exchange(exchange) => self.exchanges.push((*exchange).clone()),
            Event::UnmatchedResponse { reason, .. } => self.unmatched.push(*reason),
            Event::Malformed { reason, .. } => self.malformed.push(*reason),
            Event::Resynchronised { .. } => self.resyncs += 1,
            _ => {}
        }
    }
}
