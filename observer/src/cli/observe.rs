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
use super::live::{self, LiveFlags, State, View};
use super::output::Output;
use super::value::address;

/// Arguments of `observe`.
#[derive(Args)]
pub struct Arguments {
    /// How to print an exchange.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Serve /metrics, /healthz and /readyz as well.
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    listen: Option<SocketAddr>,
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
    let mut lines = Lines { format: arguments.output, output: Output::new(stop.clone()) };
    live::capture(&arguments.live, listener, &stop, &mut lines)?;
    lines.output.finish()
}

struct Lines {
    format: Format,
    output: Output,
}

impl Handler for Lines {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Exchange(exchange) = event {
            self.output.write(|out| match self.format {
                Format::Line => line::write(exchange, out),
                Format::Json => json::write(exchange, out),
            });
        }
    }
}

impl View for Lines {
    fn look(&mut self, _now: Timestamp, _state: &State<'_>) {
        self.output.flush();
    }
}
