//! Candidate frames of an unsynchronised direction: where one may begin, and where it would end.

use super::FRAME_ID_LEN;

/// A place where a frame may begin. Offsets count the direction's bytes since the search began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) start: u64,
    pub(super) end: u64,
    /// It begins where a segment begins, as most frames do.
    pub(super) at_segment_start: bool,
    /// Its first bytes, to tell whether the next frame may follow it.
    pub(super) id: [u8; FRAME_ID_LEN],
}

/// The candidates that wait for their ends; few, so that hostile bytes cost little.
#[derive(Debug, Default)]
pub(super) struct Candidates(Vec<Candidate>);

const MAX: usize = 8;

impl Candidates {
    /// Adds one; where there are too many, the one that ends last goes.
    pub(super) fn add(&mut self, candidate: Candidate) {
        self.0.push(candidate);
        if self.0.len() > MAX {
            let last = self.0.iter().map(|c| c.end).max();
            self.0.retain(|c| Some(c.end) != last);
        }
    }

    /// The first candidate that is confirmed; those that are refuted go.
    pub(super) fn settle(
        &mut self,
        mut judge: impl FnMut(&Candidate) -> Option<bool>,
    ) -> Option<Candidate> {
        let mut confirmed = None;
        self.0.retain(|candidate| {
            if confirmed.is_some() {
                return true;
            }
            match judge(candidate) {
                Some(true) => {
                    confirmed = Some(*candidate);
                    true
                }
                Some(false) => false,
                None => true,
            }
        });
        confirmed
    }
}
