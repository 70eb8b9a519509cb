//! Standard output, for as long as somebody reads it.

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;

/// Writes to standard output, and asks the command to stop once that fails.
pub struct Output<W = BufWriter<StdoutLock<'static>>> {
    out: W,
    error: Option<io::Error>,
    stop: Arc<AtomicBool>,
}

impl Output {
    /// Standard output; `stop` is set when there is no use in going on.
    pub fn new(stop: Arc<AtomicBool>) -> Self {
        Self { out: BufWriter::new(io::stdout().lock()), error: None, stop }
    }
}

impl<W: Write> Output<W> {
    /// Writes; after a failure, nothing.
    pub fn write(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) {
        if self.error.is_some() {
            return;
        }
        if let Err(error) = write(&mut self.out) {
            self.error = Some(error);
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Writes what is buffered, so that a reader sees it.
    pub fn flush(&mut self) {
        self.write(W::flush);
    }

    /// Says whether all was written.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.flush();
        printed(self.error.map_or(Ok(()), Err))
    }
}

/// What it means that standard output was or was not written. A reader that has seen enough is no failure.
pub fn printed(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::finding(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
