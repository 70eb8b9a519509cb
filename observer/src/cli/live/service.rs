//! The thread beside the draining one: signals, from before capture starts, and HTTP where it is wanted.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use observer::source::live;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::cli::failure::Failure;
use crate::http::{self, Site};

/// What a shell adds to a signal's number for the exit code of a process that it ended.
const ENDED_BY_SIGNAL: i32 = 128;

/// The running thread.
pub struct Service {
    site: oneshot::Sender<(TcpListener, Site)>,
}

impl Service {
    /// Starts the thread. SIGTERM and Ctrl-C set `stop`; a second one ends the process at once. The
    /// thread has no privileges, but where they are to be kept.
    pub fn start(stop: &Arc<AtomicBool>, drop_privileges: bool) -> Result<Self, Failure> {
        let no_thread =
            |error: io::Error| Failure::not_possible(format!("no second thread: {error}"));
        let (site, wanted) = oneshot::channel();
        let (started, starting) = mpsc::channel();
        let stop = stop.clone();
        let work = move || {
            let ready = || {
                if drop_privileges {
                    live::drop_privileges()?;
                }
                prepare().map_err(no_thread)
            };
            match ready() {
                Ok((runtime, signals)) => {
                    // Whoever started this waits for it.
                    let _ = started.send(Ok(()));
                    runtime.block_on(run(wanted, signals, &stop));
                }
                Err(failure) => drop(started.send(Err(failure))),
            }
        };
        thread::Builder::new().name("service".to_owned()).spawn(work).map_err(no_thread)?;
        let ended = || no_thread(io::Error::other("it ended early"));
        starting.recv().unwrap_or_else(|_| Err(ended()))?;
        Ok(Self { site })
    }

    /// Serves HTTP from now on.
    pub fn serve(self, listener: TcpListener, site: Site) {
        // The thread lives as long as the process.
        let _ = self.site.send((listener, site));
    }
}

type Signals = [Signal; 2];

fn prepare() -> io::Result<(tokio::runtime::Runtime, Signals)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _inside = runtime.enter();
        [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?]
    };
    Ok((runtime, signals))
}

async fn run(
    site: oneshot::Receiver<(TcpListener, Site)>,
    mut signals: Signals,
    stop: &AtomicBool,
) {
    tokio::spawn(async {
        // Nobody sends one where none is wanted.
        let Ok((listener, site)) = site.await else { return };
        if let Err(error) = http::serve(listener, site).await {
            tracing::error!("HTTP is no longer served: {error}");
        }
    });
    wait(&mut signals).await;
    stop.store(true, Ordering::Relaxed);
    let second = wait(&mut signals).await;
    std::process::exit(ENDED_BY_SIGNAL + second.as_raw_value());
}

/// Which signal has come.
async fn wait([terminate, interrupt]: &mut Signals) -> SignalKind {
    tokio::select! {
        _ = terminate.recv() => SignalKind::terminate(),
        _ = interrupt.recv() => SignalKind::interrupt(),
    }
}
