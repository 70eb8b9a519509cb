//! The way of nearly all segments of a direction that is in step: frames whose beginnings are there, and
//! what goes on of a frame, are handed on segment by segment, not piece by piece.
//!
//! It does only what the bytes would do one after the other, and stops before what is not as plain: a
//! beginning that is cut, or not accepted. From there on these go the other way.

use super::framer::State;
use super::step::{Phase, Step};
use super::{Account, Framer, Head, PREFIX_LEN, Receiver, Verdict};
use crate::input::{Chunk, Segment};
use crate::protocol::pieces::Pieces;
use crate::stream::Carrier;

impl Framer {
    /// Takes as much of a segment as is plain, which comes next; returns how far that goes.
    #[inline(always)]
    pub fn plain<R: Receiver>(&mut self, segment: &Segment<'_>, receiver: &mut R) -> u32 {
        match &mut self.state {
            State::Step(step) => step.plain(segment, receiver),
            State::Search(_) => 0,
        }
    }

    /// Bytes left of a frame whose beginning was accepted; 0 elsewhere.
    pub fn left_of_body(&self) -> u32 {
        match &self.state {
            State::Step(step) if step.phase == Phase::Body => step.left(),
            State::Step(_) | State::Search(_) => 0,
        }
    }
}

impl Step {
    /// Takes as much of a segment as is plain; returns how far that goes.
    fn plain<R: Receiver>(&mut self, segment: &Segment<'_>, receiver: &mut R) -> u32 {
        let Some(mut rest) = Pieces::of_segment(segment) else { return 0 };
        let &Segment { time, seq, ack, wire_len, .. } = segment;
        let mut taken = 0;
        while taken < wire_len {
            let first = Carrier { time, seq: seq.plus(taken), ack };
            let some = match self.phase {
                Phase::Prefix => self.plain_frame(&first, rest, receiver),
                Phase::Body => Some(self.plain_body(&first, rest, receiver)),
                Phase::Head | Phase::Opaque => None,
            };
            let Some(some) = some else { break };
            taken = taken.saturating_add(count(some));
            if taken < wire_len {
                rest.pass(some);
            }
        }
        let shown = shown(segment, taken);
        let elided = (taken as usize).saturating_sub(shown);
        let ledger = receiver.account().ledger();
        ledger.decoded = ledger.decoded.saturating_add(shown as u64);
        ledger.elided = ledger.elided.saturating_add(elided as u64);
        taken
    }

    /// A frame's beginning, and as much of it as is in the segment; returns how much that is. `None` of
    /// one that is not accepted as it is: then nothing has been done.
    #[inline]
    fn plain_frame<R: Receiver>(
        &mut self,
        first: &Carrier,
        rest: Pieces<'_>,
        receiver: &mut R,
    ) -> Option<usize> {
        let prefix = rest.bytes().first_chunk().filter(|_| self.prefix_len == 0)?;
        let len = receiver.length(i32::from_be_bytes(*prefix)).ok()?;
        let pieces = rest.behind(PREFIX_LEN as usize).first(len as usize);
        let passed = pieces.wire_len();
        let is_final = pieces.hole() > 0 || pieces.bytes().len() == len as usize;
        let head = Head { len, first: *first, pieces, is_final };
        let is_whole = passed == len as usize;
        let verdict =
            if is_whole { receiver.whole(&head, first.time) } else { receiver.head(&head) };
        if verdict != Verdict::Accept {
            return None;
        }
        if !is_whole {
            let passed = count(passed);
            (self.phase, self.first, self.len, self.passed) = (Phase::Body, *first, len, passed);
        }
        Some(passed.saturating_add(PREFIX_LEN as usize))
    }

    /// What goes on of a frame; returns how much that is.
    #[inline]
    fn plain_body<R: Receiver>(
        &mut self,
        first: &Carrier,
        rest: Pieces<'_>,
        receiver: &mut R,
    ) -> usize {
        let pieces = rest.first(self.left() as usize);
        receiver.body(pieces);
        let some = pieces.wire_len();
        self.passed = self.passed.saturating_add(count(some));
        if self.left() == 0 {
            self.end(first.time, receiver);
        }
        some
    }
}

/// How many of a segment's first bytes are there.
fn shown(segment: &Segment<'_>, taken: u32) -> usize {
    let before =
        |chunk: &Chunk<'_>| chunk.bytes.len().min(taken.saturating_sub(chunk.offset) as usize);
    segment.chunks.iter().map(before).sum()
}

/// How many bytes; a segment has no more than fit.
fn count(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
