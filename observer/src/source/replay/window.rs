//! A window that moves over a capture: bytes are read when wanted, and forgotten when consumed.

use std::io::{self, ErrorKind, Read};

use super::Problem;
use super::capture::Capture;

/// Bytes of the first read; the next ones are larger, up to [`READ_LEN`].
const FIRST_READ_LEN: usize = 16 << 10;
/// Bytes read ahead at a time.
const READ_LEN: usize = 64 << 10;
/// Bytes of the first read behind some that were passed over, where a few may be all that is needed.
const SPARSE_READ_LEN: usize = 512;

/// The part of a capture that is in memory.
pub struct Window<C> {
    capture: C,
    /// Bytes of the next read, if there is room.
    ahead: usize,
    buffer: Vec<u8>,
    /// The bytes present are `buffer[start..end]`.
    start: usize,
    end: usize,
    /// Offset of the buffer's first byte in the capture.
    base: u64,
    peeked: Peeked,
}

/// Bytes further on, which were read before those in between.
#[derive(Default)]
struct Peeked {
    bytes: Vec<u8>,
    /// Offset of the first in the capture.
    base: u64,
}

impl<C: Capture> Window<C> {
    /// A window at a capture's start.
    pub fn new(capture: C) -> Self {
        let (buffer, peeked) = (Vec::new(), Peeked::default());
        Self { capture, ahead: FIRST_READ_LEN, buffer, start: 0, end: 0, base: 0, peeked }
    }

    /// Whether bytes can be passed over unread.
    pub fn is_stored(&self) -> bool {
        self.capture.is_stored()
    }

    /// Bytes consumed so far.
    #[inline]
    pub const fn offset(&self) -> u64 {
        self.base.saturating_add(self.start as u64)
    }

    /// The next bytes, at least `wanted` of them; fewer only where the capture ends before.
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

    /// Passes over the next `n` bytes, which must be there; unread where they are not present, for which the
    /// capture must be stored.
    pub fn pass(&mut self, n: usize) {
        let beyond = n.saturating_sub(self.present());
        self.consume(n);
        if beyond > 0 {
            let base = self.base.saturating_add(self.end as u64).saturating_add(beyond as u64);
            let known = self.peeked.copy(base, &mut self.buffer);
            (self.base, self.start, self.end) = (base, 0, known);
            self.capture.pass_over((beyond as u64).saturating_add(known as u64));
            self.ahead = SPARSE_READ_LEN;
        }
    }

    /// The byte `offset` bytes later, which is not present, and some behind it; none where they cannot be
    /// read.
    pub fn peek(&mut self, offset: usize) -> &[u8] {
        self.peeked.base = self.offset().saturating_add(offset as u64);
        self.peeked.bytes.resize(SPARSE_READ_LEN, 0);
        let beyond = offset.checked_sub(self.present());
        let read =
            beyond.and_then(|beyond| self.capture.peek(beyond as u64, &mut self.peeked.bytes).ok());
        self.peeked.bytes.truncate(read.unwrap_or_default());
        &self.peeked.bytes
    }

    /// Bytes in memory and not consumed.
    #[inline]
    pub const fn present(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    #[inline(never)]
    fn read_on(&mut self, wanted: usize) -> Result<(), Problem> {
        while self.present() < wanted {
            self.make_room();
            let missing = wanted.saturating_sub(self.present());
            if self.read_some(missing)? == 0 {
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

    /// Reads once, and ahead of what is missing.
    fn read_some(&mut self, missing: usize) -> Result<usize, Problem> {
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let len = missing.max(self.ahead).min(room.len());
        self.ahead = self.ahead.saturating_mul(2).min(READ_LEN);
        match read_retrying(&mut self.capture, room.get_mut(..len).unwrap_or_default()) {
            Ok(n) => {
                // A capture that lies about what it has read must not carry us out of the buffer.
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

impl Peeked {
    /// Copies what of them is at an offset, and behind it; returns how much.
    fn copy(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let before = offset.checked_sub(self.base).and_then(|before| usize::try_from(before).ok());
        let bytes = before.and_then(|before| self.bytes.get(before..)).unwrap_or_default();
        let Some(room) = buffer.get_mut(..bytes.len()) else { return 0 };
        room.copy_from_slice(bytes);
        bytes.len()
    }
}

fn read_retrying(capture: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match capture.read(room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::replay::capture::{Stored, Streamed};

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
        let mut window = Window::new(Streamed(Trickle(&bytes, 0)));
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
    fn what_is_passed_over_is_not_missed() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
        let read_at = |out: &mut [u8], at: u64| (&bytes[bytes.len().min(at as usize)..]).read(out);
        let mut window = Window::new(Stored::new(read_at));
        let (mut at, mut n) = (0, 1);
        while at < bytes.len() {
            n = (n * 7 + 3) % 20_011;
            let left = bytes.len() - at;
            let present = window.present();
            let peeked = window.peek(present + n);
            assert!(bytes[bytes.len().min(at + present + n)..].starts_with(peeked));
            assert!(peeked.len() == SPARSE_READ_LEN.min(left.saturating_sub(present + n)));
            // To before it, into it, or behind it.
            let passed = (present + n + n % 700).saturating_sub(100).min(left);
            window.pass(passed);
            at += passed;
            assert_eq!(window.offset(), at as u64);
            let next = window.fill(n % 300).unwrap();
            assert!(bytes[at..].starts_with(next), "at {at}");
            assert!(next.len() >= (n % 300).min(bytes.len() - at));
            let consumed = next.len().min(n % 50);
            window.consume(consumed);
            at += consumed;
        }
        assert!(window.fill(1).unwrap().is_empty());
    }

    #[test]
    fn a_claim_costs_no_memory() {
        let mut window = Window::new(Streamed(&[1, 2, 3][..]));
        assert_eq!(window.fill(usize::MAX).unwrap(), [1, 2, 3]);
        assert!(window.buffer.len() <= 2 * READ_LEN);
    }
}
