//! The straight way: ops whose bytes are all there and hold nothing out of the ordinary are done one
//! after the other, with what changes at every op in registers.
//!
//! It does only what the steps would do, and stops before the first op that is not as plain: what is
//! cut, wrong, long or rare is a step's work. The bytes that it looks at end where the region does, so
//! that one comparison tells both that they are there and that they may be taken.
//!
//! The kinds of op are asked for in the order in which they usually follow each other, because
//! branches that nearly always go the same way cost less than a jump that is another one each time.

use super::plain::Left;
use super::regions::Level;
use super::values::Fixed;
use super::visitor::Visitor;
use super::{Machine, State, plain};
use crate::protocol::pieces::Pieces;
use crate::protocol::program::{Idle, Op};

/// How far it is.
#[derive(Clone, Copy)]
struct Way<'a> {
    /// The ops that come next.
    ops: &'static [Op],
    /// The bytes that come next in the region.
    bytes: &'a [u8],
    /// How many more the region has.
    beyond: usize,
}

impl Machine {
    /// Does the plain ops that come next; returns the bytes behind them.
    #[inline(always)]
    pub(super) fn go_straight<'a, V: Visitor>(
        &mut self,
        bytes: &'a [u8],
        behind: &mut Pieces<'a>,
        visitor: &mut V,
    ) -> &'a [u8] {
        let (in_region, outside) =
            bytes.split_at_checked(self.regions.left() as usize).unwrap_or((bytes, &[]));
        let all: &'static [Op] = &self.program.ops;
        let ops = all.get(usize::from(self.at)..).unwrap_or_default();
        let beyond = (self.regions.left() as usize).saturating_sub(in_region.len());
        let mut way = Way { ops, bytes: in_region, beyond };
        while self.some(&mut way, behind, visitor).is_some() {}
        // It is not more than there was: a program's ops are counted in 16 bits.
        let at = all.len().saturating_sub(way.ops.len());
        self.at = u16::try_from(at).unwrap_or(u16::MAX);
        let left = way.bytes.len().saturating_add(way.beyond);
        self.regions.give_back(plain::count(left).saturating_sub(self.skip));
        if outside.is_empty() {
            return way.bytes;
        }
        // Where there are some, none of what is behind was taken.
        let left = way.bytes.len().saturating_add(outside.len());
        bytes.get(bytes.len().saturating_sub(left)..).unwrap_or_default()
    }

    /// Does some of the ops that come next, up to an element's end at most; `None` before one that is
    /// not plain, or at the message's end.
    #[inline(always)]
    fn some<'a, V: Visitor>(
        &mut self,
        way: &mut Way<'a>,
        behind: &mut Pieces<'a>,
        visitor: &mut V,
    ) -> Option<()> {
        let begin = way.ops.len();
        if let [op @ (Op::Fixed { .. } | Op::Skip(_)), ops @ ..] = way.ops {
            let bytes = self.plain_values(*op, way.bytes, visitor)?;
            *way = Way { ops, bytes, ..*way };
            if let Op::Fixed { idle: 1.., .. } = op {
                let _ = self.pass_idle(*op, way, visitor);
            }
        }
        while let [Op::Row { length, width }, ops @ ..] = way.ops {
            *way = Way { ops, bytes: plain::row(way.bytes, *length, *width)?, ..*way };
        }
        if let [op @ (Op::Bytes { .. } | Op::Pass(_)), ops @ ..] = way.ops {
            *way = Way { ops, bytes: plain_bytes(*op, way.bytes, visitor)?, ..*way };
        }
        if let [op @ Op::Records { .. }, ops @ ..] = way.ops {
            self.plain_records(*op, ops, way, behind, visitor)?;
        }
        if let [op @ Op::Array { .. }, ops @ ..] = way.ops {
            self.plain_array(*op, ops, way, visitor)?;
        }
        if let [Op::Tagged { .. }, ops @ ..] = way.ops {
            let [0, bytes @ ..] = way.bytes else {
                return None;
            };
            *way = Way { ops, bytes, ..*way };
        }
        if let [Op::Next { begin, scope }, ops @ ..] = way.ops {
            let goes_round = self.round(*scope, visitor);
            way.ops = if goes_round { self.program.ops.get(usize::from(*begin)..)? } else { ops };
            return Some(());
        }
        if let [Op::End, ..] = way.ops
            && !self.regions.is_wrapped()
        {
            self.state = State::Done;
            return None;
        }
        (way.ops.len() < begin).then_some(())
    }

    /// Passes over what says nothing behind values at fixed places.
    #[inline(always)]
    fn pass_idle<V: Visitor>(&self, op: Op, way: &mut Way<'_>, visitor: &mut V) -> Option<()> {
        let Op::Fixed { idle, .. } = op else {
            return None;
        };
        let Idle { expected, mask, len, array, to } =
            self.program.idle.get(usize::from(idle).checked_sub(1)?)?;
        if u32::from_ne_bytes(*way.bytes.first_chunk()?) & mask != *expected {
            return None;
        }
        way.ops = self.program.ops.get(usize::from(*to)..)?;
        way.bytes = way.bytes.get(usize::from(*len)..)?;
        if let Some(place) = array {
            visitor.array(*place, Some(0));
        }
        Some(())
    }

    /// Values at fixed places, or none; returns the bytes behind them.
    #[inline(always)]
    fn plain_values<'a, V: Visitor>(
        &mut self,
        op: Op,
        bytes: &'a [u8],
        visitor: &mut V,
    ) -> Option<&'a [u8]> {
        let (len, first, count) = match op {
            Op::Skip(len) => return bytes.get(usize::from(len)..),
            Op::Fixed { len, first, count, .. } => (len, first, count),
            _ => return None,
        };
        let behind = bytes.get(usize::from(len)..)?;
        for value in self.values(Fixed { len, first, count }) {
            self.tell(*value, bytes.get(usize::from(value.offset)..)?, visitor);
        }
        Some(behind)
    }

    /// A set of records, which `ops` follow; what is missing of it is passed over.
    #[inline(always)]
    fn plain_records<'a, V: Visitor>(
        &mut self,
        op: Op,
        ops: &'static [Op],
        way: &mut Way<'a>,
        behind: &mut Pieces<'a>,
        visitor: &mut V,
    ) -> Option<()> {
        let Op::Records { length, place, is_walked } = op else {
            return None;
        };
        let left = Left { beyond: way.beyond, is_cut: behind.begins_with_hole() };
        let (bytes, missing) = if is_walked {
            plain::set(way.bytes, left, length, place, visitor)?
        } else {
            plain::records(way.bytes, left, length, place, visitor)?
        };
        *way = Way { ops, bytes, ..*way };
        if missing > 0 {
            let to_come;
            (way.bytes, to_come) = plain::pass(behind, &mut way.beyond, missing);
            self.skip = plain::count(to_come);
        }
        // What is behind them is done when they have passed.
        (self.skip == 0).then_some(())
    }

    /// An array's beginning, which `ops` follow.
    #[inline(always)]
    fn plain_array<V: Visitor>(
        &mut self,
        op: Op,
        ops: &'static [Op],
        way: &mut Way<'_>,
        visitor: &mut V,
    ) -> Option<()> {
        let Op::Array { length, place, end, scope } = op else {
            return None;
        };
        let (value, bytes) = plain::prefix(way.bytes, length)?;
        let count = value.unwrap_or_default();
        if count as usize > bytes.len().saturating_add(way.beyond) {
            return None;
        }
        if count == 0 {
            *way = Way { ops: self.program.ops.get(usize::from(end)..)?, bytes, ..*way };
            visitor.array(place, value);
            return Some(());
        }
        self.regions.push(Level::Array(count)).ok()?;
        visitor.array(place, value);
        if let Some(scope) = scope {
            visitor.enter(scope);
        }
        *way = Way { ops, bytes, ..*way };
        Some(())
    }
}

/// What has a length; returns what is behind it.
#[inline(always)]
fn plain_bytes<'a, V: Visitor>(op: Op, bytes: &'a [u8], visitor: &mut V) -> Option<&'a [u8]> {
    match op {
        Op::Pass(length) => plain::row(bytes, length, 1),
        Op::Bytes { length, place } => plain::text(bytes, length, place, visitor),
        _ => None,
    }
}
