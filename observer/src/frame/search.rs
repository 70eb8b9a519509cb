//! Out of step: holds a bounded window of a direction's bytes and looks for a confirmed boundary.
//!
//! What confirms a candidate is the `judge`'s to say.

use super::Receiver;
use super::candidates::{Candidate, Candidates};
use crate::protocol::plausible::Guess;
use crate::stream::{Carrier, Edges};
use crate::time::Timestamp;

/// Bytes that a place must have behind it to be looked at: length prefix and correlation id.
const LOOK_LEN: u64 = 8;
/// Undecided places remembered; few, so that hostile bytes cost little.
const MAX_UNDECIDED: usize = 8;

/// How often each byte that comes may be checked, on the average.
const CHECKS_PER_BYTE: u64 = 4;

/// What a piece costs to keep beside its bytes.
const PIECE_COST: usize = 64;

const _: () = assert!(size_of::<Piece>() <= PIECE_COST);

/// Bytes that came together. They are not joined, however few: each segment has its own time, and
/// frames begin and end at its borders.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Offset of the first byte since the search began.
    pub(super) start: u64,
    pub(super) len: usize,
    pub(super) carrier: Carrier,
    pub(super) edges: Edges,
}

/// Pieces, from the newest, that are looked at for whole frames.
const MAX_WHOLE: usize = 64;

/// What fills segments from the first byte of one to the last byte of one, by its length a frame.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// Where it begins, to tell the [`Framer`](super::Framer).
    pub offset: u64,
    /// All of it, the length prefix too.
    pub bytes: &'a [u8],
    /// The packet that carried its first byte.
    pub carrier: Carrier,
    /// Nothing has come behind it.
    pub is_last: bool,
}

impl Whole<'_> {
    /// Where it ends.
    pub const fn end(&self) -> u64 {
        self.offset.saturating_add(self.bytes.len() as u64)
    }
}

/// The window and what is known about it.
#[derive(Debug, Default)]
pub(super) struct Search {
    window: Vec<u8>,
    /// Offset of the window's first byte since the search began.
    base: u64,
    pieces: Vec<Piece>,
    /// Up to here the window has been looked through.
    scanned: u64,
    /// Places before `scanned` where a client id was not whole yet.
    undecided: Vec<u64>,
    candidates: Candidates,
    /// Frames behind those candidates that can no longer be held: candidates in their place.
    pub(super) heirs: Vec<Candidate>,
    /// Bytes of candidates that may still be checked.
    pub(super) to_check: u64,
    /// The window still begins with the connection's first byte.
    pub(super) is_anchored: bool,
}

impl Search {
    /// A search from a connection's first byte.
    pub(super) fn anchored() -> Self {
        Self { is_anchored: true, ..Self::default() }
    }

    /// The bytes held, from the oldest.
    pub(super) fn window(&self) -> &[u8] {
        &self.window
    }

    /// Takes bytes in order.
    pub(super) fn push(&mut self, carrier: Carrier, bytes: &[u8], edges: Edges) {
        self.pieces.push(Piece { start: self.end(), len: bytes.len(), carrier, edges });
        self.window.extend_from_slice(bytes);
        let more = (bytes.len() as u64).saturating_mul(CHECKS_PER_BYTE);
        self.to_check = self.to_check.saturating_add(more);
    }

    /// Bytes that are not there: the window is of no more use, the candidates are. Returns how many
    /// bytes were thrown away.
    pub(super) fn hole(&mut self, len: u64) -> u64 {
        let dropped = self.forget_before(self.end());
        self.base = self.base.saturating_add(len);
        self.scanned = self.base;
        self.undecided.clear();
        self.is_anchored = false;
        dropped
    }

    /// Memory taken beside the bytes.
    pub(super) fn bookkeeping(&self) -> usize {
        self.pieces.len().saturating_mul(PIECE_COST)
    }

    /// Keeps the newest bytes that take so much memory. Returns how many bytes were thrown away.
    pub(super) fn shrink(&mut self, mut memory: usize) -> u64 {
        let mut keep = 0_usize;
        for piece in self.pieces.iter().rev() {
            let room = memory.saturating_sub(PIECE_COST).min(piece.len);
            keep = keep.saturating_add(room);
            if room < piece.len {
                break;
            }
            memory = memory.saturating_sub(PIECE_COST).saturating_sub(room);
        }
        self.forget_before(self.end().saturating_sub(keep as u64))
    }

    /// Looks for a boundary whose bytes are in the window. Returns its offset.
    pub(super) fn find<R: Receiver>(&mut self, receiver: &R) -> Option<u64> {
        let mut candidates = std::mem::take(&mut self.candidates);
        let confirmed = candidates.settle(|candidate| self.judge(candidate, receiver));
        for heir in std::mem::take(&mut self.heirs) {
            candidates.add(heir);
        }
        self.candidates = candidates;
        let confirmed = confirmed.or_else(|| self.scan(receiver));
        confirmed.map(|candidate| self.boundary(&candidate, receiver))
    }

    /// When the byte before `offset` passed, if it was seen.
    pub(super) fn time_before(&self, offset: u64) -> Option<Timestamp> {
        let before = offset.checked_sub(1)?;
        let piece = self.pieces.iter().find(|p| p.start <= before && before < p.end())?;
        piece.carrier.time
    }

    /// The pieces from `offset` on, with their bytes.
    pub(super) fn from(&self, offset: u64) -> impl Iterator<Item = (Piece, &[u8])> {
        self.pieces.iter().filter_map(move |piece| {
            let start = piece.start.max(offset);
            let bytes = self.slice(start, piece.end())?;
            (!bytes.is_empty()).then(|| {
                let is_start = piece.edges.segment_start && start == piece.start;
                let edges = Edges { segment_start: is_start, ..piece.edges };
                (Piece { start, len: bytes.len(), carrier: piece.carrier_at(start), edges }, bytes)
            })
        })
    }

