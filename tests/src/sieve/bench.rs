//! What is done with a segment's bytes: records out.

use observer::input::{Segment, Seq, TcpFlags, Wants};
use observer_common::sieve::{
    Bench, Position, Step, Walk, Walked, Why, may_begin, step, step_by_word,
};

use super::tape::Reel;
use super::{Kept, Sieve, with_chunks};

/// The segment at hand.
pub struct Table<'a, 's> {
    pub(super) sieve: &'a mut Sieve,
    pub(super) segment: &'a Segment<'s>,
    pub(super) bytes: &'s [u8],
    tell: &'a mut dyn FnMut(Segment<'_>),
    /// What was kept since the last record.
    pub(super) kept: Kept,
    /// What is asked for, while bytes are told as they are.
    wants: Wants,
}

impl<'a, 's> Table<'a, 's> {
    pub fn new(
        sieve: &'a mut Sieve,
        segment: &'a Segment<'s>,
        tell: &'a mut dyn FnMut(Segment<'_>),
    ) -> Self {
        let bytes = segment.chunks.first().map_or(&[][..], |chunk| chunk.bytes);
        assert_eq!(bytes.len(), segment.wire_len as usize, "a segment that is whole");
        Self { sieve, segment, bytes, tell, kept: Vec::new(), wants: Wants::Nothing }
    }

    /// A record that covers these bytes, with what was kept.
    pub(super) fn record(&mut self, covered: Position, flags: bool) {
        let ends = TcpFlags(self.segment.flags.0 & !(TcpFlags::FIN.0 | TcpFlags::RST.0));
        let segment = Segment {
            wants: self.wants,
            seq: covered.from,
            wire_len: covered.len,
            flags: if flags { self.segment.flags } else { ends },
            ..*self.segment
        };
        with_chunks(&segment, &std::mem::take(&mut self.kept), self.tell);
    }
}

/// Steps that a segment may take.
const MAX_STEPS: usize = 1 << 20;

impl Table<'_, '_> {
    fn take_steps(&mut self, walk: &mut Walk, from: u32, told: Option<Seq>) -> Walked {
        let (words, by_word) = (self.sieve.words, self.sieve.by_word);
        let mut reel = Reel::new(self, from, told);
        for _ in 0..MAX_STEPS {
            reel.count_step();
            let step = if by_word { step_by_word } else { step };
            match step(walk, &mut reel, words) {
                Step::More => {}
                Step::Done => return reel.walked(None),
                Step::Out(why) => return reel.walked(Some(why)),
            }
        }
        panic!("a segment takes more than {MAX_STEPS} steps");
    }
}

impl Bench for Table<'_, '_> {
    fn walk(&mut self, walk: &mut Walk, from: u32, told: Seq, is_muted: bool) -> Walked {
        let walked = self.take_steps(walk, from, (!is_muted).then_some(told));
        if is_muted {
            self.kept.clear();
        }
        walked
    }

    fn may_begin(&mut self, is_request: bool) -> bool {
        let first = self.bytes.first_chunk().map(|first| u64::from_be_bytes(*first));
        first.is_some_and(|first| may_begin(first, is_request, self.sieve.words))
    }

    fn submit(&mut self, covered: Position, flags: bool) {
        self.record(covered, flags);
    }

    fn copy(&mut self, from: u32, to: u32, wants: Wants, _is_urgent: bool) {
        self.kept = vec![(0, self.bytes[from as usize..to as usize].to_vec(), false)];
        let covered = Position { from: self.segment.seq.plus(from), len: to - from };
        self.wants = wants;
        self.sieve.copied += u64::from(to - from);
        self.record(covered, to == self.segment.wire_len);
        self.wants = Wants::Nothing;
    }

    fn count_only(&mut self) {}

    fn duplicate(&mut self, bytes: u32) {
        self.sieve.duplicate += u64::from(bytes);
    }

    fn fell(&mut self, why: Why) {
        self.sieve.falls.push(why);
    }

    fn resumed(&mut self) {
        self.sieve.resumes += 1;
    }
}
