//! Live commands: capture, pipeline and sinks on one thread; signals and HTTP on another.

mod flags;
mod names;
mod printer;
mod reload;
mod service;
mod state;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use observer::event::{Event, Handler};
use observer::input::Input;
use observer::pipeline::Pipeline;
use observer::sink::metrics::Metrics;
use observer::source::live::{Capture, Error, Handle, LocalAddresses, allow_files};
use observer::time::Timestamp;

pub use flags::{LiveFlags, ServeFlags};
pub use printer::Printer;
pub use state::State;

use reload::{Reload, Watched};
use service::{Service, Started};

use super::failure::{Failure, say};
use super::ports_file::PortsFile;
use crate::http::{Scrape, Site};

/// What a command makes of live events.
pub trait View: Handler {
    /// Time between two looks, while little comes.
    const INTERVAL: Duration = Duration::from_millis(200);

    /// Time has passed, or much has come.
    fn look(&mut self, now: Timestamp, state: &State<'_>);
}

/// How a capture meets the world, besides by what it captures.
pub struct Outside {
    /// Where /metrics, /healthz and /readyz are served.
    pub listener: Option<TcpListener>,
    /// What is read again on SIGHUP.
    pub ports: Option<PortsFile>,
}

/// Captures until a signal, the end of the wanted time, or `stop`; returns the view, which `open`
/// makes once capture has started.
pub fn capture<V: View>(
    flags: &LiveFlags,
    outside: Outside,
    stop: &Arc<AtomicBool>,
    open: impl FnOnce() -> Result<V, Failure>,
) -> Result<V, Failure> {
    let Outside { listener, ports } = outside;
    let metrics = listener.as_ref().map(|_| metrics(flags)).transpose()?;
    let config = flags.capture(V::INTERVAL);
    allow_files()?;
    // From now on a signal ends it in an orderly way, though capture may take a while to start.
    let (told, read) = mpsc::channel();
    let reload = ports.map(|file| Reload::new(file, told));
    let service = Service::start(stop, config.drop_privileges, reload)?;
    // The threads that come after it have no privileges.
    let capture = Capture::start(&config)?;
    let handle = capture.handle();
    for sentence in state::warnings(&handle) {
        say(&sentence);
    }
    let (scrapes, asked) = mpsc::channel();
    let readiness = {
        let handle = handle.clone();
        Box::new(move || state::readiness(&handle))
    };
    let addresses = LocalAddresses::follow()
        .map_err(|error| Failure::not_possible(format!("no third thread: {error}")))?;
    let ring = {
        let handle = handle.clone();
        Arc::new(move || handle.ring())
    };
    let site = listener.map(|listener| (listener, Site { scrapes, ring: ring.clone(), readiness }));
    service.go_on(Started { ring, site });
    let mut followed = flags.pipeline.config();
    if let Some(metrics) = &metrics {
        followed.clusters = metrics.clusters();
    }
    let mut desk = Desk {
        pipeline: Pipeline::new(followed),
        watched: Watched::new(config.ports, handle.clone(), read),
        sinks: Sinks { handle, metrics, view: open()? },
        asked,
        run_for: flags.run_for(),
        began: None,
        addresses,
        untended: 0,
        stop,
    };
    desk.locate();
    capture.run(stop, |input| desk.input(&input));
    Ok(desk.sinks.view)
}

fn metrics(flags: &LiveFlags) -> Result<Metrics, Failure> {
    Metrics::new(flags.metrics.options()).and_then(Metrics::with_process).map_err(Failure::usage)
}

/// Inputs between two looks at what else there is to do, while no time passes without any.
const LOOK_EVERY: u32 = 1024;

/// The draining thread's work.
struct Desk<'a, V> {
    pipeline: Pipeline,
    watched: Watched,
    sinks: Sinks<V>,
    asked: Receiver<Scrape>,
    run_for: Option<Duration>,
    began: Option<Timestamp>,
    addresses: LocalAddresses,
    untended: u32,
    stop: &'a AtomicBool,
}

impl<V: View> Desk<'_, V> {
    fn input(&mut self, input: &Input<'_>) {
        let now = input.time().unwrap_or(self.pipeline.now());
        self.pipeline.input(input, &mut self.sinks);
        self.untended += 1;
        if matches!(input, Input::Tick(_)) || self.untended >= LOOK_EVERY {
            self.untended = 0;
            self.look(now);
        }
    }

    /// Takes this host's addresses, where they have changed.
    fn locate(&mut self) {
        if let Some(local) = self.addresses.take_changed() {
            self.pipeline.set_local(local);
        }
    }

    fn look(&mut self, now: Timestamp) {
        self.locate();
        self.watched.update(&mut self.pipeline, &mut self.sinks);
        let began = *self.began.get_or_insert(now);
        if self.run_for.is_some_and(|wanted| now.since(began) >= wanted) {
            self.stop.store(true, Ordering::Relaxed);
        }
        let Sinks { handle, metrics, view } = &mut self.sinks;
        let state = State { pipeline: &self.pipeline, handle, watched: &self.watched };
        view.look(now, &state);
        let Some(metrics) = metrics else { return };
        while let Ok(scrape) = self.asked.try_recv() {
            // A scraper that did not wait needs no answer.
            let _ = scrape.send(metrics.gather(&state.health()));
        }
    }
}

/// Where events go.
struct Sinks<V> {
    handle: Handle,
    metrics: Option<Metrics>,
    view: V,
}

impl<V: View> Handler for Sinks<V> {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Command(command) = event {
            self.handle.command(command);
        }
        if let Some(metrics) = &mut self.metrics {
            metrics.event(event);
        }
        self.view.event(event);
    }

    fn time(&mut self, now: Timestamp) {
        if let Some(metrics) = &mut self.metrics {
            metrics.time(now);
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error.exit_code(), error)
    }
}
