//! The thread beside the draining one: signals, from before capture starts, and HTTP where it is wanted.

use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::thread;

use observer::source::live;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use super::reload::Reload;
use crate::cli::failure::Failure;
use crate::http::{self, Site};

/// What a shell adds to a signal's number for the exit code of a process that it ended.
const ENDED_BY_SIGNAL: i32 = 128;

/// The running thread.
pub struct Service {
    started: oneshot::Sender<Started>,
}

/// What the thread is told once capture has started.
pub struct Started {
    /// Has the draining thread look at once.
    pub ring: Arc<dyn Fn() + Send + Sync>,
    /// What is served where, if anything.
    pub site: Option<(TcpListener, Site)>,
}

impl Service {
    /// Starts the thread. SIGTERM and Ctrl-C set `stop`; a second one ends the process at once. On
    /// SIGHUP something is read again, if there is anything to read. The thread has no privileges, but
    /// where they are to be kept.
    pub fn start(
        stop: &Arc<AtomicBool>,
        drop_privileges: bool,
        reload: Option<Reload>,
    ) -> Result<Self, Failure> {
        let no_thread =
            |error: io::Error| Failure::not_possible(format!("no second thread: {error}"));
        let (started, starting) = oneshot::channel();
        let (ready, getting_ready) = mpsc::channel();
        let stop = stop.clone();
        let work = move || {
            let get_ready = || {
                if drop_privileges {
                    live::drop_privileges()?;
                }
                prepare(reload).map_err(no_thread)
            };
            match get_ready() {
                Ok((runtime, signals)) => {
                    // Whoever started this waits for it.
                    let _ = ready.send(Ok(()));
                    runtime.block_on(run(starting, signals, &stop));
                }
                Err(failure) => drop(ready.send(Err(failure))),
            }
        };
        thread::Builder::new().name("service".to_owned()).spawn(work).map_err(no_thread)?;
        let ended = || no_thread(io::Error::other("it ended early"));
        getting_ready.recv().unwrap_or_else(|_| Err(ended()))?;
        Ok(Self { started })
    }

    /// Capture has started: signals ring, and HTTP is served where it is wanted.
    pub fn go_on(self, started: Started) {
        // The thread lives as long as the process.
        let _ = self.started.send(started);
    }
}

/// The signals that matter.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// SIGHUP, and what it means.
    hangup: Option<(Signal, Reload)>,
}

fn prepare(reload: Option<Reload>) -> io::Result<(Runtime, Signals)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let inside = runtime.enter();
    let hear = |reload| Ok::<_, io::Error>((signal(SignalKind::hangup())?, reload));
    let signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
        hangup: reload.filter(|_| !ignores_hangup()).map(hear).transpose()?,
    };
    drop(inside);
    Ok((runtime, signals))
}

/// Whether SIGHUP was ignored when the process started, as nohup(1) wants it: then it stays so.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let is_ignored = ignored(&status).is_some_and(|signals| signals & HANGUP != 0);
    if is_ignored {
        tracing::warn!("SIGHUP is ignored, as by nohup, so that ports are not read again");
    }
    is_ignored
}

/// SIGHUP's bit in a mask of signals.
const HANGUP: u64 = 1;

/// The ignored signals of a process (proc_pid_status(5)).
fn ignored(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

async fn run(starting: oneshot::Receiver<Started>, mut signals: Signals, stop: &AtomicBool) {
    let ringer = Arc::<Ringer>::default();
    tokio::spawn(serve(starting, ringer.clone()));
    signals.end(&ringer).await;
    stop.store(true, Ordering::Relaxed);
    ring(&ringer);
    let second = signals.end(&ringer).await;
    std::process::exit(ENDED_BY_SIGNAL + second.as_raw_value());
}

/// How the draining thread is rung for, once there is one.
type Ringer = OnceLock<Arc<dyn Fn() + Send + Sync>>;

fn ring(ringer: &Ringer) {
    if let Some(ring) = ringer.get() {
        ring();
    }
}

/// Serves what is wanted, once capture has started.
async fn serve(starting: oneshot::Receiver<Started>, ringer: Arc<Ringer>) {
    // Where it does not start, the process ends.
    let Ok(Started { ring, site }) = starting.await else { return };
    // For signals that came before.
    ringer.get_or_init(|| ring)();
    let Some((listener, site)) = site else { return };
    if let Err(error) = http::serve(listener, site).await {
        tracing::error!("HTTP is no longer served: {error}");
    }
}

impl Signals {
    /// The next that is to end the process.
    async fn end(&mut self, ringer: &Ringer) -> SignalKind {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return SignalKind::terminate(),
                _ = self.interrupt.recv() => return SignalKind::interrupt(),
                reload = hangup(&mut self.hangup) => {
                    reload.read();
                    ring(ringer);
                }
            }
        }
    }
}

/// Waits for a SIGHUP that means something.
async fn hangup(signal: &mut Option<(Signal, Reload)>) -> &Reload {
    match signal {
        Some((signal, reload)) => {
            signal.recv().await;
            reload
        }
        None => std::future::pending().await,
    }
}
