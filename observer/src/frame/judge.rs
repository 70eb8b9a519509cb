//! A candidate and what is held of its direction in; out comes whether it is a frame.
//!
//! It is when it fills a segment from its first byte to its last, and names its client, or when a
//! plausible frame follows it, and what is held of it holds what it should. Where frames follow one
//! another in a known order, and it begins in the middle of a segment, more is asked: two more frames,
//! in that order. Rather late than false: one wrong pair costs more than a few frames.

use super::candidates::Candidate;
use super::search::Search;
use super::{FRAME_ID_LEN, Receiver};
use crate::protocol::plausible::Guess;

/// Why a candidate is not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// What comes will tell.
    Open,
    /// It is none.
    Refuted,
}

impl Search {
    /// Whether a candidate is a frame; `None` while that is open.
    pub(super) fn judge<R: Receiver>(
        &mut self,
        candidate: &Candidate,
        receiver: &R,
    ) -> Option<bool> {
        match self.confirm(candidate, receiver) {
            Ok(()) => Some(true),
            Err(Doubt::Refuted) => Some(false),
            Err(Doubt::Open) => None,
        }
    }

    fn confirm<R: Receiver>(&mut self, candidate: &Candidate, receiver: &R) -> Result<(), Doubt> {
        if candidate.end < self.base() {
            return Err(Doubt::Refuted);
        }
        if candidate.at_segment_start && self.is_segment_border(candidate.end) {
            let head = self.slice(candidate.start, self.end());
            let is_named = head.is_none_or(|head| receiver.is_named(head));
            return if is_named { Ok(()) } else { self.check(candidate, receiver) };
        }
        let is_inside = R::IN_ORDER && !candidate.at_segment_start;
        if is_inside && candidate.start < self.base() {
            // Too little is held to find two more.
            return Err(Doubt::Refuted);
        }
        let second = self.follower(candidate, receiver)?;
        if is_inside {
            self.follower(&second, receiver)?;
            self.check(&second, receiver)?;
        }
        self.check(candidate, receiver)
    }

    /// The frame behind one, where it is plausible.
    fn follower<R: Receiver>(&self, frame: &Candidate, receiver: &R) -> Result<Candidate, Doubt> {
        let next = self.slice(frame.end, self.end()).ok_or(Doubt::Open)?;
        let piece = self.piece_at(frame.end).ok_or(Doubt::Open)?;
        match receiver.follows(&frame.id, next, &piece.carrier_at(frame.end)) {
            Guess::Known { len } => {
                let id = next.first_chunk::<FRAME_ID_LEN>().ok_or(Doubt::Open)?;
                Ok(Candidate::new(frame.end, len, *id))
            }
            Guess::More => Err(Doubt::Open),
            Guess::No | Guess::Unknown { .. } => Err(Doubt::Refuted),
        }
    }

    /// Checks that a frame holds what it says, where it is held whole.
    fn check<R: Receiver>(&mut self, frame: &Candidate, receiver: &R) -> Result<(), Doubt> {
        let Some(len) = self.slice(frame.start, frame.end).map(<[u8]>::len) else {
            return Ok(());
        };
        let may_check = self.takes_check(len);
        let bytes = self.slice(frame.start, frame.end).and_then(|bytes| bytes.get(4..));
        let is_sound = may_check && bytes.is_some_and(|frame| receiver.is_sound(frame));
        if is_sound { Ok(()) } else { Err(Doubt::Refuted) }
    }
}
