//! `audit`: captures or live traffic in, which clients are not ready for Kafka 4 out.

#[cfg(feature = "live")]
mod live;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};
use observer::sink::audit::{Audit, Report, Unread};

#[cfg(feature = "live")]
use self::live::SourceFlags;
use super::captures::Captures;
use super::failure::Failure;
#[cfg(not(feature = "live"))]
use super::options::PipelineFlags as SourceFlags;
use super::output::Output;
use super::value::number;

/// Beyond it no machine has memory.
const MOST_CLIENTS: u64 = 100_000_000;

/// Arguments of `audit`.
#[derive(Args)]
pub struct Arguments {
    #[cfg_attr(
        feature = "live",
        doc = "Captures (pcap, pcapng), read as one; `-` is standard input. Where none is named, \
               live traffic, until Ctrl-C or --for."
    )]
    #[cfg_attr(
        not(feature = "live"),
        doc = "Captures (pcap, pcapng), read as one; `-` is standard input."
    )]
    #[arg(value_name = "FILE")]
    #[cfg_attr(not(feature = "live"), arg(required = true))]
    captures: Vec<PathBuf>,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Clients to tell apart in each list; requests of further ones are counted together.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_CLIENTS",
        default_value_t = 10_000,
        value_parser = number::<usize>(1..=MOST_CLIENTS),
        allow_hyphen_values = true
    )]
    max_clients: usize,
    #[command(flatten)]
    source: SourceFlags,
}

/// What to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A report for people.
    #[default]
    Text,
    /// A JSON document.
    Json,
}

/// Audits. A client that is not ready is a finding; so is a capture that is damaged, that there was
/// nothing to judge, and that there was no room for all that was.
pub fn audit(arguments: &Arguments) -> Result<(), Failure> {
    let audit = Audit::new(arguments.max_clients);
    #[cfg(feature = "live")]
    if arguments.captures.is_empty() {
        let report = arguments.source.capture(audit)?;
        print(arguments.output, &report)?;
        return verdict(&report);
    }
    replay(arguments, audit)
}

fn replay(arguments: &Arguments, mut audit: Audit) -> Result<(), Failure> {
    let captures = Captures::open(&arguments.captures)?;
    let never = AtomicBool::new(false);
    let read = captures.read(arguments.source.config(), &never, &mut audit);
    let report = audit.report(Unread::new(&read.health.ledger, 0));
    print(arguments.output, &report)?;
    read.result()?;
    verdict(&report)
}

fn print(format: Format, report: &Report) -> Result<(), Failure> {
    let mut output = Output::new(Arc::default());
    output.write(|out| match format {
        Format::Text => out.write_all(report.text().as_bytes()),
        Format::Json => report.write_json(out),
    });
    output.finish()
}

fn verdict(report: &Report) -> Result<(), Failure> {
    match report {
        Report { requests: 0, .. } => {
            Err(Failure::finding("no request was seen, so this says nothing of any client"))
        }
        _ if report.has_findings() => Err(Failure::told()),
        _ if !report.overflow.is_none() => {
            Err(Failure::finding("a list was full, so this does not tell all; raise --max-clients"))
        }
        _ => Ok(()),
    }
}
