//! One step of a machine: the next op, tagged field or batch.

use super::arrays::Array;
use super::read::NoPrefix;
use super::regions::TooDeep;
use super::values::Fixed;
use super::visitor::Visitor;
use super::{Broken, Machine, Mode};
use crate::protocol::program::Op;

/// Why a step was not done.
pub(super) enum Stop {
    /// Too few bytes are there.
    More,
    /// The bytes do not fit the layout.
    Broken(Broken),
}

/// How many bytes a step took.
pub(super) type Step = Result<usize, Stop>;

/// A length or count reaches beyond the message.
pub(super) const OVERRUN: Stop = Stop::Broken(Broken::Overrun);

impl From<NoPrefix> for Stop {
    fn from(why: NoPrefix) -> Self {
        match why {
            NoPrefix::Cut => Self::More,
            NoPrefix::Wrong => Self::Broken(Broken::Varint),
        }
    }
}

impl From<TooDeep> for Stop {
    fn from(TooDeep: TooDeep) -> Self {
        OVERRUN
    }
}

impl Machine {
    /// Does one step with the bytes that come next; returns how many it took, or `None` where they
    /// are too few (then nothing was done).
    #[inline]
    pub(super) fn step<V: Visitor>(&mut self, bytes: &[u8], visitor: &mut V) -> Option<usize> {
        let left = self.regions.left();
        let done = match self.mode {
            Mode::Op => self.op(bytes, visitor),
            Mode::Tag => self.tag(bytes),
            Mode::Batch { left } => self.batch(bytes, left, visitor),
        };
        match done {
            Ok(used) => Some(used),
            // What is not there will not come: the region ends before. (Of a record set, all of it
            // has been taken from the region.)
            Err(Stop::More) if self.is_at_end(bytes) => {
                self.fail(Broken::Overrun, visitor);
                Some(0)
            }
            Err(Stop::More) => None,
            Err(Stop::Broken(why)) => {
                // The step took nothing, whatever it had claimed.
                self.regions.give_back(left);
                self.fail(why, visitor);
                Some(0)
            }
        }
    }

    /// Whether the region ends with these bytes.
    fn is_at_end(&self, bytes: &[u8]) -> bool {
        !matches!(self.mode, Mode::Batch { .. }) && bytes.len() >= self.regions.left() as usize
    }

    #[inline]
    fn op<V: Visitor>(&mut self, bytes: &[u8], visitor: &mut V) -> Step {
        let Some(op) = self.program.ops.get(usize::from(self.at)).copied() else {
            return Err(OVERRUN);
        };
        match op {
            Op::Skip(len) => {
                self.take(len.into())?;
                self.next();
                Ok(self.pass(bytes, 0, len.into()))
            }
            Op::Fixed { len, first, count, .. } => {
                self.fixed(bytes, Fixed { len, first, count }, visitor)
            }
            Op::Bytes { length, place } => self.text(bytes, length, place, visitor),
            Op::Pass(length) => self.pass_over(bytes, length),
            Op::Records { length, place, is_walked } => {
                self.records(bytes, length, place, is_walked, visitor)
            }
            Op::Wrapped { length, place } => self.wrapped(bytes, length, place, visitor),
            Op::Row { length, width } => self.row(bytes, length, width),
            Op::Array { length, place, end, scope } => {
                let array = Array { length, place, end, scope };
                self.array(bytes, array, visitor)
            }
            Op::Next { begin, scope } => {
                self.go_round(begin, scope, visitor);
                Ok(0)
            }
            Op::Nullable { end, place } => self.nullable(bytes, end, place, visitor),
            Op::Tagged { first, known } => self.tagged(bytes, first, known),
            Op::EndTagged => {
                self.end_tagged();
                Ok(0)
            }
            Op::If { value, to } => {
                let next = self.at.saturating_add(1);
                self.at = if self.number == i64::from(value) { to } else { next };
                Ok(0)
            }
            Op::End => {
                self.finish(visitor);
                Ok(0)
            }
        }
    }

    /// Takes bytes of the innermost region.
    #[inline]
    pub(super) fn take(&mut self, bytes: u32) -> Result<(), Stop> {
        self.regions.take(bytes).ok_or(OVERRUN)
    }

    /// Passes over bytes.
    #[inline]
    pub(super) fn skip(&mut self, bytes: u32) -> Result<(), Stop> {
        self.take(bytes)?;
        self.skip = bytes;
        Ok(())
    }

    /// Passes over `len` bytes behind the first `used` of these, which the step took; the region has
    /// given them. Returns how many of the bytes that takes.
    #[inline]
    pub(super) fn pass(&mut self, bytes: &[u8], used: u32, len: u32) -> usize {
        let end = (used as usize).saturating_add(len as usize);
        if end <= bytes.len() {
            return end;
        }
        let there = bytes.len().saturating_sub(used as usize);
        self.skip = len.saturating_sub(u32::try_from(there).unwrap_or(u32::MAX));
        bytes.len()
    }

    /// On to the next op.
    #[inline]
    pub(super) fn next(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// On to the next op; the step took so many bytes.
    #[inline]
    pub(super) fn done(&mut self, used: usize) -> usize {
        self.next();
        used
    }
}
