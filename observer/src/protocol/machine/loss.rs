//! Values that were not seen.

use super::read;
use super::visitor::Visitor;
use super::{Broken, Machine, Mode};
use crate::protocol::program::Op;

impl Machine {
    /// The value at hand, or what of it was not seen, is lost: it will be passed over if its length
    /// is known.
    pub(super) fn lose<V: Visitor>(&mut self, visitor: &mut V) {
        let carry = std::mem::take(&mut self.carry);
        let kept = u32::try_from(carry.len()).unwrap_or(u32::MAX);
        if let Mode::Batch { left, .. } = self.mode {
            self.leave_set(left.saturating_sub(kept), visitor);
            return;
        }
        let op = self.program.ops.get(usize::from(self.at)).copied();
        let lost = match op {
            Some(Op::Number { width, place }) if self.mode == Mode::Op => {
                Some((u32::from(width), place))
            }
            Some(Op::Uuid { place }) if self.mode == Mode::Op => Some((16, place)),
            Some(Op::Bytes { length, place } | Op::Wrapped { length, place })
                if self.mode == Mode::Op =>
            {
                let prefix = read::prefix(&carry, length).ok();
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
}
