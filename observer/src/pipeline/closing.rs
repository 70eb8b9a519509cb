//! FINs, RSTs and what the kernel says of a socket go in; whether the connection is over comes out.
//!
//! Either may be a stray one, of an older connection on the same 4-tuple, or made up. It is believed
//! where it lies at the next byte or not far ahead of it, or further ahead, as behind a loss, where it
//! acknowledges what the other end has just sent; else when the bytes get to its place.
//!
//! A FIN ends a direction where its bytes end, and none pass behind it. A RST that lies exactly there
//! ends the connection at once. One ahead may come behind bytes that nobody saw, or its receiver ignores
//! it (RFC 5961, 3.2), and bytes reach its number and pass it: it counts when nothing else comes for a
//! while.

use super::connection::{Connection, Life, Shared, other};
use super::half::Half;
use super::succession::LATE_WINDOW;
use super::successor::WINDOW;
use crate::event::{Handler, Outcome, Side};
use crate::input::{Segment, Seq, TcpFlags};
use crate::stream::MAX_AHEAD;

/// Where a direction's bytes end, as a FIN or RST of it says; the last one that can be believed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End(Option<Mark>);

#[derive(Clone, Copy, Debug)]
struct Mark {
    /// The number behind the last byte.
    at: Seq,
    is_reset: bool,
    /// It counts before the bytes get there.
    is_believed: bool,
}

impl End {
    /// Where the bytes end, if that is known; `next` is where the next byte is expected.
    pub(super) fn at(self, next: Option<Seq>) -> Option<Seq> {
        self.standing(next).map(|mark| mark.at)
    }

    /// The mark, if it counts.
    fn standing(self, next: Option<Seq>) -> Option<Mark> {
        let counts = |mark: &Mark| mark.is_believed || next == Some(mark.at);
        self.0.filter(|mark| counts(mark) && !is_passed(mark.at, next))
    }

    /// Whether nothing was said of it.
    pub(super) const fn is_unmarked(self) -> bool {
        self.0.is_none()
    }

    fn note_fin(&mut self, at: Seq, next: Option<Seq>, is_believed: bool) {
        let is_believed = is_believed || is_within(at, next, LATE_WINDOW);
        self.note(Mark { at, is_reset: false, is_believed }, next);
    }

    /// Notes a RST; returns whether it lies exactly where the bytes end.
    fn note_reset(&mut self, seq: Seq, next: Option<Seq>, is_believed: bool) -> bool {
        // A FIN takes a number of its own.
        let at = self.at(next).filter(|fin| fin.plus(1) == seq).unwrap_or(seq);
        let is_believed = is_believed || is_within(at, next, WINDOW);
        self.note(Mark { at, is_reset: true, is_believed }, next);
        is_within(at, next, 0)
    }

    /// A stray one does not take the place of one that is believed.
    fn note(&mut self, mark: Mark, next: Option<Seq>) {
        let is_free = mark.is_believed || self.standing(next).is_none();
        if is_free && is_within(mark.at, next, MAX_AHEAD) {
            self.0 = Some(mark);
        }
    }

    /// Forgets it where bytes have passed behind, before the sequence numbers wrap.
    fn forget_passed(&mut self, next: Option<Seq>) {
        self.0 = self.0.filter(|mark| !is_passed(mark.at, next));
    }
}

fn is_passed(at: Seq, next: Option<Seq>) -> bool {
    next.is_some_and(|next| next.is_after(at))
}

/// Whether a number is the next byte's, or at most so far ahead.
fn is_within(at: Seq, next: Option<Seq>, bound: u32) -> bool {
    next.is_none_or(|next| u32::try_from(at.since(next)).is_ok_and(|ahead| ahead <= bound))
}

impl Half {
    /// Whether it is known where its bytes end.
    fn has_end(&self) -> bool {
        self.end.at(self.next()).is_some()
    }

    /// Whether all bytes up to its FIN have passed.
    fn is_finished(&self) -> bool {
        let end = self.end.standing(self.next());
        end.is_some_and(|end| !end.is_reset && !self.is_behind(end.at))
    }

    /// Whether a RST ends it.
    fn is_reset(&self) -> bool {
        self.end.standing(self.next()).is_some_and(|end| end.is_reset)
    }
}

impl Connection {
    /// Takes what a segment says of the connection's end; most say nothing.
    pub(super) fn check_end<H: Handler>(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        shared: &mut Shared<'_, '_, H>,
    ) {
        let is_last = segment.flags.has(TcpFlags::FIN) || segment.flags.has(TcpFlags::RST);
        if is_last || !(self.request.end.is_unmarked() && self.response.end.is_unmarked()) {
            self.note_end(side, segment, shared);
        }
    }

    fn note_end<H: Handler>(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        shared: &mut Shared<'_, '_, H>,
    ) {
        let is_counted = self.life == Life::Counted;
        // A record may cover bytes before it that were left out.
        let end = segment.seq.plus(segment.wire_len);
        let is_own = self.acknowledges_last(side, segment);
        let half = self.half(side);
        let next = half.next();
        half.end.forget_passed(next);
        if segment.flags.has(TcpFlags::RST) {
            // Of one that is only counted, too little is known of where its bytes are.
            let is_near = is_counted && half.is_near(end);
            if half.end.note_reset(end, next, is_own) || is_near {
                return self.close(Outcome::Abandoned, shared);
            }
        } else if segment.flags.has(TcpFlags::FIN) {
            half.end.note_fin(end, next, is_own || is_counted);
        }
        self.close_if_finished(shared);
    }

    /// Whether a segment acknowledges about what the other end has sent last, as none of another
    /// connection does.
    fn acknowledges_last(&self, side: Side, segment: &Segment<'_>) -> bool {
        let other = self.half_of(other(side));
        segment.ack.is_some_and(|ack| other.is_started() && other.is_near(ack))
    }

    /// The kernel says that the socket is closed; what is on its way may still come.
    pub(super) fn note_socket_closed(&mut self) {
        self.is_socket_closed = true;
    }

    /// Whether its end was seen, or told by the kernel, though not all its bytes.
    pub(super) fn is_over(&self) -> bool {
        self.is_socket_closed
            || self.request.is_reset()
            || self.response.is_reset()
            || self.is_ended()
    }

    fn is_ended(&self) -> bool {
        self.request.has_end() && self.response.has_end()
    }

    pub(super) fn close_if_finished<H: Handler>(&mut self, shared: &mut Shared<'_, '_, H>) {
        let is_finished = self.request.is_finished() && self.response.is_finished();
        if is_finished || self.life == Life::Counted && self.is_ended() {
            self.close(Outcome::Abandoned, shared);
        }
    }
}
