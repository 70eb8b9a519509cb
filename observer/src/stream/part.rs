//! A segment goes in; out come its parts in order, each wholly present or wholly elided, together
//! exactly as long as the segment was on the wire.

use observer_common::Seq;

use super::{Carrier, Edges};
use crate::input::{Chunk, Segment};

/// A run of bytes of one segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    /// The packet that carried it; first byte.
    pub carrier: Carrier,
    /// Bytes on the wire.
    pub len: u32,
    /// All of its bytes; nothing where they were left out on purpose.
    pub bytes: Option<&'a [u8]>,
    /// Which of the segment's edges are its own.
    pub edges: Edges,
}

impl Part<'_> {
    /// The sequence number behind the last byte.
    pub const fn end(&self) -> Seq {
        self.carrier.seq.plus(self.len)
    }

    /// The first `n` bytes, and the rest; either may be empty.
    pub fn split_at(self, n: u32) -> (Self, Self) {
        let n = n.min(self.len);
        let halves = self.bytes.and_then(|bytes| bytes.split_at_checked(n as usize));
        let mut head = Self { len: n, bytes: halves.map(|(head, _)| head), ..self };
        let mut tail = Self {
            carrier: self.carrier.after(n as usize),
            len: self.len.saturating_sub(n),
            bytes: halves.map(|(_, tail)| tail),
            ..self
        };
        if tail.len > 0 {
            head.edges.segment_end = false;
        }
        if head.len > 0 {
            (tail.edges.segment_start, tail.edges.frame_start) = (false, false);
        }
        (head, tail)
    }
}

/// The parts of a segment, from one that begins at this offset. Chunks that reach over each other or over the
/// segment's end, which no source should yield, are cut.
pub(super) const fn parts_from<'s, 'a>(at: u32, segment: &'s Segment<'a>) -> Parts<'s, 'a> {
    Parts { segment, at, chunks: segment.chunks }
}

pub(super) struct Parts<'s, 'a> {
    segment: &'s Segment<'a>,
    /// Offset of the next part.
    at: u32,
    /// Chunks that reach beyond it, and perhaps some that do not.
    chunks: &'a [Chunk<'a>],
}

impl<'a> Iterator for Parts<'_, 'a> {
    type Item = Part<'a>;

    #[inline]
    fn next(&mut self) -> Option<Part<'a>> {
        let start = self.at;
        let left = self.segment.wire_len.checked_sub(start).filter(|left| *left > 0)?;
        while let Some((_, rest)) =
            self.chunks.split_first().filter(|(c, _)| ends(c) <= start.into())
        {
            self.chunks = rest;
        }
        let bytes = self.present(start, left);
        let len = match (bytes, self.chunks.first()) {
            (Some(bytes), _) => u32::try_from(bytes.len()).unwrap_or(left),
            (None, Some(chunk)) => chunk.offset.saturating_sub(start).min(left),
            (None, None) => left,
        };
        self.at = start.saturating_add(len);
        let edges = Edges {
            segment_start: start == 0 && self.segment.is_first,
            segment_end: len == left && self.segment.is_last,
            frame_start: bytes.is_some() && self.frame_starts_at(start),
        };
        let Segment { time, seq, ack, .. } = *self.segment;
        let carrier = Carrier { time, seq: seq.plus(start), ack };
        Some(Part { carrier, len, bytes, edges })
    }
}

impl<'a> Parts<'_, 'a> {
    /// The bytes present from `start` on, at most `left`.
    fn present(&self, start: u32, left: u32) -> Option<&'a [u8]> {
        let chunk = self.chunks.first()?;
        let from = start.checked_sub(chunk.offset)?;
        let bytes = chunk.bytes.get(from as usize..)?;
        bytes.get(..left as usize).or(Some(bytes))
    }

    /// Whether the chunk at hand begins here, and a frame with it.
    fn frame_starts_at(&self, offset: u32) -> bool {
        self.chunks.first().is_some_and(|chunk| chunk.frame_start && chunk.offset == offset)
    }
}

fn ends(chunk: &Chunk<'_>) -> u64 {
    u64::from(chunk.offset).saturating_add(chunk.bytes.len() as u64)
}
