//! One direction of a connection: reassembly, then framing.

use super::closing::End;
use super::resume::Resume;
use super::successor::WINDOW;
use crate::frame::{Account, Framer, Receiver};
use crate::input::{Segment, Seq, Wants};
use crate::ledger::{GapReason, Ledger};
use crate::stream::{self, Budget, Carrier, Direction, Edges, Hole};
use crate::time::Timestamp;

/// What happens to a direction.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act<'a> {
    /// A segment of it passed; so much of it was taken already.
    Push(&'a Segment<'a>, u32),
    /// The other end has received everything before this number.
    Acknowledged(Seq),
    /// Time passed.
    Tick,
    /// What is known about the connection changed.
    LookAgain,
    /// A frame begins at this offset of what is held.
    StepAt(u64),
    /// Its frames are none.
    LoseStep,
    /// It is no longer followed.
    Finish,
    /// The connection ended.
    End,
}

/// A direction.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) stream: Direction,
    pub(super) framer: Framer,
    /// First sequence number, where the SYN was seen.
    pub(super) start: Option<Seq>,
    /// What its FIN and RST say.
    pub(super) end: End,
    resume: Resume,
}

impl Half {
    /// A direction joined in mid-stream.
    pub(super) fn midstream(hold: u32) -> Self {
        let framer = Framer::midstream(hold);
        let (stream, resume) = (Direction::new(), Resume::default());
        Self { stream, framer, start: None, end: End::default(), resume }
    }

    /// Follows it from its first byte.
    pub(super) fn start_at(&mut self, seq: Seq, hold: u32) {
        self.stream.start_at(seq);
        self.framer = Framer::anchored(hold);
        self.start = Some(seq);
    }

    /// Whether a frame begins with the segment, which comes next.
    pub(super) fn begins_frame(&self, segment: &Segment<'_>) -> bool {
        self.next() == Some(segment.seq) && self.framer.to_next() == Some(0)
    }

    /// Whether the segment, which comes next, lies amid a frame.
    pub(super) fn is_amid_frame(&self, segment: &Segment<'_>) -> bool {
        self.next() == Some(segment.seq) && self.framer.to_next().is_some_and(|left| left > 0)
    }

    /// Where its source may go on to leave out data, if it is to be told after this segment.
    pub(super) fn resumes_at(
        &mut self,
        segment: &Segment<'_>,
        is_here: bool,
        ledger: &mut Ledger,
    ) -> Option<Seq> {
        if segment.wants == Wants::Nothing {
            self.settle(ledger);
            return None;
        }
        ledger.out_of_step = ledger.out_of_step.saturating_add(self.resume.note().into());
        let place = self.stream.next().zip(self.framer.to_next());
        let place = place.map(|(next, behind)| next.plus(behind));
        match segment.wants {
            Wants::Nothing | Wants::Answer => None,
            Wants::Place => self.resume.ask(place),
            Wants::Here if is_here => Some(segment.seq),
            Wants::Here => place,
        }
    }

    /// Its source needs to be told no place.
    pub(super) fn settle(&mut self, ledger: &mut Ledger) {
        if self.resume.has_asked() {
            ledger.out_of_step = ledger.out_of_step.saturating_sub(1);
            self.resume = Resume::default();
        }
    }

    /// Where the next byte is expected, if that is known.
    pub(super) fn next(&self) -> Option<Seq> {
        self.stream.next()
    }

    /// A segment passed whose bytes are not wanted.
    pub(super) fn pass_over(&mut self, segment: &Segment<'_>) {
        self.stream.pass_over(segment);
    }

    /// Whether any byte, or the SYN, was seen.
    pub(super) fn is_started(&self) -> bool {
        self.stream.next().is_some()
    }

    /// Whether the byte before `seq` has not been seen yet.
    pub(super) fn is_behind(&self, seq: Seq) -> bool {
        self.stream.next().is_some_and(|next| seq.is_after(next))
    }

    /// Whether a reset with this number can be of this connection, not of one before it.
    pub(super) fn is_near(&self, seq: Seq) -> bool {
        self.stream.next().is_none_or(|next| seq.since(next).unsigned_abs() <= WINDOW)
    }

