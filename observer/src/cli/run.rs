//! `run`: the daemon. Live traffic in, metrics over HTTP out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args};
use observer::event::{Event, Handler};
use observer::time::Timestamp;

use super::failure::Failure;
use super::listen::listen;
use super::live::{self, LiveFlags, Outside, ServeFlags, State, View};
use super::ports_file::PortsFile;

/// Arguments of `run`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    serve: ServeFlags,
    /// A file of ports on which brokers listen, in the place of --ports: lists and ranges on its
    /// lines, comments behind #. It is read again on SIGHUP.
    #[arg(long, value_name = "FILE", env = "KAFKA_OBSERVER_PORTS_FILE", help_heading = "Pipeline")]
    ports_file: Option<PathBuf>,
    #[command(flatten)]
    live: LiveFlags,
}

impl Arguments {
    /// Of --ports and --ports-file one counts, and a flag goes before the other's variable.
    pub fn choose_ports(&mut self, given: &ArgMatches) -> Result<(), Failure> {
        let of = |name| given.value_source(name);
        match (of("ports"), of("ports_file")) {
            (Some(ValueSource::CommandLine), Some(ValueSource::CommandLine)) => {
                Err(Failure::usage("--ports cannot be used with --ports-file: give one of them"))
            }
            (Some(ValueSource::CommandLine), _) => {
                self.ports_file = None;
                Ok(())
            }
            (Some(ValueSource::EnvVariable), Some(ValueSource::EnvVariable)) => {
                Err(Failure::usage(
                    "KAFKA_OBSERVER_PORTS and KAFKA_OBSERVER_PORTS_FILE are both set: unset one of them",
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Serves metrics until a signal.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let ports = arguments.ports_file.clone().map(PortsFile::new);
    let live = match &ports {
        Some(file) => arguments.live.clone().with_ports(file.read()?),
        None => arguments.live.clone(),
    };
    let listener = Some(listen(arguments.serve.listen)?);
    live::capture(&live, Outside { listener, ports }, &Arc::default(), || Ok(Nothing)).map(|_| ())
}

/// Nobody looks.
struct Nothing;

impl Handler for Nothing {
    fn event(&mut self, _event: Event<'_>) {}
}

impl View for Nothing {
    /// Scrapes and signals ring.
    const INTERVAL: Duration = Duration::from_millis(500);

    fn look(&mut self, _now: Timestamp, _state: &State<'_>) {}
}
