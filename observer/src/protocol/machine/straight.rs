//! The straight way: ops whose bytes are all there and hold nothing out of the ordinary are done one
//! after the other, with what changes at every op in registers.
//!
//! It does only what the steps would do, and stops before the first op that is not as plain: what is
//! cut, wrong, long or rare is a step's work. The bytes that it looks at end where the region does, so
//! that one comparison tells both that they are there and that they may be taken.
//!
//! The kinds of op are asked for in the order in which they usually follow each other, because
//! branches that nearly always go the same way cost less than a jump that is another one each time.

use super::regions::Level;
use super::values::Fixed;
use super::visitor::Visitor;
use super::{Machine, State, plain};
use crate::protocol::program::{Idle, Op};

/// How far it is.
#[derive(Clone, Copy)]
struct Way<'a> {
    /// The ops that come next.
    ops: &'static [Op],
    /// The bytes that come next in the region.
    bytes: &'a [u8],
    /// How many more the region has.
    beyond: u32,
}

impl Machine {
    /// Does the plain ops that come next; returns the bytes behind them.
    #[inline(always)]
    pub(super) fn go_straight<'a, V: Visitor>(
        &mut self,
        bytes: &'a [u8],
        visitor: &mut V,
    ) -> &'a [u8] {
        let room = bytes.len().min(self.regions.left() as usize);
        let all: &'static [Op] = &self.program.ops;
        let ops = all.get(usize::from(self.at)..).unwrap_or_default();
        let beyond = self.regions.left().saturating_sub(u32::try_from(room).unwrap_or(u32::MAX));
        let mut way = Way { ops, bytes: bytes.get(..room).unwrap_or_default(), beyond };
        while self.some(&mut way, visitor).is_some() {}
        // Neither is more than there was: a program's ops are counted in 16 bits, the bytes lie in the
        // region.
        let at = all.len().saturating_sub(way.ops.len());
        self.at = u16::try_from(at).unwrap_or(u16::MAX);
        let used = room.saturating_sub(way.bytes.len());
        let _ = self.regions.take(u32::try_from(used).unwrap_or(u32::MAX));
        let _ = self.regions.take(self.skip);
        bytes.get(used..).unwrap_or_default()
    }

    /// Does some of the ops that come next, up to an element's end at most; `None` before one that is
    /// not plain, or at the message's end.
    #[inline(always)]
    fn some<V: Visitor>(&mut self, way: &mut Way<'_>, visitor: &mut V) -> Option<()> {
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
        if let [op @ (Op::Bytes { .. } | Op::Pass(_) | Op::Records { .. }), ops @ ..] = way.ops {
            let bytes = match op {
                Op::Records { length, place, is_walked: true } => {
                    let (bytes, missing) =
                        plain::set_in_part(way.bytes, way.beyond, *length, *place, visitor)?;
                    self.skip = missing;
                    bytes
                }
                _ => plain_bytes(*op, way.bytes, visitor)?,
            };
            *way = Way { ops, bytes, ..*way };
            if self.skip > 0 {
                // What is behind them is done when they have passed.
                return None;
            }
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
        if count as usize > bytes.len() {
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
        Op::Records { length, place, .. } => plain::records(bytes, length, place, visitor),
        _ => None,
    }
}
