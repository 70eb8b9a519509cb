//! The way of nearly all segments: one that comes next goes to its frames at once, where nothing else of its
//! connection is left to be looked at.

use super::connection::{Connection, Life, other};
use super::half::Half;
use crate::event::{Handler, Side};
use crate::exchange::{Context, Ear, Requests, Responses};
use crate::frame::Receiver;
use crate::input::{Segment, TcpFlags, Wants};

/// What none of these segments has.
const UNUSUAL: TcpFlags = TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0 | TcpFlags::RST.0);

impl Connection {
    /// Takes as much of a segment as is plain, if it is one of these; returns how far that goes.
    #[inline]
    pub(super) fn plain<H: Handler>(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        ctx: &mut Context<'_, H>,
    ) -> u32 {
        if !self.is_plain(side, segment) {
            return 0;
        }
        let ear = Ear { conversation: &mut self.conversation, ctx };
        match side {
            Side::Request => self.request.plain(segment, &mut Requests { ear }),
            Side::Response => self.response.plain(segment, &mut Responses { ear }),
        }
    }

    /// How many of a plain segment's first bytes need not be shown; `None` of one that is not plain.
    pub(super) fn unneeded(&mut self, side: Side, segment: &Segment<'_>) -> Option<u32> {
        let left = self.half_of(side).framer.left_of_body();
        self.is_plain(side, segment).then(|| left.min(self.conversation.unneeded(side)))
    }

    #[inline(always)]
    fn is_plain(&self, side: Side, segment: &Segment<'_>) -> bool {
        let acknowledges_old = |ack| self.half_of(other(side)).has_settled(ack);
        self.is_settled
            && segment.wants == Wants::Nothing
            && !segment.flags.has(UNUSUAL)
            && self.half_of(side).expects(segment)
            && segment.ack.is_none_or(acknowledges_old)
    }

    /// Whether both directions are in step, so that nothing is left to believe.
    pub(super) fn is_in_step(&self) -> bool {
        self.request.framer.is_in_step() && self.response.framer.is_in_step()
    }

    /// Notes whether nothing but its frames is left to be looked at, until something else happens to it.
    pub(super) fn settle(&mut self) {
        self.is_settled = self.life == Life::Open
            && self.successor.is_none()
            && self.conversation.is_settled()
            && self.request.is_settled()
            && self.response.is_settled();
    }
}

impl Half {
    fn plain<R: Receiver>(&mut self, segment: &Segment<'_>, receiver: &mut R) -> u32 {
        let taken = self.framer.plain(segment, receiver);
        if taken == segment.wire_len {
            self.stream.pass(segment);
        }
        taken
    }
}
