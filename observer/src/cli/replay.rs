//! `replay`: captures in; exchanges, metrics or a table out.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};
use observer::event::{Endpoint, Event, Handler};
use observer::sink::metrics::health::Health;
use observer::sink::metrics::{self, Metrics};
use observer::sink::summary::Summary;
use observer::sink::{json, line};
use observer::time::Timestamp;

use super::captures::Captures;
use super::failure::Failure;
use super::metric_flags::MetricFlags;
use super::options::PipelineFlags;
use super::output::Output;
use super::value::ip_address;

/// Arguments of `replay`.
#[derive(Args)]
pub struct Arguments {
    /// Captures (pcap, pcapng), read as one; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    captures: Vec<PathBuf>,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Addresses of the host that captured, which tell its clients from its brokers.
    #[arg(
        long,
        value_name = "ADDR",
        value_delimiter = ',',
        env = "KAFKA_OBSERVER_LOCAL",
        value_parser = ip_address
    )]
    local: Vec<IpAddr>,
    #[command(flatten)]
    pipeline: PipelineFlags,
    #[command(flatten)]
    metrics: MetricFlags,
}

/// What to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table per API.
    #[default]
    Summary,
    /// Every exchange, one JSON object a line.
    Json,
    /// Every exchange, one line.
    Line,
    /// All metrics at the end, in Prometheus's text format.
    Metrics,
}

/// Replays captures.
pub fn replay(arguments: &Arguments) -> Result<(), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let captures = Captures::open(&arguments.captures)?;
    let mut config = arguments.pipeline.config();
    config
        .local
        .extend(arguments.local.iter().map(|ip| Endpoint::from(SocketAddr::from((*ip, 0))).addr));
    let mut sink = Sink::new(arguments, Output::new(stop.clone()))?;
    if let Kind::Metrics(metrics) = &sink.kind {
        config.clusters = metrics.clusters();
    }
    let read = captures.read(config, &stop, &mut sink);
    sink.finish(&read.health)?;
    read.result()
}

/// What becomes of the events.
struct Sink {
    output: Output,
    kind: Kind,
}

enum Kind {
    Summary(Summary),
    Json,
    Line,
    Metrics(Box<Metrics>),
}

impl Sink {
    fn new(arguments: &Arguments, output: Output) -> Result<Self, Failure> {
        let kind = match arguments.output {
            Format::Summary => Kind::Summary(Summary::default()),
            Format::Json => Kind::Json,
            Format::Line => Kind::Line,
            Format::Metrics => {
                let metrics = Metrics::new(arguments.metrics.options()).map_err(Failure::usage)?;
                Kind::Metrics(Box::new(metrics))
            }
        };
        Ok(Self { output, kind })
    }

    fn finish(mut self, health: &Health) -> Result<(), Failure> {
        let text = match &mut self.kind {
            Kind::Summary(summary) => summary.table(),
            Kind::Metrics(sink) => {
                sink.settle();
                metrics::text(&sink.gather(health)).map_err(Failure::finding)?
            }
            Kind::Json | Kind::Line => String::new(),
        };
        self.output.write(|out| out.write_all(text.as_bytes()));
        self.output.finish()
    }
}

impl Handler for Sink {
    fn event(&mut self, event: Event<'_>) {
        match (&mut self.kind, event) {
            (Kind::Summary(summary), event) => summary.event(event),
            (Kind::Metrics(metrics), event) => metrics.event(event),
            (Kind::Json, Event::Exchange(exchange)) => {
                self.output.write(|out| json::write(exchange, out));
            }
            (Kind::Line, Event::Exchange(exchange)) => {
                self.output.write(|out| line::write(exchange, out));
            }
            _ => {}
        }
    }

    fn time(&mut self, now: Timestamp) {
        if let Kind::Metrics(metrics) = &mut self.kind {
            metrics.time(now);
        }
    }
}
