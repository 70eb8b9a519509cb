//! A live capture and its pipeline in the background, which talk to each other as in the daemon.

use std::ops::Deref;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use observer::event::{Event, Outcome};
use observer::pipeline::{self, Pipeline};
use observer::ports::Ports;
use observer::source::live::{Capture, Config};

use crate::in_process::Said;
use crate::running::Running;

/// A running observation.
pub struct Observed(Running<Said>);

impl Observed {
    /// Starts it.
    ///
    /// # Panics
    /// Where it does not start; it takes root.
    pub fn start(config: &Config) -> Self {
        let ports = config.ports.clone();
        Self(Running::start(config, |capture, stop, said| observe(ports, capture, stop, said)))
    }

    /// Ends it; what it said to the end.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn finish(self) -> Said {
        self.0.finish()
    }
}

impl Deref for Observed {
    type Target = Running<Said>;

    fn deref(&self) -> &Running<Said> {
        &self.0
    }
}

fn observe(ports: Ports, capture: Capture, stop: &AtomicBool, said: &Mutex<Said>) {
    let mut pipeline = Pipeline::new(pipeline::Config::new(ports));
    let handle = capture.handle();
    capture.run(stop, |input| {
        let mut said = said.lock().unwrap();
        pipeline.input(&input, &mut |event: Event<'_>| match event {
            Event::Command(command) => handle.command(command),
            event => said.take(&event),
        });
        said.ledger = *pipeline.ledger();
    });
    let mut said = said.lock().unwrap();
    pipeline.finish(Outcome::Open, &mut |event: Event<'_>| said.take(&event));
    said.ledger = *pipeline.ledger();
}
