//! A candidate and what is held of its direction in; out comes whether it is a frame.
//!
//! Numbers inside of data read as frames, and what is taken for one may hide a hundred megabytes. So
//! a frame must hold what its layout says, as far as it is held, and either fill a segment from its
//! first byte to its last, or have plausible frames behind it: the more, the less it says by itself.
//! Rather late than false: one wrong pair costs more than a few frames.

use super::candidates::Candidate;
use super::search::Search;
use super::{Place, Receiver};
use crate::protocol::plausible::Guess;

/// Frames in a row that are looked at: a candidate, and those behind it.
const MAX_CHAIN: usize = 3;
const MAX_BEHIND: u8 = 2;
/// Bytes that are held of a frame, if it has so many, before it speaks for the one before it.
const PROOF_LEN: usize = 64;
/// Bytes that are checked of a frame whose end has not come.
const BEGINNING: usize = 128;

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
        if candidate.end > self.end() {
            return Err(Doubt::Open);
        }
        let mut chain = [*candidate; MAX_CHAIN];
        let mut len = 1_usize;
        let wanted = self.wanted(candidate, receiver).ok_or(Doubt::Refuted)?;
        while len <= wanted.saturating_sub(candidate.behind).into() {
            let Some(last) = len.checked_sub(1).and_then(|at| chain.get(at)) else { break };
            let next = self.follower(last, receiver)?;
            if last.start < self.base() && next.behind < wanted {
                // It will not be held when the others come.
                self.heirs.push(next);
                return Err(Doubt::Refuted);
            }
            if next.len() > R::FAR && next.end > self.end() && next.behind < MAX_BEHIND {
                // Nothing of what it holds is proof; where it ends there will be.
                self.heirs.push(next);
                return Err(Doubt::Refuted);
            }
            let Some(place) = chain.get_mut(len) else { break };
            *place = next;
            len = len.saturating_add(1);
        }
        chain.iter().take(len).try_for_each(|frame| self.check(frame, receiver))
    }

    /// How many frames are to follow the first of those that a candidate stands behind; `None` where it is
    /// never believed.
    pub(super) fn wanted<R: Receiver>(&self, candidate: &Candidate, receiver: &R) -> Option<u8> {
        let wanted = receiver.followers(self.head(candidate), self.place(candidate))?;
        let is_far = wanted > 0 && candidate.len() > R::FAR;
        Some(if is_far { MAX_BEHIND } else { wanted })
    }

    /// Where the first frame begins that is certain, of a candidate that is confirmed. One that began
    /// before the window is only good for its end.
    pub(super) fn boundary<R: Receiver>(&self, candidate: &Candidate, receiver: &R) -> u64 {
        let is_held = candidate.start >= self.base();
        let is_certain = receiver.is_certain(self.head(candidate), self.place(candidate));
        if is_held && is_certain { candidate.start } else { candidate.end }
    }

    fn head<'a>(&'a self, candidate: &'a Candidate) -> &'a [u8] {
        self.slice(candidate.start, self.end()).unwrap_or(&candidate.head)
    }

    fn place(&self, candidate: &Candidate) -> Place {
        match (candidate.at_segment_start, self.is_segment_border(candidate.end)) {
            (true, true) => Place::Filling,
            (true, false) => Place::Start,
            (false, _) => Place::Inside,
        }
    }

    /// The frame behind one, where it is plausible, and enough of it is held to tell.
    fn follower<R: Receiver>(&self, frame: &Candidate, receiver: &R) -> Result<Candidate, Doubt> {
        let next = self.slice(frame.end, self.end()).ok_or(Doubt::Open)?;
        let piece = self.piece_at(frame.end).ok_or(Doubt::Open)?;
        match receiver.follows(self.head(frame), next, &piece.carrier_at(frame.end)) {
            Guess::Known { len }
                if next.len() < PROOF_LEN.min((len as usize).saturating_add(4)) =>
            {
                Err(Doubt::Open)
            }
            Guess::Known { len } => Ok(Candidate {
                behind: frame.behind.saturating_add(1),
                at_segment_start: piece.start == frame.end && piece.edges.segment_start,
                ..Candidate::new(frame.end, len, next)
            }),
            Guess::More => Err(Doubt::Open),
            Guess::No | Guess::Unknown { .. } => Err(Doubt::Refuted),
        }
    }

    /// Checks that a frame holds what it says: all of it, or its beginning where its end has not come.
    fn check<R: Receiver>(&mut self, frame: &Candidate, receiver: &R) -> Result<(), Doubt> {
        let whole = self.slice(frame.start, frame.end).map(<[u8]>::len);
        let Some(len) = whole.or_else(|| self.held_of(frame)) else {
            // Its beginning was checked when it was held.
            return Ok(());
        };
        if !self.takes_check(len) {
            return Err(Doubt::Refuted);
        }
        let end = frame.start.saturating_add(len as u64);
        let held = self.slice(frame.start, end).and_then(|held| held.get(4..));
        let is_sound = held.is_some_and(|held| receiver.is_sound(held, frame.len()));
        if is_sound { Ok(()) } else { Err(Doubt::Refuted) }
    }

    /// Whether so many bytes may be checked now: what looks like many frames, one within the other,
    /// would take long.
    fn takes_check(&mut self, bytes: usize) -> bool {
        let left = self.to_check.checked_sub(bytes as u64);
        self.to_check = left.unwrap_or(self.to_check);
        left.is_some()
    }

    /// How much is looked at of a frame whose end has not come.
    fn held_of(&self, frame: &Candidate) -> Option<usize> {
        self.slice(frame.start, self.end()).map(|held| held.len().min(BEGINNING))
    }

    /// Whether the beginning of a candidate holds what it says.
    pub(super) fn begins_well<R: Receiver>(&mut self, frame: &Candidate, receiver: &R) -> bool {
        frame.end <= self.end() || self.check(frame, receiver).is_ok()
    }
}
