//! `replay`: captures in; exchanges, metrics or a table out.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use observer::event::{Endpoint, Event, Handler, Outcome};
use observer::pipeline::Pipeline;
use observer::sink::metrics::health::Health;
use observer::sink::metrics::{self, Metrics};
use observer::sink::summary::Summary;
use observer::sink::{json, line};
use observer::source::replay::{Config, Replay};
use observer::time::Timestamp;

use super::failure::{Failure, say};
use super::options::{MetricFlags, PipelineFlags};
use super::output::Output;

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
    #[arg(long, value_name = "ADDR", value_delimiter = ',', env = "KAFKA_OBSERVER_LOCAL")]
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
    let captures = open_all(&arguments.captures)?;
    let mut config = arguments.pipeline.config();
    config
        .local
        .extend(arguments.local.iter().map(|ip| Endpoint::from(SocketAddr::from((*ip, 0))).addr));
    let ports = config.ports.clone();
    let mut pipeline = Pipeline::new(config);
    let mut replay = Replay::new(Config { ports: ports.clone() });
    let mut sink = Sink::new(arguments, Output::new(stop.clone()))?;
    let mut damaged = None;
    for (name, capture) in captures {
        let result = replay.read(&name, UntilStop { capture, stop: &stop }, &mut |input| {
            pipeline.input(&input, &mut sink);
        });
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if let Err(error) = result {
            // Each is said once: the last one as the command's failure.
            if let Some(earlier) = damaged.replace(error.to_string()) {
                say(&earlier);
            }
        }
    }
    pipeline.finish(Outcome::Open, &mut sink);
    let health =
        Health { ledger: *pipeline.ledger(), evictions: *pipeline.evictions(), capture: None };
    sink.finish(&health)?;
    let stats = replay.stats();
    match damaged {
        Some(sentence) => Err(Failure::finding(sentence)),
        None if stats.segments == 0 && !stop.load(Ordering::Relaxed) => {
            say(&format!(
                "none of {} packets is TCP on port {ports}: name the brokers' ports with --ports",
                stats.packets
            ));
            Ok(())
        }
        None => Ok(()),
    }
}

type Capture = (String, Box<dyn Read>);

/// Opens all captures before any is read, so that a wrong name costs no work.
fn open_all(paths: &[PathBuf]) -> Result<Vec<Capture>, Failure> {
    if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        return Err(Failure::usage("standard input can be read once: name - once"));
    }
    paths
        .iter()
        .map(|path| {
            if path.as_os_str() == "-" {
                let capture: Box<dyn Read> = Box::new(io::stdin().lock());
                return Ok(("standard input".to_owned(), capture));
            }
            let name = path.display().to_string();
            let file = File::open(path).map_err(|error| not_opened(&name, &error))?;
            if file.metadata().is_ok_and(|data| data.is_dir()) {
                return Err(Failure::usage(format!(
                    "{name} is a directory: name the captures in it"
                )));
            }
            Ok((name, Box::new(file) as Box<dyn Read>))
        })
        .collect()
}

fn not_opened(name: &str, error: &io::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound => {
            Failure::usage(format!("there is no file {name}: name a pcap or pcapng file, or -"))
        }
        ErrorKind::PermissionDenied => Failure::not_possible(format!(
            "{name} may not be read: change its permissions, or pipe it into `replay -`"
        )),
        _ => Failure::usage(format!("{name} cannot be opened: {error}")),
    }
}

/// A capture that ends when its results are no longer wanted.
struct UntilStop<'a> {
    capture: Box<dyn Read>,
    stop: &'a AtomicBool,
}

impl Read for UntilStop<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(0);
        }
        self.capture.read(buffer)
    }
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
        let text = match &self.kind {
            Kind::Summary(summary) => summary.table(),
            Kind::Metrics(sink) => metrics::text(&sink.gather(health)).map_err(Failure::finding)?,
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
