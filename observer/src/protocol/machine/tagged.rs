//! Tagged fields (KIP-482).

use super::read;
use super::regions::{Level, Tags};
use super::step::{OVERRUN, Step};
use super::{Machine, Mode};

impl Machine {
    /// A struct's tagged fields.
    #[inline]
    pub(super) fn tagged(&mut self, bytes: &[u8], first: u16, known: u16) -> Step {
        let (count, width) = read::varint(bytes)?;
        self.take(width)?;
        if count > 0 {
            let back = self.at.saturating_add(1);
            self.regions.push(Level::Tags(Tags { count, first, known, back }))?;
            self.mode = Mode::Tag;
            return Ok(width as usize);
        }
        Ok(self.done(width as usize))
    }

    /// The next tagged field.
    pub(super) fn tag(&mut self, bytes: &[u8]) -> Step {
        let (tag, tag_width) = read::varint(bytes)?;
        let behind = bytes.get(tag_width as usize..).unwrap_or_default();
        let (len, len_width) = read::varint(behind)?;
        let width = tag_width.saturating_add(len_width);
        self.take(width)?;
        let Some(Level::Tags(tags)) = self.regions.top() else {
            return Err(OVERRUN);
        };
        tags.count = tags.count.saturating_sub(1);
        let first = usize::from(tags.first);
        let known = first..first.saturating_add(tags.known.into());
        let known = self.program.tags.get(known).unwrap_or_default();
        if len > self.regions.left() {
            return Err(OVERRUN);
        }
        if let Some(known) = known.iter().find(|known| known.tag == tag) {
            self.regions.enter_field(len)?;
            self.at = known.begin;
            self.mode = Mode::Op;
        } else {
            self.skip(len)?;
            self.tag_done();
        }
        Ok(width as usize)
    }

    /// The end of a known one; what it has more is of a later version.
    pub(super) fn end_tagged(&mut self) {
        self.skip = self.regions.leave_field();
        self.tag_done();
    }

    /// A tagged field has ended: on to the next, or behind them all.
    fn tag_done(&mut self) {
        let Some(Level::Tags(tags)) = self.regions.top() else {
            return;
        };
        if tags.count > 0 {
            self.mode = Mode::Tag;
            return;
        }
        self.at = tags.back;
        self.regions.pop();
        self.mode = Mode::Op;
    }
}
