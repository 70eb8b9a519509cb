//! Parts that wait behind a hole. They go in in any order and come out by sequence number; of bytes
//! that come twice the first copy stays.
//!
//! Invariant: the pieces are sorted and do not overlap, and all lie within half the number space, so
//! that [`Seq::since`] orders them. Only bytes that are present are copied.

use std::collections::VecDeque;

use observer_common::Seq;

use super::part::Part;
use super::{Budget, Carrier, Edges};
use crate::time::Timestamp;

/// What a part costs to hold beside its bytes: its entry, and the allocator's share.
pub const PIECE_COST: usize = 96;

const _: () = assert!(size_of::<Piece>() <= PIECE_COST);

/// Waiting parts.
#[derive(Debug, Default)]
pub(super) struct Held {
    pieces: VecDeque<Piece>,
    wire: u64,
    cost: usize,
}

/// A part with its own copy of the bytes.
#[derive(Debug)]
pub(super) struct Piece {
    carrier: Carrier,
    /// When it came, by the clock that graces and timeouts go by.
    since: Timestamp,
    len: u32,
    edges: Edges,
    bytes: Option<Box<[u8]>>,
}

impl Held {
    /// Where the first piece begins, and when it came.
    pub fn front(&self) -> Option<(Seq, Timestamp)> {
        self.pieces.front().map(|piece| (piece.carrier.seq, piece.since))
    }

    /// Bytes held, by their length on the wire.
    pub const fn wire(&self) -> u64 {
        self.wire
    }

    /// Memory in use.
    pub const fn cost(&self) -> usize {
        self.cost
    }

    /// Keeps what of a part is not here yet; returns how much was.
    pub fn insert(&mut self, part: Part<'_>, now: Timestamp, budget: &mut Budget) -> u64 {
        let mut duplicate = 0_u64;
        let mut rest = part;
        let mut index =
            self.pieces.partition_point(|piece| !piece.end().is_after(part.carrier.seq));
        while rest.len > 0 {
            let Some(piece) = self.pieces.get(index) else {
                self.insert_at(index, &rest, now, budget);
                break;
            };
            // Up to the piece the bytes are new, then, as far as it reaches, they are not.
            let (piece_seq, piece_end) = (piece.carrier.seq, piece.end());
            let room = u32::try_from(piece_seq.since(rest.carrier.seq)).unwrap_or(0);
            let (new, behind) = rest.split_at(room);
            if new.len > 0 {
                self.insert_at(index, &new, now, budget);
                index = index.saturating_add(1);
            }
            let overlap = u32::try_from(piece_end.since(behind.carrier.seq)).unwrap_or(0);
            let (old, behind) = behind.split_at(overlap);
            duplicate = duplicate.saturating_add(old.len.into());
            rest = behind;
            index = index.saturating_add(1);
        }
        duplicate
    }

    /// Takes the first piece out, if it begins at `seq`.
    pub fn pop_at(&mut self, seq: Seq, budget: &mut Budget) -> Option<Piece> {
        let piece = self.pieces.pop_front_if(|piece| piece.carrier.seq == seq)?;
        self.wire = self.wire.saturating_sub(piece.len.into());
        self.cost = self.cost.saturating_sub(piece.cost());
        budget.release(piece.cost());
        Some(piece)
    }

    fn insert_at(&mut self, index: usize, part: &Part<'_>, now: Timestamp, budget: &mut Budget) {
        let piece = Piece {
            carrier: part.carrier,
            since: now,
            len: part.len,
            edges: part.edges,
            bytes: part.bytes.map(Box::from),
        };
        self.wire = self.wire.saturating_add(piece.len.into());
        self.cost = self.cost.saturating_add(piece.cost());
        budget.charge(piece.cost());
        self.pieces.insert(index, piece);
    }
}

impl Piece {
    /// The piece as a part.
    pub fn part(&self) -> Part<'_> {
        Part {
            carrier: self.carrier,
            len: self.len,
            bytes: self.bytes.as_deref(),
            edges: self.edges,
        }
    }

    const fn end(&self) -> Seq {
        self.carrier.seq.plus(self.len)
    }

    fn cost(&self) -> usize {
        self.bytes.as_ref().map_or(0, |bytes| bytes.len()).saturating_add(PIECE_COST)
    }
}
