//! One connection after another on the same 4-tuple: SYNs go in, and old connections end.

use super::Pipeline;
use super::config::Config;
use super::connection::Connection;
use super::successor::{Finding, Next, Successor};
use crate::event::{Flow, Handler, Outcome, Side};
use crate::input::{Segment, Seq};

impl Pipeline {
    /// A connection begins, unless the SYN is a stray one.
    pub(super) fn syn<H: Handler>(
        &mut self,
        side: Side,
        key: Flow,
        segment: &Segment<'_>,
        handler: &mut H,
    ) {
        let said = Successor::of_syn(side, segment);
        let live = self.connections.get_mut(&key);
        match live.map_or(Syn::Another, |live| live.note_syn(side, said)) {
            Syn::Another => self.begin(key, Start::Known(said), handler),
            Syn::Own => {
                if let Some(connection) = self.connections.get_mut(&key) {
                    connection.start(said, &self.config);
                }
            }
            Syn::Doubtful => {
                let discarded = &mut self.ledger.discarded;
                *discarded = discarded.saturating_add(segment.wire_len.into());
                return;
            }
        }
        self.pass(side, &key, segment, handler);
    }

    /// A connection begins: whatever went by its 4-tuple before is over.
    pub(super) fn begin<H: Handler>(&mut self, key: Flow, start: Start, handler: &mut H) {
        if let Some(old) = self.connections.remove(&key) {
            self.close(old, Outcome::Abandoned, handler);
        }
        self.follow(key, start == Start::Unseen, handler);
        if let (Start::Known(said), Some(connection)) = (start, self.connections.get_mut(&key)) {
            connection.start(said, &self.config);
        }
    }
}

/// Where a connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Where its SYN says.
    Known(Successor),
    /// Its SYN was not seen.
    Unseen,
}

/// Furthest that late bytes of a closed connection may lie from its next one: more than the largest
/// receive window that Linux gives by default (6 MiB). A new connection's lie anywhere.
pub(super) const LATE_WINDOW: u32 = 8 << 20;

/// What a SYN means to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syn {
    /// It is its own.
    Own,
    /// Another connection has begun in its place.
    Another,
    /// That, or it is a stray one: what follows will tell.
    Doubtful,
}

impl Connection {
    /// What a SYN means to it.
    fn note_syn(&mut self, side: Side, said: Successor) -> Syn {
        let is_answer = self.successor.as_ref().is_some_and(|asked| said.answers(asked));
        if !is_answer && !self.is_other(side, &said) {
            return Syn::Own;
        }
        if is_answer || self.is_closed() || self.is_over() {
            return Syn::Another;
        }
        self.is_settled = false;
        let begun = self.successor.take().filter(|before| before.request == said.request);
        self.successor = Some(begun.unwrap_or_else(|| Box::new(said)));
        Syn::Doubtful
    }

    /// Where the connection in its place began, if this segment proves that one did.
    pub(super) fn succeeded_by(&mut self, side: Side, segment: &Segment<'_>) -> Option<Start> {
        if self.is_closed() && segment.wire_len > 0 && self.is_beyond(side, segment.seq) {
            return Some(Start::Unseen);
        }
        let successor = self.successor.as_mut()?;
        let live = Next { request: self.request.next(), response: self.response.next() };
        match successor.judge(side, segment, &live) {
            Finding::Confirmed => self.successor.take().map(|successor| Start::Known(*successor)),
            Finding::Refuted => {
                self.successor = None;
                None
            }
            Finding::Open => None,
        }
    }

    /// Follows it from its first bytes, as far as a SYN tells them.
    fn start(&mut self, Successor { request, response, .. }: Successor, config: &Config) {
        for (side, seq) in [(Side::Request, request), (Side::Response, response)] {
            if let Some(seq) = seq {
                self.start_at(side, seq, config);
            }
        }
    }

    /// Whether a byte is too far from this direction's for a late one.
    fn is_beyond(&self, side: Side, seq: Seq) -> bool {
        let next = match side {
            Side::Request => self.request.next(),
            Side::Response => self.response.next(),
        };
        next.is_some_and(|next| seq.since(next).unsigned_abs() > LATE_WINDOW)
    }

    /// Whether a SYN is not of this connection.
    fn is_other(&self, side: Side, said: &Successor) -> bool {
        let (half, seq) = match side {
            Side::Request => (&self.request, said.request),
            Side::Response => (&self.response, said.response),
        };
        if self.is_closed() || half.is_started() {
            return half.start != seq;
        }
        // A broker's first number tells nothing; what it acknowledges does.
        said.request.is_some_and(|seq| !self.request.is_near(seq))
    }
}
