//! What says nothing behind values at fixed places: an array without elements, strings that are null,
//! no tagged fields. In compact form each takes one byte, nearly always the same, so one comparison
//! tells of all.

use crate::protocol::program::{Idle, Length, Op};

/// Fewer are no faster to compare than to do.
const MIN: u8 = 2;

/// Notes at the ops what says nothing behind them.
pub(super) fn note(ops: &mut [Op]) -> Vec<Idle> {
    let mut all = Vec::new();
    for at in 0..ops.len() {
        let Some(found) = behind(ops, at) else {
            continue;
        };
        if let Some(Op::Fixed { idle, .. }) = ops.get_mut(at) {
            all.push(found);
            *idle = u16::try_from(all.len()).unwrap_or_default();
        }
    }
    all
}

/// The ops behind this one that may say nothing: an array, and what is passed over.
fn behind(ops: &[Op], at: usize) -> Option<Idle> {
    let mut expected = [0; 4];
    let (mut mask, mut len) = ([0; 4], 0_u8);
    let mut to = u16::try_from(at).ok()?.checked_add(1)?;
    let mut array = None;
    for (expected, mask) in expected.iter_mut().zip(&mut mask) {
        (*expected, to) = match ops.get(usize::from(to)) {
            Some(Op::Tagged { .. } | Op::Pass(Length::Compact)) => (0, to.checked_add(1)?),
            Some(Op::Array { length: Length::Compact, place, end, .. }) if len == 0 => {
                array = Some(*place);
                (1, *end)
            }
            _ => break,
        };
        *mask = u8::MAX;
        len = len.saturating_add(1);
    }
    let (expected, mask) = (u32::from_ne_bytes(expected), u32::from_ne_bytes(mask));
    (len >= MIN).then_some(Idle { expected, mask, len, array, to })
}
