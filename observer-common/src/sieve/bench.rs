//! A segment as the sieve takes it in hand: what can be done with it, in the kernel by its programs, in the
//! tests by the host.

use super::place::Position;
use super::step::Step;
use super::walk::Walk;
use super::why::Why;
use crate::Seq;
use crate::record::Wants;

/// The segment at hand, and what can be done with it.
pub trait Bench {
    /// Begins at this place of the segment: nothing is kept yet, and records have covered the bytes before
    /// `told`.
    fn begin(&mut self, from: u32, told: Seq);
    /// Takes a [leap](super::leap), if it can be.
    fn leap(&mut self, walk: &mut Walk) -> Option<Step>;
    /// Whether the record at hand has room for what a step or a leap may keep.
    fn has_room(&self) -> bool;
    /// Walks on. What is kept waits for [`Bench::submit`], but for what finds no room. With `is_muted`
    /// nothing is kept, as it is in records anyhow.
    fn walk(&mut self, walk: &mut Walk, is_muted: bool) -> Walked;
    /// Makes a record of what was kept; it covers these bytes. With `flags` it is the segment's last.
    fn submit(&mut self, covered: Position, flags: bool);
    /// Whether a frame may begin with the segment.
    fn may_begin(&mut self, is_request: bool) -> bool;
    /// Copies a part of the segment as it is; the last part takes the flags along. With `is_urgent` the
    /// daemon is to look at once.
    fn copy(&mut self, from: u32, to: u32, wants: Wants, is_urgent: bool);
    /// Counts bytes that are not copied at all.
    fn count_only(&mut self);
    /// Counts bytes that came before.
    fn duplicate(&mut self, bytes: u32);
    /// The direction is out of step.
    fn fell(&mut self, why: Why);
    /// The direction is in step again.
    fn resumed(&mut self);
    /// The same number; see [`super::Tape::forget`].
    fn forget(&mut self, number: u32) -> u32 {
        number
    }
}

/// How far a walk came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The place in the segment.
    pub to: u32,
    /// Records have covered the bytes before it.
    pub told: Seq,
    /// Whether anything was kept.
    pub kept: bool,
    /// Why not to the segment's end, if so.
    pub out: Option<Why>,
}
