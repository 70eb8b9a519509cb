//! Where a capture's bytes come from: a stream, which is read to its end, or something stored, of which
//! some need not be read.

use std::io::{self, Read};

/// A capture's bytes, in order.
pub trait Capture: Read {
    /// Whether the next bytes can be passed over unread.
    fn is_stored(&self) -> bool {
        false
    }

    /// Reads what comes so many bytes later, if that can be done before those in between are read; returns
    /// how much that is.
    ///
    /// # Errors
    /// Those of reading.
    fn peek(&mut self, _ahead: u64, _buffer: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }

    /// Passes over the next bytes of something stored; its end may be before theirs.
    fn pass_over(&mut self, _bytes: u64) {}
}

/// Bytes that can only be read in order, as those of a pipe.
#[derive(Debug)]
pub struct Streamed<R>(pub R);

impl<R: Read> Read for Streamed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> Capture for Streamed<R> {}

/// Bytes that can be read at any place, as those of a file.
#[derive(Debug)]
pub struct Stored<F> {
    read_at: F,
    at: u64,
}

impl<F: FnMut(&mut [u8], u64) -> io::Result<usize>> Stored<F> {
    /// All bytes, of which `read_at` reads some at an offset, as `FileExt::read_at` does.
    pub const fn new(read_at: F) -> Self {
        Self { read_at, at: 0 }
    }
}

impl<F: FnMut(&mut [u8], u64) -> io::Result<usize>> Read for Stored<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (self.read_at)(buffer, self.at)?;
        self.pass_over(read as u64);
        Ok(read)
    }
}

impl<F: FnMut(&mut [u8], u64) -> io::Result<usize>> Capture for Stored<F> {
    fn is_stored(&self) -> bool {
        true
    }

    fn peek(&mut self, ahead: u64, buffer: &mut [u8]) -> io::Result<usize> {
        (self.read_at)(buffer, self.at.saturating_add(ahead))
    }

    fn pass_over(&mut self, bytes: u64) {
        self.at = self.at.saturating_add(bytes);
    }
}
