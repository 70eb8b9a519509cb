//! `run`: the daemon. Live traffic in, metrics over HTTP out.

use std::sync::Arc;

use clap::Args;
use observer::event::{Event, Handler};
use observer::time::Timestamp;

use super::failure::Failure;
use super::listen::listen;
use super::live::{self, LiveFlags, ServeFlags, State, View};

/// Arguments of `run`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    serve: ServeFlags,
    #[command(flatten)]
    live: LiveFlags,
}

/// Serves metrics until a signal.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let listener = listen(arguments.serve.listen)?;
    live::capture(&arguments.live, Some(listener), &Arc::default(), || Ok(Nothing)).map(|_| ())
}

/// Nobody looks.
struct Nothing;

impl Handler for Nothing {
    fn event(&mut self, _event: Event<'_>) {}
}

impl View for Nothing {
    fn look(&mut self, _now: Timestamp, _state: &State<'_>) {}
}
