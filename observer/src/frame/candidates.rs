//! Candidate frames of an unsynchronised direction: where one may begin, and where it would end.

use super::HEAD_LEN;

/// A place where a frame may begin. Offsets count the direction's bytes since the search began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) start: u64,
    pub(super) end: u64,
    /// It begins where a segment begins, as most frames do.
    pub(super) at_segment_start: bool,
    /// So many plausible frames stand before it, one behind the other.
    pub(super) behind: u8,
    /// Its first bytes, and zeros where fewer are there: to tell whether the next frame may follow it.
    pub(super) head: [u8; HEAD_LEN],
}

impl Candidate {
    /// A frame of `len` bytes behind its length prefix, in the middle of a segment.
    pub(super) fn new(start: u64, len: u32, bytes: &[u8]) -> Self {
        let end = start.saturating_add(4).saturating_add(u64::from(len));
        let mut head = [0; HEAD_LEN];
        for (to, from) in head.iter_mut().zip(bytes) {
            *to = *from;
        }
        Self { start, end, at_segment_start: false, behind: 0, head }
    }

    /// Its length, without the prefix.
    pub(super) fn len(&self) -> u32 {
        let len = self.end.saturating_sub(self.start).saturating_sub(4);
        u32::try_from(len).unwrap_or(u32::MAX)
    }
}

/// The candidates that wait for their ends; few, so that hostile bytes cost little.
#[derive(Debug, Default)]
pub(super) struct Candidates(Vec<Candidate>);

/// Of those that begin where a segment begins, and of the others: what a frame holds may look like many.
const MAX: usize = 8;

impl Candidates {
    /// Adds one; where there are too many, the one that ends last goes.
    pub(super) fn add(&mut self, candidate: Candidate) {
        self.0.push(candidate);
        let is_alike = |c: &Candidate| c.at_segment_start == candidate.at_segment_start;
        let alike = self.0.iter().filter(|c| is_alike(c));
        if alike.clone().count() > MAX {
            let last = alike.map(|c| c.end).max();
            self.0.retain(|c| !is_alike(c) || Some(c.end) != last);
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
