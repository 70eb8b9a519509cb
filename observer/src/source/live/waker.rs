//! Waking a thread of the capture's from another.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;

/// Wakes a thread that waits for its descriptor (eventfd(2)); also when it is dropped.
#[derive(Clone)]
pub(super) struct Waker(Arc<File>);

impl Waker {
    /// One that has woken nobody.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointer is passed.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new, and nobody else's.
        Ok(Self(Arc::new(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))))
    }

    /// Forgets what woke it.
    pub fn clear(&self) {
        // Nothing to forget is no error.
        let _ = (&*self.0).read(&mut [0; 8]);
    }

    /// Wakes the thread, or keeps it from falling asleep.
    pub fn wake(&self) {
        // A counter that is full has woken the thread before.
        let _ = (&*self.0).write(&1_u64.to_ne_bytes());
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        self.wake();
    }
}

impl AsRawFd for Waker {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
