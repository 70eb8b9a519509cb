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

/// Hears the kernel ring, and other threads. What they rang is never read: each ring is an edge, also while it
/// was not listened for.
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::waker::Waker;
    use super::*;

    #[test]
    fn each_ring_ends_a_wait_and_one_that_nobody_waited_for() {
        let (waker, silent) = (Waker::new().unwrap(), Waker::new().unwrap());
        waker.wake();
        let bell = Bell::of(&silent, &waker).unwrap();
        let began = Instant::now();
        bell.wait(Duration::from_secs(100));
        for _ in 0..2 {
            waker.wake();
            bell.wait(Duration::from_secs(100));
        }
        assert!(began.elapsed() < Duration::from_secs(50));
        let began = Instant::now();
        bell.wait(Duration::from_millis(20));
        assert!(began.elapsed() >= Duration::from_millis(20), "nobody has rung");
    }
}
