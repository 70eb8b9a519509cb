//! Live capture through eBPF: from network interfaces and sockets to the pipeline's inputs.
//!
//! Three parts: the kernel programs; a thread that keeps them attached (`keeper`), the only one
//! with capabilities; and whichever thread drains the ring ([`Capture::run`]). Beside them a thread
//! looks for this host's addresses ([`LocalAddresses`]).

#![allow(unsafe_code, reason = "some system calls have no safe wrapper")]

mod addresses;
mod attach;
mod bell;
mod cgroup;
mod clock;
mod config;
mod diagnostics;
mod drain;
mod error;
mod files;
mod handle;
mod keeper;
mod leftovers;
mod links;
mod load;
mod namespaces;
mod netlink;
mod object;
mod orders;
mod own_ring;
mod presence;
mod privileges;
mod qdisc;
mod records;
mod ring;
mod selection;
mod sockets;
mod waker;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread;

pub use addresses::{LocalAddresses, local_addresses};
pub use config::{Attach, Config, Copy};
pub use error::Error;
pub use files::allow_files;
pub use handle::{CaptureMode, Handle, HookStatus, SocketHook};
pub use observer_common::counters::{Counter, Counters, Loss};
pub use observer_common::sieve::Why;
pub use selection::Missing;

use crate::input::Input;
use drain::Drain;
use handle::Shared;
use keeper::Keeper;
use waker::Waker;

/// A capture that has been attached; dropping it detaches it.
pub struct Capture {
    drain: Drain,
    handle: Handle,
}

impl Capture {
    /// Loads the kernel programs and attaches them.
    ///
    /// With [`Config::drop_privileges`] the calling thread has lost all capabilities afterwards, and
    /// threads it starts have none. One that was started before has to drop its own
    /// ([`drop_privileges`]).
    pub fn start(config: &Config) -> Result<Self, Error> {
        check_ring(config.ring_bytes)?;
        let shared = Arc::new(Shared::default());
        let waker = || Waker::new().map_err(Error::system("making an event descriptor"));
        let (waker, bell) = (waker()?, waker()?);
        let (requests, asked) = mpsc::channel();
        let (started, starting) = mpsc::channel();
        let keeper = {
            let (config, shared, waker) = (config.clone(), shared.clone(), waker.clone());
            move || match Keeper::start(&config, shared) {
                Ok((keeper, ring)) => {
                    // Nobody waits where the caller has panicked; then all is detached at once.
                    if started.send(Ok(ring)).is_ok() {
                        keeper.run(&asked, &waker);
                    }
                }
                Err(error) => drop(started.send(Err(error))),
            }
        };
        let builder = thread::Builder::new().name("hooks".to_owned());
        builder.spawn(keeper).map_err(Error::system("starting a thread"))?;
        let ring = starting.recv().unwrap_or_else(|_| {
            let source = std::io::Error::other("it ended early");
            Err(Error::System { what: "the thread that keeps the hooks", source })
        })?;
        if config.drop_privileges {
            drop_privileges()?;
        }
        let drain =
            Drain::new(ring, &bell, config.interval).map_err(Error::system("watching the ring"))?;
        Ok(Self { drain, handle: Handle::new(requests, waker, bell, shared) })
    }

    /// What other threads may see and ask.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Hands on what is captured until `stop` is set; then detaches and hands on what is left.
    pub fn run(mut self, stop: &AtomicBool, mut sink: impl FnMut(Input<'_>)) {
        self.drain.run(stop, self.handle.shared(), &mut sink);
        self.handle.detach();
        self.drain.finish(self.handle.shared(), &mut sink);
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.handle.detach();
    }
}

/// Drops all capabilities of the calling thread, for good.
pub fn drop_privileges() -> Result<(), Error> {
    privileges::keep(&[])
}

/// Removes what a killed observer has left attached; returns in how many places there was something.
/// An error while one runs: what is attached is its own.
pub fn cleanup() -> Result<usize, Error> {
    privileges::check_cleanup()?;
    let only = leftovers::Only::observer().ok_or(Error::Running)?;
    let links = links::list().map_err(Error::system("listing network interfaces"))?;
    Ok(leftovers::remove(&only, &links))
}

fn check_ring(bytes: u32) -> Result<(), Error> {
    // SAFETY: no pointer is passed.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let page = u32::try_from(page).unwrap_or(4096);
    if bytes.is_power_of_two() && (page..=1 << 30).contains(&bytes) {
        return Ok(());
    }
    Err(Error::BadRingSize { bytes, page })
}
