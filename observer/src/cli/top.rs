//! `top`: live traffic as a table per API, again and again.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Args;
use observer::event::{Event, Handler};
use observer::sink::summary::{Requests, Summary};
use observer::time::Timestamp;

use super::failure::Failure;
use super::listen::listen;
use super::live::{self, LiveFlags, Outside, Printer, State, View};
use super::logging::no_color;
use super::value::{address, duration};

/// Arguments of `top`.
#[derive(Args)]
pub struct Arguments {
    /// Time between two tables; rates and quantiles are those of this time.
    #[arg(
        long,
        value_name = "TIME",
        env = "KAFKA_OBSERVER_INTERVAL",
        default_value = "2s",
        value_parser = duration,
        allow_hyphen_values = true
    )]
    interval: Duration,
    /// Serve /metrics, /healthz and /readyz as well.
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    live: LiveFlags,
}

/// Memory for tables that were not read yet; later ones are not shown then.
const MAX_UNREAD: usize = 1 << 20;

/// Shows tables until a signal, or until nobody reads them.
pub fn top(arguments: &Arguments) -> Result<(), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let listener = arguments.listen.map(listen).transpose()?;
    let address = listener.as_ref().and_then(|listener| listener.local_addr().ok());
    let tables = live::capture(&arguments.live, Outside { listener, ports: None }, &stop, || {
        Ok(Tables {
            interval: arguments.interval,
            address,
            style: Style::of_stdout(),
            printer: Printer::new(MAX_UNREAD, stop.clone())?,
            summary: Summary::default(),
            since: Requests::default(),
            began: None,
        })
    })?;
    // A table that was not shown is not missed: the next one says more.
    tables.printer.finish().map(|_| ())
}

struct Tables {
    interval: Duration,
    /// Where metrics are served.
    address: Option<SocketAddr>,
    style: Style,
    printer: Printer,
    summary: Summary,
    since: Requests,
    /// When the interval began.
    began: Option<Timestamp>,
}

impl Handler for Tables {
    fn event(&mut self, event: Event<'_>) {
        self.summary.event(event);
    }
}

impl View for Tables {
    fn look(&mut self, now: Timestamp, state: &State<'_>) {
        let passed = now.since(*self.began.get_or_insert(now));
        if passed < self.interval {
            return;
        }
        let table = self.summary.live_table(&self.since, passed);
        let head = self.head(state);
        let style = self.style;
        self.printer.print(|out| out.write_all(style.page(&head, &table).as_bytes()));
        self.printer.flush();
        self.since = self.summary.next_interval();
        self.began = Some(now);
    }
}

impl Tables {
    fn head(&self, state: &State<'_>) -> String {
        let head = format!(
            "kafka-observer: {} connections, {} requests in flight, {} bytes lost",
            state.pipeline.connections(),
            state.pipeline.inflight(),
            state.lost_bytes(),
        );
        match self.address {
            Some(address) => format!("{head}, metrics at http://{address}/metrics"),
            None => head,
        }
    }
}

/// How a table is shown: over the one before on a terminal, below it elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Style {
    is_terminal: bool,
    is_colourful: bool,
}

impl Style {
    fn of_stdout() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        Self { is_terminal, is_colourful: is_terminal && !no_color() }
    }

    fn page(self, head: &str, table: &str) -> String {
        // Home and erase below (ECMA-48: CUP, ED), so that nothing flickers.
        let start = if self.is_terminal { "\x1b[H\x1b[J" } else { "" };
        let (columns, rows) = table.split_once('\n').unwrap_or((table, ""));
        if self.is_colourful {
            format!("{start}{head}\n\n\x1b[1m{columns}\x1b[0m\n{rows}")
        } else {
            format!("{start}{head}\n\n{columns}\n{rows}\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elsewhere_than_on_a_terminal_there_are_no_escapes() {
        let style = Style { is_terminal: false, is_colourful: false };
        assert_eq!(style.page("head", "API\nProduce\n"), "head\n\nAPI\nProduce\n\n");
    }

    #[test]
    fn a_terminal_is_redrawn_and_colour_is_a_choice() {
        let plain = Style { is_terminal: true, is_colourful: false };
        assert_eq!(plain.page("head", "API\n"), "\x1b[H\x1b[Jhead\n\nAPI\n\n");
        let bold = Style { is_colourful: true, ..plain };
        assert!(bold.page("head", "API\n").contains("\x1b[1mAPI\x1b[0m\n"));
    }
}
