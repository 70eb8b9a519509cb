//! Values: numbers, ids, strings, and what is passed over by its length.

use super::read::{self, Prefix};
use super::step::{OVERRUN, Step, Stop};
use super::visitor::{Text, Visitor};
use super::{MAX_TEXT, Machine};
use crate::protocol::program::{Length, Place, Value};

/// The op [`crate::protocol::program::Op::Fixed`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed {
    pub len: u16,
    pub first: u16,
    pub count: u16,
}

impl Machine {
    /// Values at fixed places.
    pub(super) fn fixed<V: Visitor>(&mut self, bytes: &[u8], op: Fixed, visitor: &mut V) -> Step {
        let from = self.fixed_from;
        let len = usize::from(op.len.saturating_sub(from));
        let run = bytes.get(..len).ok_or(Stop::More)?;
        self.take(u32::from(op.len.saturating_sub(from)))?;
        for value in self.values(op).iter().copied() {
            if let Some(offset) = value.offset.checked_sub(from) {
                self.tell(value, run.get(usize::from(offset)..).unwrap_or_default(), visitor);
            }
        }
        self.fixed_from = 0;
        Ok(self.done(len))
    }

    /// Tells a value that begins with these bytes.
    #[inline(always)]
    pub(super) fn tell<V: Visitor>(&mut self, value: Value, bytes: &[u8], visitor: &mut V) {
        if let Some(number) = read::number(bytes, value.width) {
            self.number = number;
            visitor.number(value.place, number);
        } else if let Some(uuid) = bytes.first_chunk() {
            visitor.uuid(value.place, uuid);
        }
    }

    #[inline]
    pub(super) fn values(&self, Fixed { first, count, .. }: Fixed) -> &'static [Value] {
        let values = usize::from(first)..usize::from(first).saturating_add(count.into());
        self.program.values.get(values).unwrap_or_default()
    }

    /// Bytes without a meaning.
    #[inline]
    pub(super) fn pass_over(&mut self, bytes: &[u8], length: Length) -> Step {
        let Prefix { value, width } = read::prefix(bytes, length)?;
        self.take(width)?;
        let len = value.unwrap_or_default();
        self.take(len)?;
        self.next();
        Ok(self.pass(bytes, width, len))
    }

    /// An array of values of one width without a meaning.
    #[inline]
    pub(super) fn row(&mut self, bytes: &[u8], length: Length, width: u16) -> Step {
        let Prefix { value, width: prefix } = read::prefix(bytes, length)?;
        self.take(prefix)?;
        let len = value.unwrap_or_default().checked_mul(width.into()).ok_or(OVERRUN)?;
        self.take(len)?;
        self.next();
        Ok(self.pass(bytes, prefix, len))
    }

    #[inline]
    pub(super) fn text<V: Visitor>(
        &mut self,
        bytes: &[u8],
        length: Length,
        place: Place,
        visitor: &mut V,
    ) -> Step {
        let Prefix { value, width } = read::prefix(bytes, length)?;
        let Some(len) = value else {
            self.take(width)?;
            visitor.text(place, None);
            return Ok(self.done(width as usize));
        };
        let shown = (len as usize).min(MAX_TEXT);
        let begin = width as usize;
        let end = begin.saturating_add(shown);
        if width.checked_add(len).is_none_or(|total| total > self.regions.left()) {
            return Err(OVERRUN);
        }
        let shown = bytes.get(begin..end).ok_or(Stop::More)?;
        self.take(width.saturating_add(len))?;
        self.skip = len.saturating_sub(u32::try_from(shown.len()).unwrap_or(len));
        visitor.text(place, Some(Text { bytes: shown, len }));
        Ok(self.done(end))
    }
}
