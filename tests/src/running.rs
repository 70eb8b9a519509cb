//! A live capture on a thread of its own, and what it keeps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use observer::source::live::{Capture, Config, Handle};

/// A running capture.
pub struct Running<T> {
    /// The capture's handle.
    pub handle: Handle,
    kept: Arc<Mutex<T>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl<T: Default + Send + 'static> Running<T> {
    /// Starts it; `work` runs the capture until it is told to stop.
    ///
    /// # Panics
    /// Where it does not start; it takes root.
    pub fn start(
        config: &Config,
        work: impl FnOnce(Capture, &AtomicBool, &Mutex<T>) + Send + 'static,
    ) -> Self {
        let config = Config { drop_privileges: false, ..config.clone() };
        let capture = Capture::start(&config).unwrap_or_else(|error| {
            panic!("this test captures for real, and so takes root: {error}")
        });
        let (kept, stop) = (Arc::<Mutex<T>>::default(), Arc::<AtomicBool>::default());
        let handle = capture.handle();
        let thread = {
            let (kept, stop) = (Arc::clone(&kept), Arc::clone(&stop));
            thread::spawn(move || work(capture, &stop, &kept))
        };
        Self { handle, kept, stop, thread }
    }

    /// Looks at what was kept by now.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.kept.lock().unwrap())
    }

    /// Ends it; what it kept to the end.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn finish(self) -> T {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        std::mem::take(&mut self.kept.lock().unwrap())
    }
}

/// Waits until it is so.
///
/// # Panics
/// Where that takes longer than `most`.
pub fn wait_until(what: &str, most: Duration, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + most;
    while !is_so() {
        assert!(Instant::now() < deadline, "still not so: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
