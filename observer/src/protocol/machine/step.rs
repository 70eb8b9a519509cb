//! One step of a machine: the next op, tagged field or batch.

use super::read::NoPrefix;
use super::regions::TooDeep;
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
        let done = match self.mode {
            Mode::Op => self.op(bytes, visitor),
            Mode::Tag => self.tag(bytes),
            Mode::Batch { left, is_each } => self.batch(bytes, left, is_each, visitor),
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
                self.skip(len.into())?;
                Ok(self.done(0))
            }
            Op::Number { width, place } => self.number(bytes, width, place, visitor),
            Op::Uuid { place } => self.uuid(bytes, place, visitor),
            Op::Bytes { length, place } => self.text(bytes, length, place, visitor),
            Op::Pass(length) => self.pass(bytes, length),
            Op::Records { length, place, walk } => {
                self.records(bytes, length, place, walk, visitor)
            }
            Op::Wrapped { length, place } => self.wrapped(bytes, length, place, visitor),
            Op::Row { length, width } => self.row(bytes, length, width),
            Op::Array { length, place, end } => self.array(bytes, length, place, end, visitor),
            Op::Next { begin } => {
                self.go_round(begin);
                Ok(0)
            }
            Op::Enter(scope) => {
                visitor.enter(scope);
                Ok(self.done(0))
            }
            Op::Leave(scope) => {
                visitor.leave(scope);
                Ok(self.done(0))
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
