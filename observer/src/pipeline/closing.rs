//! FINs, RSTs and what the kernel says of a socket go in; whether the connection is over comes out.
//!
//! Either may be a stray one, of an older connection on the same 4-tuple, or made up. A FIN ends a
//! direction where its bytes end, and none pass behind it. A RST ends the connection if it lies exactly
//! there; one that lies ahead, within the window, may come behind bytes that nobody saw, or its receiver
//! ignores it (RFC 5961, 3.2): it counts when nothing else comes.

use super::connection::{Connection, Life, Shared};
use crate::event::{Handler, Outcome, Side};
use crate::input::{Segment, TcpFlags};

impl Connection {
    /// Takes what a segment says of the connection's end.
    pub(super) fn check_end<H: Handler>(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        shared: &mut Shared<'_, '_, H>,
    ) {
        let is_counted = self.life == Life::Counted;
        // A record may cover bytes before it that were left out.
        let end = segment.seq.plus(segment.wire_len);
        let half = self.half(side);
        if segment.flags.has(TcpFlags::RST) {
            // Of one that is only counted, too little is known of where its bytes are.
            if is_counted && half.is_near(end) {
                return self.close(Outcome::Abandoned, shared);
            }
            if half.note_reset(end) {
                self.reset = Some(side);
            }
        } else if segment.flags.has(TcpFlags::FIN) {
            half.note_fin(end, is_counted);
        }
        self.close_if_finished(shared);
    }

    /// The kernel says that the socket is closed; what is on its way may still come.
    pub(super) fn note_socket_closed(&mut self) {
        self.is_socket_closed = true;
    }

    /// Whether its end was seen, or told by the kernel, though not all its bytes.
    pub(super) fn is_over(&self) -> bool {
        self.is_socket_closed
            || self.reset.is_some_and(|side| self.half_of(side).has_fin())
            || self.request.has_fin() && self.response.has_fin()
    }

    pub(super) fn close_if_finished<H: Handler>(&mut self, shared: &mut Shared<'_, '_, H>) {
        let is_reset = self.reset.is_some_and(|side| self.half_of(side).is_finished());
        let is_finished = self.request.is_finished() && self.response.is_finished();
        let is_ended = self.request.has_fin() && self.response.has_fin();
        if is_reset || is_finished || is_ended && self.life == Life::Counted {
            self.close(Outcome::Abandoned, shared);
        }
    }
}
