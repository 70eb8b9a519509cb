//! `observe`: live exchanges, one a line.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};
use observer::event::{Event, Handler};
use observer::sink::{json, line};
use observer::time::Timestamp;

use super::failure::Failure;
use super::listen::listen;
use super::live::{self, LiveFlags, Outside, Printer, State, View};
use super::value::{MOST_MEMORY, address, size};

/// Arguments of `observe`.
#[derive(Args)]
pub struct Arguments {
    /// How to print an exchange.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Serve /metrics, /healthz and /readyz as well.
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Memory for exchanges that the reader of the output has not taken yet; further ones are left
    /// out, and counted at the end.
    #[arg(
        long,
        value_name = "SIZE",
        env = "KAFKA_OBSERVER_MAX_UNPRINTED",
        default_value = "64M",
        value_parser = size::<usize>(1 << 16..=MOST_MEMORY),
        allow_hyphen_values = true
    )]
    max_unprinted: usize,
    #[command(flatten)]
    live: LiveFlags,
}

/// How to print an exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for people.
    #[default]
    Line,
    /// A JSON object on a line.
    Json,
}

/// Prints exchanges until a signal, or until nobody reads them.
pub fn observe(arguments: &Arguments) -> Result<(), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let listener = arguments.listen.map(listen).transpose()?;
    let lines = live::capture(&arguments.live, Outside { listener, ports: None }, &stop, || {
        let printer = Printer::new(arguments.max_unprinted, stop.clone())?;
        Ok(Lines { format: arguments.output, printer })
    })?;
    match lines.printer.finish()? {
        0 => Ok(()),
        missing => Err(Failure::finding(format!(
            "{missing} exchanges were not printed, as the reader of the output was too slow: read \
             faster, or let more of them wait with --max-unprinted"
        ))),
    }
}

struct Lines {
    format: Format,
    printer: Printer,
}

impl Handler for Lines {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Exchange(exchange) = event {
            self.printer.print(|out| match self.format {
                Format::Line => line::write(exchange, out),
                Format::Json => json::write(exchange, out),
            });
        }
    }
}

impl View for Lines {
    fn look(&mut self, _now: Timestamp, _state: &State<'_>) {
        self.printer.flush();
    }
}
