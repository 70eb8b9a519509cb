//! Standard output of a capture: items in, written in the background. The capture waits for no
//! reader: what one is too slow for is left out, and counted.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::background::Background;
use crate::cli::failure::Failure;

/// Items are handed on together, this many bytes at a time.
const CHUNK: usize = 32 << 10;

/// Prints items, as long as somebody reads them.
pub struct Printer {
    background: Background,
    chunk: Vec<u8>,
    /// Items in the chunk.
    gathered: u64,
    /// Items that were to be printed.
    items: u64,
}

impl Printer {
    /// Prints on standard output, where at most `capacity` bytes wait for the reader. Sets `stop`
    /// once nobody reads any longer.
    pub fn new(capacity: usize, stop: Arc<AtomicBool>) -> Result<Self, Failure> {
        let start = || {
            let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
            Background::start(out, capacity, move || stop.store(true, Ordering::Relaxed))
        };
        let background = start().map_err(|error| {
            Failure::not_possible(format!("standard output cannot be used: {error}"))
        })?;
        Ok(Self { background, chunk: Vec::new(), gathered: 0, items: 0 })
    }

    /// Prints an item.
    pub fn print(&mut self, write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) {
        self.items += 1;
        let before = self.chunk.len();
        if write(&mut self.chunk).is_err() {
            // Memory takes everything; what cannot be written as text is left out.
            self.chunk.truncate(before);
            return;
        }
        self.gathered += 1;
        if self.chunk.len() >= CHUNK {
            self.flush();
        }
    }

    /// Hands on what was printed, so that a reader sees it.
    pub fn flush(&mut self) {
        if self.gathered > 0 {
            // What is refused is missing from what was written, in the end.
            let _ = self.background.offer(std::mem::take(&mut self.chunk), self.gathered);
            self.gathered = 0;
        }
    }

    /// Waits for the reader, a while; returns how many items were not printed. A reader that has
    /// seen enough is no failure, and misses none.
    pub fn finish(mut self) -> Result<u64, Failure> {
        self.flush();
        let ending = self.background.finish();
        match ending.error {
            Some(error) if error.kind() == ErrorKind::BrokenPipe => Ok(0),
            Some(error) => {
                Err(Failure::finding(format!("standard output cannot be written: {error}")))
            }
            None => Ok(self.items - ending.items),
        }
    }
}
