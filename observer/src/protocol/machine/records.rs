//! Sets of records: their length, and the headers of their batches.

use super::batch::{self, Header};
use super::read::{self, Prefix};
use super::step::{OVERRUN, Step, Stop};
use super::visitor::{Batch, Visitor};
use super::{Machine, Mode};
use crate::protocol::program::{Length, Place};

impl Machine {
    pub(super) fn records<V: Visitor>(
        &mut self,
        bytes: &[u8],
        length: Length,
        place: Place,
        is_walked: bool,
        visitor: &mut V,
    ) -> Step {
        let Prefix { value, width } = read::prefix(bytes, length)?;
        let len = value.unwrap_or_default();
        if width.checked_add(len).is_none_or(|total| total > self.regions.left()) {
            return Err(OVERRUN);
        }
        self.take(width)?;
        self.take(len)?;
        visitor.records(place, value, is_walked);
        self.next();
        if !is_walked {
            return Ok(self.pass(bytes, width, len));
        }
        if len > 0 {
            self.mode = Mode::Batch { left: len };
        }
        Ok(width as usize)
    }

    /// The header of the next batch of a set that has `left` bytes more.
    pub(super) fn batch<V: Visitor>(&mut self, bytes: &[u8], left: u32, visitor: &mut V) -> Step {
        let in_set = bytes.get(..left as usize).unwrap_or(bytes);
        let (batch, width) = match batch::header(in_set) {
            Header::Read(batch, width) => (batch, width),
            Header::Cut if in_set.len() < left as usize => return Err(Stop::More),
            Header::Cut | Header::Wrong => {
                self.leave_set(left, visitor);
                return Ok(0);
            }
        };
        Ok(self.pass_batch(batch, width, bytes, left, visitor))
    }

    /// A batch's header of `width` bytes, of those at hand, has been read: passes over it and what it
    /// stands for. Returns how many of the bytes are used.
    fn pass_batch<V: Visitor>(
        &mut self,
        batch: Batch,
        width: u32,
        bytes: &[u8],
        left: u32,
        visitor: &mut V,
    ) -> usize {
        visitor.batch(&batch);
        let left = left.saturating_sub(width);
        if batch.records.is_none() {
            // Of an older set the first message tells all that is told.
            self.mode = Mode::Op;
            return self.pass(bytes, width, left);
        }
        let body = batch.len.saturating_sub(width.into());
        let body = u32::try_from(body).unwrap_or(u32::MAX);
        if body > left {
            self.leave_set(left, visitor);
            return width as usize;
        }
        let left = left.saturating_sub(body);
        self.mode = if left > 0 { Mode::Batch { left } } else { Mode::Op };
        self.pass(bytes, width, body)
    }

    /// Of a set that has `left` bytes more the first are these, and those behind them were not seen.
    pub(super) fn lose_batch<V: Visitor>(&mut self, bytes: &[u8], left: u32, visitor: &mut V) {
        let width = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let batch = batch::seen_in_part(bytes).filter(|_| left >= batch::LONG);
        if let Some(batch) = batch {
            self.pass_batch(batch, width, bytes, left, visitor);
        } else {
            self.leave_set(left.saturating_sub(width), visitor);
        }
    }

    /// Passes over the rest of a set whose batches can no longer be told apart.
    pub(super) fn leave_set<V: Visitor>(&mut self, left: u32, visitor: &mut V) {
        visitor.cut_set();
        self.skip = left;
        self.mode = Mode::Op;
    }
}
