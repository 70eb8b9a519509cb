//! A window that moves over a stream: bytes are read when wanted, and forgotten when consumed.

use std::io::{self, ErrorKind, Read};

use super::Problem;

/// Bytes of the first read; the next ones are larger, up to [`READ_LEN`].
const FIRST_READ_LEN: usize = 16 << 10;
/// Bytes read ahead at a time.
const READ_LEN: usize = 64 << 10;

/// The part of a stream that is in memory.
pub struct Window<R> {
    stream: R,
    buffer: Vec<u8>,
    /// The bytes present are `buffer[start..end]`.
    start: usize,
    end: usize,
    /// Offset of the buffer's first byte in the stream.
    base: u64,
}

impl<R: Read> Window<R> {
    /// A window at a stream's start.
    pub const fn new(stream: R) -> Self {
        Self { stream, buffer: Vec::new(), start: 0, end: 0, base: 0 }
    }

    /// Bytes consumed so far.
    #[inline]
    pub const fn offset(&self) -> u64 {
        self.base.saturating_add(self.start as u64)
    }

    /// The next bytes, at least `wanted` of them; fewer only where the stream ends before.
    #[inline]
    pub fn fill(&mut self, wanted: usize) -> Result<&[u8], Problem> {
        if self.present() < wanted {
            self.read_on(wanted)?;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    /// Forgets the next `n` bytes, of those present.
    #[inline]
    pub fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
    }

    /// Bytes in memory and not consumed.
    #[inline]
    const fn present(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    #[inline(never)]
    fn read_on(&mut self, wanted: usize) -> Result<(), Problem> {
        while self.present() < wanted {
            self.make_room();
            if self.read_some()? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Room for at least one more byte. Doubles when full, whatever was wanted.
    fn make_room(&mut self) {
        if self.end < self.buffer.len() {
            return;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.base = self.offset();
        self.end = self.present();
        self.start = 0;
        let len = self.buffer.len();
        if len < 2 * READ_LEN || len.saturating_sub(self.end) < READ_LEN {
            self.buffer.resize(len.saturating_mul(2).max(FIRST_READ_LEN), 0);
        }
    }

    fn read_some(&mut self) -> Result<usize, Problem> {
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        match read_retrying(&mut self.stream, room) {
            Ok(n) => {
                // A stream that lies about what it has read must not carry us out of the buffer.
                self.end = self.end.saturating_add(n).min(self.buffer.len());
                Ok(n)
            }
            Err(source) => {
                let offset = self.base.saturating_add(self.end as u64);
                Err(Problem::Read { offset, source })
            }
        }
    }
}

fn read_retrying(stream: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, as a pipe may.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1 % 7 + 1;
            let n = self.1.min(out.len()).min(self.0.len());
            let (now, later) = self.0.split_at(n);
            out[..n].copy_from_slice(now);
            self.0 = later;
            Ok(n)
        }
    }

    #[test]
    fn every_byte_comes_once_and_in_order() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
        let mut window = Window::new(Trickle(&bytes, 0));
        let mut seen = Vec::new();
        for wanted in [1, 100_000, 3, 700_000, 9].into_iter().cycle() {
            let present = window.fill(wanted).unwrap();
            if present.is_empty() {
                break;
            }
            let taken = wanted.min(present.len());
            seen.extend_from_slice(&present[..taken]);
            window.consume(taken);
            assert_eq!(window.offset(), seen.len() as u64);
        }
        assert!(seen == bytes);
    }

    #[test]
    fn a_claim_costs_no_memory() {
        let mut window = Window::new(&[1, 2, 3][..]);
        assert_eq!(window.fill(usize::MAX).unwrap(), [1, 2, 3]);
        assert!(window.buffer.len() <= 2 * READ_LEN);
    }
}
