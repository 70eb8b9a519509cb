//! A live capture and its pipeline in the background, which talk to each other as in the daemon.

use std::ops::Deref;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use observer::event::{Event, Outcome};
use observer::pipeline::{self, Pipeline};
use observer::ports::Ports;
use observer::source::live::{Capture, Config, Counter, Counters, Why};

use crate::in_process::Said;
use crate::running::{Running, wait_until};

/// How often a direction fell out of step.
pub fn falls(counters: &Counters) -> u64 {
    Why::ALL.iter().map(|why| counters.get(Counter::of_fall(*why))).sum()
}

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

    /// Waits until the pipeline has taken all that the kernel has submitted, and the kernel knows what the
    /// pipeline asks of it.
    ///
    /// # Panics
    /// Where that takes longer than ten seconds.
    pub fn catch_up(&self) {
        wait_until("what was submitted is taken", Duration::from_secs(10), || {
            let submitted = self.handle.counters().get(Counter::SubmittedBytes);
            self.look(|said| said.ledger.seen) == submitted
        });
        // Requests are taken in order: when this one is answered, those before it are done.
        self.handle.counters();
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
