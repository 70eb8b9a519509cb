//! The thread beside the draining one: signals, and HTTP where it is wanted.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::failure::Failure;
use crate::http::{self, Site};

/// What a shell adds to a signal's number for the exit code of a process that it ended.
const ENDED_BY_SIGNAL: i32 = 128;

/// Starts the thread. SIGTERM and Ctrl-C set `stop`; a second one ends the process at once.
pub fn start(site: Option<(TcpListener, Site)>, stop: &Arc<AtomicBool>) -> Result<(), Failure> {
    let started = || -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let signals = {
            let _inside = runtime.enter();
            [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?]
        };
        let stop = stop.clone();
        thread::Builder::new()
            .name("service".to_owned())
            .spawn(move || runtime.block_on(run(site, signals, &stop)))?;
        Ok(())
    };
    started().map_err(|error| Failure::not_possible(format!("no second thread: {error}")))
}

async fn run(site: Option<(TcpListener, Site)>, mut signals: [Signal; 2], stop: &AtomicBool) {
    if let Some((listener, site)) = site {
        tokio::spawn(async move {
            if let Err(error) = http::serve(listener, site).await {
                tracing::error!("HTTP is no longer served: {error}");
            }
        });
    }
    wait(&mut signals).await;
    stop.store(true, Ordering::Relaxed);
    let second = wait(&mut signals).await;
    std::process::exit(ENDED_BY_SIGNAL + second.as_raw_value());
}

/// Which signal has come.
async fn wait([terminate, interrupt]: &mut [Signal; 2]) -> SignalKind {
    tokio::select! {
        _ = terminate.recv() => SignalKind::terminate(),
        _ = interrupt.recv() => SignalKind::interrupt(),
    }
}
