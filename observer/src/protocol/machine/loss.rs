//! Values that were not seen.

use super::read;
use super::values::Fixed;
use super::visitor::Visitor;
use super::{Broken, Machine, Mode};
use crate::protocol::program::Op;

impl Machine {
    /// The value at hand, or what of it was not seen, is lost: it will be passed over if its length
    /// is known.
    pub(super) fn lose<V: Visitor>(&mut self, visitor: &mut V) {
        let mut carry = std::mem::take(&mut self.carry);
        self.lose_behind(&carry, visitor);
        carry.clear();
        self.carry = carry;
    }

    /// The same, of a value whose first bytes are these.
    fn lose_behind<V: Visitor>(&mut self, carry: &[u8], visitor: &mut V) {
        let kept = u32::try_from(carry.len()).unwrap_or(u32::MAX);
        if let Mode::Batch { left } = self.mode {
            return self.lose_batch(carry, left, visitor);
        }
        let op = self.program.ops.get(usize::from(self.at)).copied();
        let lost = match op {
            Some(Op::Fixed { len, first, count, .. }) if self.mode == Mode::Op => {
                return self.lose_fixed(Fixed { len, first, count }, carry, visitor);
            }
            Some(Op::Bytes { length, place } | Op::Wrapped { length, place })
                if self.mode == Mode::Op =>
            {
                let prefix = read::prefix(carry, length).ok();
                let len = prefix.and_then(|p| p.width.checked_add(p.value.unwrap_or_default()));
                len.map(|len| (len, place))
            }
            _ => None,
        };
        let Some((len, place)) = lost.filter(|(len, _)| *len <= self.regions.left()) else {
            // The bytes that were kept have not been taken from the region yet.
            let _ = self.regions.take(kept.min(self.regions.left()));
            return self.fail(Broken::Missing, visitor);
        };
        let _ = self.regions.take(len);
        self.skip = len.saturating_sub(kept);
        visitor.lost(place);
        self.next();
    }

    /// Of values at fixed places the one is lost that is at hand; the others are not.
    fn lose_fixed<V: Visitor>(&mut self, op: Fixed, carry: &[u8], visitor: &mut V) {
        let from = self.fixed_from;
        let kept = u16::try_from(carry.len()).unwrap_or(u16::MAX);
        let at = from.saturating_add(kept);
        let mut end = op.len;
        for value in self.values(op).iter().copied() {
            let value_end = value.offset.saturating_add(value.width);
            match value.offset.checked_sub(from) {
                None => {}
                Some(offset) if value_end <= at => {
                    self.tell(value, carry.get(usize::from(offset)..).unwrap_or_default(), visitor);
                }
                Some(_) if value.offset <= at => {
                    visitor.lost(value.place);
                    end = value_end;
                    break;
                }
                Some(_) => {
                    end = value.offset;
                    break;
                }
            }
        }
        if self.regions.take(end.saturating_sub(from).into()).is_none() {
            return self.fail(Broken::Overrun, visitor);
        }
        self.skip = end.saturating_sub(at).into();
        self.fixed_from = end;
        if end == op.len {
            self.fixed_from = 0;
            self.next();
        }
    }
}
