//! Values: numbers, ids, strings, and what is passed over by its length.

use super::read::{self, Prefix};
use super::step::{OVERRUN, Step, Stop};
use super::visitor::{Text, Visitor};
use super::{MAX_TEXT, Machine};
use crate::protocol::program::{Length, Place};

impl Machine {
    #[inline]
    pub(super) fn number<V: Visitor>(
        &mut self,
        bytes: &[u8],
        width: u8,
        place: Place,
        visitor: &mut V,
    ) -> Step {
        let value = read::number(bytes, width).ok_or(Stop::More)?;
        self.take(width.into())?;
        self.number = value;
        visitor.number(place, value);
        Ok(self.done(width.into()))
    }

    #[inline]
    pub(super) fn uuid<V: Visitor>(&mut self, bytes: &[u8], place: Place, visitor: &mut V) -> Step {
        let value = bytes.first_chunk().ok_or(Stop::More)?;
        self.take(16)?;
        visitor.uuid(place, value);
        Ok(self.done(value.len()))
    }

    /// Bytes without a meaning.
    #[inline]
    pub(super) fn pass(&mut self, bytes: &[u8], length: Length) -> Step {
        let Prefix { value, width } = read::prefix(bytes, length)?;
        self.take(width)?;
        self.skip(value.unwrap_or_default())?;
        Ok(self.done(width as usize))
    }

    /// An array of values of one width without a meaning.
    #[inline]
    pub(super) fn row(&mut self, bytes: &[u8], length: Length, width: u16) -> Step {
        let Prefix { value, width: prefix } = read::prefix(bytes, length)?;
        self.take(prefix)?;
        let len = value.unwrap_or_default().checked_mul(width.into()).ok_or(OVERRUN)?;
        self.skip(len)?;
        Ok(self.done(prefix as usize))
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
