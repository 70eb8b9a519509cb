//! What is done with a segment's bytes: records out.

use observer::input::{Segment, Seq, TcpFlags, Wants};
use observer_common::sieve::{
    Bench, Position, Step, Walk, Walked, Why, leap, may_begin, step, take_set,
};

use super::tape::{Cursor, Reel};
use super::{Kept, Sieve, Way, with_chunks};

/// The segment at hand.
pub struct Table<'a, 's> {
    pub(super) sieve: &'a mut Sieve,
    pub(super) segment: &'a Segment<'s>,
    pub(super) bytes: &'s [u8],
    tell: &'a mut dyn FnMut(Segment<'_>),
    /// What was kept since the last record.
    pub(super) kept: Kept,
    pub(super) cursor: Cursor,
    /// 1 where the frame at hand was glanced at in vain.
    in_vain: usize,
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
        Self {
            sieve,
            segment,
            bytes,
            tell,
            kept: Vec::new(),
            cursor: Cursor::default(),
            in_vain: 0,
            wants: Wants::Nothing,
        }
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

/// Bytes of a record of what is copied as it is: two of the kernel's largest windows.
const COPIED: usize = 2 * 4096;
/// Steps that a segment may take.
const MAX_STEPS: usize = 1 << 20;

impl Bench for Table<'_, '_> {
    fn begin(&mut self, from: u32, told: Seq) {
        self.kept.clear();
        self.cursor = Cursor::new(from, told);
        self.in_vain = 0;
    }

    fn leap(&mut self, walk: &mut Walk) -> Option<Step> {
        if self.sieve.way != Way::Short {
            return None;
        }
        let words = self.sieve.words;
        let mut reel = Reel::new(self, true);
        let taken = leap(walk, &mut reel, words);
        if taken.is_some() {
            reel.count_step();
        }
        self.in_vain = usize::from(taken.is_none());
        taken
    }

    fn has_room(&self) -> bool {
        self.cursor.has_room(self.sieve.room)
    }

    fn walk(&mut self, walk: &mut Walk, is_muted: bool) -> Walked {
        let (words, way, in_vain) = (self.sieve.words, self.sieve.way, self.in_vain);
        let mut reel = Reel::new(self, !is_muted);
        let mut out = None;
        for turn in 0.. {
            assert!(turn < MAX_STEPS, "a segment takes more than {MAX_STEPS} steps");
            // What was tried in vain found room.
            if turn >= in_vain {
                reel.make_room();
            }
            reel.count_step();
            let taken = match way {
                Way::Short if turn >= in_vain => leap(walk, &mut reel, words),
                Way::ShortBySet => take_set(walk, &mut reel, words),
                _ => None,
            };
            match taken.unwrap_or_else(|| step(walk, &mut reel, words)) {
                Step::More => {}
                Step::Done => break,
                Step::Out(why) => {
                    out = Some(why);
                    break;
                }
            }
        }
        if is_muted {
            self.kept.clear();
        }
        self.cursor.walked(out)
    }

    fn may_begin(&mut self, is_request: bool) -> bool {
        let first = self.bytes.first_chunk().map(|first| u64::from_be_bytes(*first));
        first.is_some_and(|first| may_begin(first, is_request, self.sieve.words))
    }

    fn submit(&mut self, covered: Position, flags: bool) {
        self.record(covered, flags);
    }

    fn copy(&mut self, from: u32, to: u32, wants: Wants, _is_urgent: bool) {
        self.wants = wants;
        self.sieve.copied += u64::from(to - from);
        let mut rest = &self.bytes[from as usize..to as usize];
        loop {
            let (here, behind) = rest.split_at(rest.len().min(COPIED));
            let at = to - rest.len() as u32;
            if !here.is_empty() {
                self.kept = vec![(0, here.to_vec(), false)];
            }
            let covered = Position { from: self.segment.seq.plus(at), len: here.len() as u32 };
            self.record(covered, behind.is_empty() && to == self.segment.wire_len);
            if behind.is_empty() {
                break;
            }
            if self.wants == Wants::Here {
                // That was of the first byte.
                self.wants = Wants::Answer;
            }
            rest = behind;
        }
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