    /// Bytes of the window before `offset`.
    pub(super) fn len_before(&self, offset: u64) -> u64 {
        offset.saturating_sub(self.base).min(self.window.len() as u64)
    }

    /// Offset of the first byte that is held.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// Offset behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.base.saturating_add(self.window.len() as u64)
    }

    /// What may be a whole frame, from the newest.
    pub(super) fn whole(&self) -> impl Iterator<Item = Whole<'_>> {
        let pieces = self.pieces.iter().rev().take(MAX_WHOLE).filter(|p| p.edges.segment_start);
        pieces.filter_map(|piece| {
            let bytes = self.slice(piece.start, self.end())?;
            let len = usize::try_from(u32::from_be_bytes(*bytes.first_chunk()?)).ok()?;
            let bytes = bytes.get(..len.checked_add(4)?)?;
            let end = piece.start.saturating_add(bytes.len() as u64);
            let (offset, carrier, is_last) = (piece.start, piece.carrier, end == self.end());
            self.is_segment_border(end).then_some(Whole { offset, bytes, carrier, is_last })
        })
    }

    /// Looks through the window again: what the receiver knows has changed.
    pub(super) fn rescan(&mut self) {
        self.scanned = self.base;
        self.undecided.clear();
        self.candidates = Candidates::default();
    }

    /// Looks at what was not looked at yet, up to the first frame that is confirmed at once.
    fn scan<R: Receiver>(&mut self, receiver: &R) -> Option<Candidate> {
        let mut undecided = std::mem::take(&mut self.undecided).into_iter();
        let mut confirmed = undecided.find_map(|start| self.look_at(start, receiver));
        while confirmed.is_none() && self.end().saturating_sub(self.scanned) >= LOOK_LEN {
            confirmed = self.look_at(self.scanned, receiver);
            self.scanned = self.scanned.saturating_add(1);
        }
        confirmed
    }

    /// A frame that begins at `start`, if that is certain; if it may be, it is kept as a candidate.
    fn look_at<R: Receiver>(&mut self, start: u64, receiver: &R) -> Option<Candidate> {
        let bytes = self.slice(start, self.end())?;
        // Nearly everywhere that is all there is to do: most of what stands in records is no length.
        receiver.length(i32::from_be_bytes(*bytes.first_chunk()?)).ok()?;
        let piece = self.piece_at(start)?;
        let at_segment_start = piece.start == start && piece.edges.segment_start;
        if !at_segment_start && !receiver.looks_inside() {
            return None;
        }
        let len = match receiver.guess(bytes, &piece.carrier_at(start)) {
            Guess::More if self.undecided.len() < MAX_UNDECIDED => {
                self.undecided.push(start);
                return None;
            }
            Guess::No | Guess::Unknown { .. } | Guess::More => return None,
            Guess::Known { len } => len,
        };
        let candidate = Candidate { at_segment_start, ..Candidate::new(start, len, bytes) };
        self.wanted(&candidate, receiver)?;
        if !self.begins_well(&candidate, receiver) {
            return None;
        }
        match self.judge(&candidate, receiver) {
            Some(true) => return Some(candidate),
            Some(false) => {}
            // Only these are kept: what a frame holds may look like many, and they must not drive
            // out the frame itself, which ends last.
            None => self.candidates.add(candidate),
        }
        None
    }

    /// The piece with the byte at `offset`.
    pub(super) fn piece_at(&self, offset: u64) -> Option<&Piece> {
        let next = self.pieces.partition_point(|p| p.start <= offset);
        self.pieces.get(next.checked_sub(1)?)
    }

    pub(super) fn is_segment_border(&self, offset: u64) -> bool {
        let begins = |p: &Piece| p.edges.segment_start && p.start == offset;
        let ends = |p: &Piece| p.edges.segment_end && p.end() == offset;
        let before = offset.checked_sub(1).and_then(|last| self.piece_at(last));
        self.piece_at(offset).is_some_and(begins) || before.is_some_and(ends)
    }

    pub(super) fn slice(&self, start: u64, end: u64) -> Option<&[u8]> {
        let start = usize::try_from(start.checked_sub(self.base)?).ok()?;
        let end = usize::try_from(end.checked_sub(self.base)?).ok()?;
        self.window.get(start..end)
    }

    fn forget_before(&mut self, offset: u64) -> u64 {
        let dropped = self.len_before(offset);
        if dropped == 0 {
            return 0;
        }
        self.window.drain(..usize::try_from(dropped).unwrap_or(usize::MAX).min(self.window.len()));
        self.base = self.base.saturating_add(dropped);
        self.scanned = self.scanned.max(self.base);
        let base = self.base;
        self.pieces.retain_mut(|piece| {
            if piece.end() <= base {
                return false;
            }
            let cut = usize::try_from(base.saturating_sub(piece.start)).unwrap_or(usize::MAX);
            if cut > 0 {
                piece.carrier = piece.carrier.after(cut);
                piece.start = base;
                piece.len = piece.len.saturating_sub(cut);
                piece.edges.segment_start = false;
            }
            true
        });
        // Many searches may wait for bytes that never come: with no more memory than they need.
        self.window.shrink_to_fit();
        self.pieces.shrink_to_fit();
        self.is_anchored = false;
        dropped
    }
}

impl Piece {
    fn end(&self) -> u64 {
        self.start.saturating_add(self.len as u64)
    }

    /// The packet that carried it, from the byte at `offset` on.
    pub(super) fn carrier_at(&self, offset: u64) -> Carrier {
        let into = usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.carrier.after(into)
    }
}
