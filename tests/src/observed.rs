//! A live capture and its pipeline in the background, which talk to each other as in the daemon.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use observer::event::{Event, Outcome};
use observer::pipeline::{self, Pipeline};
use observer::source::live::{Capture, Config, Handle};

use crate::in_process::Said;

/// A running observation.
pub struct Observed {
    /// The capture's handle.
    pub handle: Handle,
    said: Arc<Mutex<Said>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Observed {
    /// Starts it.
    ///
    /// # Panics
    /// Where it does not start; it takes root.
    pub fn start(config: &Config) -> Self {
        let config = Config { drop_privileges: false, ..config.clone() };
        let capture = Capture::start(&config).unwrap_or_else(|error| {
            panic!("this test captures for real, and so takes root: {error}")
        });
        let (said, stop) = (Arc::new(Mutex::default()), Arc::new(AtomicBool::new(false)));
        let handle = capture.handle();
        let thread = {
            let (said, stop) = (Arc::clone(&said), Arc::clone(&stop));
            std::thread::spawn(move || observe(&config, capture, &stop, &said))
        };
        Self { handle, said, stop, thread }
    }

    /// Looks at what was said by now.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn look<T>(&self, look: impl FnOnce(&Said) -> T) -> T {
        look(&self.said.lock().unwrap())
    }

    /// Ends it; what it said to the end.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn finish(self) -> Said {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        std::mem::take(&mut self.said.lock().unwrap())
    }
}

fn observe(config: &Config, capture: Capture, stop: &AtomicBool, said: &Mutex<Said>) {
    let mut pipeline = Pipeline::new(pipeline::Config::new(config.ports.clone()));
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
