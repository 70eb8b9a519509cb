//! The pause between two looks at the ring: a time in, earlier where the kernel rings, or another thread.
//!
//! It rings when it waits for an answer (`observer_common::record::Wants::Here`), and when much has come. So the
//! descriptor of the kernel's ring is watched for its edges, whoever keeps the records: that there are some
//! says nothing.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{Timespec, epoll};

/// Hears the kernel ring, and other threads.
pub(super) struct Bell(OwnedFd);

impl Bell {
    /// That of a ring buffer, and of the threads that have this waker.
    pub fn of(ring: impl AsFd, waker: impl AsFd) -> io::Result<Self> {
        let bell = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let edges = epoll::EventFlags::IN | epoll::EventFlags::ET;
        for rings in [ring.as_fd(), waker.as_fd()] {
            epoll::add(&bell, rings, epoll::EventData::new_u64(0), edges)?;
        }
        Ok(Self(bell))
    }

    /// Waits for so long at most, in milliseconds: shorter waits take Linux 5.11.
    pub fn wait(&self, most: Duration) {
        let mut events = [MaybeUninit::uninit(); 1];
        let timeout = Timespec::try_from(most).ok();
        // An interruption ends the wait early; whole milliseconds are waited for on every kernel.
        let _ = epoll::wait(&self.0, &mut events, timeout.as_ref());
    }
}
