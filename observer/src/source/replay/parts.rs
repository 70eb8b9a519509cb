//! Large packets of what is stored, shown in parts: what nobody looks at is not read.
//!
//! What is said of them is the same, at less cost: a packet that is not all there, or that is not one of a
//! direction in step, is read whole. Only where a frame within one is none the search for the next begins
//! with what of it was shown by then.

use super::capture::Capture;
use super::window::Window;
use super::{Packets, Problem, Rest};
use crate::input::{Chunk, Input, Intake, Segment};

/// Bytes that are read sooner than passed over, as asking for those behind them costs as much.
const WORTH: usize = 4 << 10;
/// Bytes at a packet's beginning, with what the file has before it, in which its headers are.
pub(super) const HEAD_LEN: usize = 256;

/// Bytes at its end which are read with those behind it: what is needed of a frame often ends there.
const END_LEN: usize = 64;

/// Where a packet is in what comes next.
pub(super) struct Extent {
    /// Bytes before it.
    pub before: usize,
    /// All bytes, those behind it included.
    pub len: usize,
}

/// The last bytes of what is large, if it is all there.
pub(super) fn end<C: Capture>(window: &mut Window<C>, len: usize) -> Option<&[u8]> {
    window.peek(len.saturating_sub(END_LEN)).get(..END_LEN)
}

/// Whether so much is more than is worth reading as long as nobody asks for it.
#[inline]
pub(super) fn is_large<C: Capture>(window: &Window<C>, len: usize) -> bool {
    window.is_stored() && len >= window.present().saturating_add(WORTH)
}

/// Shows a packet that is large, and all there, of which this is the beginning; returns whether that was
/// possible. Else nothing was done.
pub(super) fn show<C: Capture, I: Intake>(
    window: &mut Window<C>,
    extent: &Extent,
    rest: &Rest,
    packets: &mut Packets<'_, I>,
) -> Result<bool, Problem> {
    let end = window.offset().saturating_add(extent.len as u64);
    match *rest {
        Rest::Needed => return Ok(false),
        Rest::Unneeded => {}
        Rest::InParts { segment, offset } => {
            window.pass(extent.before.saturating_add(offset));
            show_parts(window, segment, packets.intake)?;
        }
    }
    let behind = end.saturating_sub(window.offset());
    window.pass(usize::try_from(behind).unwrap_or(usize::MAX));
    Ok(true)
}

/// Shows a segment whose first payload byte comes next.
fn show_parts<C: Capture>(
    window: &mut Window<C>,
    mut segment: Segment<'_>,
    intake: &mut impl Intake,
) -> Result<(), Problem> {
    while segment.wire_len > 0 {
        let left = segment.wire_len;
        let len = match intake.unneeded(&segment).map(|len| len.min(left)) {
            // What is behind a segment was read already.
            Some(len) if len > 0 && (len == left || is_large(window, len as usize)) => {
                intake.input(Input::Segment(beginning(&segment, len, &[])));
                window.pass(len as usize);
                len
            }
            Some(len) => show_next(window, len.saturating_add(1).min(left), &segment, intake)?,
            None => show_next(window, left, &segment, intake)?,
        };
        segment.seq = segment.seq.plus(len);
        segment.wire_len = segment.wire_len.saturating_sub(len);
        segment.is_first = false;
    }
    Ok(())
}

/// Shows as much of a segment as is in memory, which is made so much at least; returns how much that is.
fn show_next<C: Capture>(
    window: &mut Window<C>,
    wanted: u32,
    segment: &Segment<'_>,
    intake: &mut impl Intake,
) -> Result<u32, Problem> {
    let offset = window.offset();
    let present = window.fill(wanted as usize)?;
    let bytes = present.get(..segment.wire_len as usize).unwrap_or(present);
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    if len < wanted {
        // Its end was there a moment ago.
        return Err(Problem::Truncated { offset, what: "packet" });
    }
    let chunk = [Chunk { offset: 0, bytes, frame_start: false }];
    intake.input(Input::Segment(beginning(segment, len, &chunk)));
    window.consume(len as usize);
    Ok(len)
}

/// The first `wire_len` bytes of a segment, of which these are shown.
fn beginning<'a>(segment: &Segment<'_>, wire_len: u32, chunks: &'a [Chunk<'a>]) -> Segment<'a> {
    let is_last = wire_len == segment.wire_len;
    Segment { wire_len, is_last, chunks, ..*segment }
}