    /// Whether this acknowledgment changes nothing.
    pub(super) fn has_settled(&self, ack: Seq) -> bool {
        self.stream.has_settled(ack)
    }

    /// Whether the segment is the one that comes next, and nothing waits.
    #[inline]
    pub(super) fn expects(&self, segment: &Segment<'_>) -> bool {
        self.stream.expects(segment)
    }

    /// Whether nothing but its frames is left to be looked at.
    pub(super) fn is_settled(&self) -> bool {
        self.framer.is_in_step()
            && self.stream.held() == 0
            && self.end.is_unmarked()
            && !self.resume.has_asked()
    }

    /// Bytes held for reassembly.
    pub(super) fn held(&self) -> u64 {
        self.stream.held()
    }

    /// Does what happened.
    pub(super) fn act<R: Receiver>(
        &mut self,
        act: Act<'_>,
        now: Timestamp,
        limits: &stream::Limits,
        budget: &mut Budget,
        receiver: &mut R,
    ) {
        let (held, bookkeeping) = (self.stream.held(), self.framer.bookkeeping());
        let mut sink = Delivery { framer: &mut self.framer, receiver };
        match act {
            Act::Push(segment, taken) => {
                let pushed = self.stream.push_from(taken, segment, now, limits, budget, &mut sink);
                let ledger = receiver.account().ledger();
                ledger.duplicate = ledger.duplicate.saturating_add(pushed.duplicate);
                ledger.discarded = ledger.discarded.saturating_add(pushed.discarded);
            }
            Act::Acknowledged(ack) => {
                self.stream.acknowledged(ack, now, limits, budget, &mut sink);
            }
            Act::Tick => self.stream.tick(now, limits, budget, &mut sink),
            Act::LookAgain => self.framer.look_again(receiver),
            Act::StepAt(offset) => self.framer.step_at(offset, receiver),
            Act::LoseStep => self.framer.restart(receiver),
            Act::Finish => self.stream.finish(budget, &mut sink),
            Act::End => match self.end.at(self.stream.next()) {
                Some(end) => self.stream.finish_at(end, budget, &mut sink),
                None => self.stream.finish(budget, &mut sink),
            },
        }
        if matches!(act, Act::Finish | Act::End) {
            self.framer.cut(receiver);
        }
        let ledger = receiver.account().ledger();
        ledger.pending = ledger.pending.saturating_add(self.stream.held()).saturating_sub(held);
        ledger.note_bookkeeping(bookkeeping, self.framer.bookkeeping());
    }

    /// Throws away what waits for a frame boundary; returns the number of bytes.
    pub(super) fn dissolve(&mut self, ledger: &mut Ledger) -> u64 {
        let bookkeeping = self.framer.bookkeeping();
        let bytes = self.framer.dissolve();
        ledger.release(bytes);
        ledger.note_bookkeeping(bookkeeping, self.framer.bookkeeping());
        bytes
    }
}

/// Hands a direction's bytes from reassembly to framing, and counts those that are not there.
struct Delivery<'a, R> {
    framer: &'a mut Framer,
    receiver: &'a mut R,
}

impl<R: Receiver> stream::Sink for Delivery<'_, R> {
    fn data(&mut self, carrier: &Carrier, bytes: &[u8], edges: Edges) {
        self.framer.data(carrier, bytes, edges, self.receiver);
    }

    fn elided(&mut self, carrier: &Carrier, len: u64, _edges: Edges) {
        let ledger = self.receiver.account().ledger();
        ledger.elided = ledger.elided.saturating_add(len);
        self.framer.hole(Hole::Elided, carrier.time, len, self.receiver);
    }

    fn gap(&mut self, len: u64, reason: GapReason) {
        if let Some(gap) = self.receiver.account().ledger().gaps.get_mut(reason as usize) {
            *gap = gap.saturating_add(len);
        }
        self.framer.hole(Hole::Gap, None, len, self.receiver);
    }

    fn restart(&mut self) {
        self.framer.restart(self.receiver);
    }
}
