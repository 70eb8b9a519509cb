//! One connection after another on the same 4-tuple: SYNs go in, and old connections end.

use super::Pipeline;
use super::config::Config;
use super::connection::Connection;
use super::successor::{Finding, Next, Successor};
use crate::event::{Flow, Handler, Outcome, Side};
use crate::input::Segment;

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
            Syn::Another => self.begin(key, said, handler),
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
        self.pass(side, key, segment, handler);
    }

    /// A connection begins: whatever went by its 4-tuple before is over.
    pub(super) fn begin<H: Handler>(&mut self, key: Flow, said: Successor, handler: &mut H) {
        if let Some(old) = self.connections.remove(&key) {
            self.close(old, Outcome::Abandoned, handler);
        }
        self.follow(key, false, handler);
        if let Some(connection) = self.connections.get_mut(&key) {
            connection.start(said, &self.config);
        }
    }
}

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
        let begun = self.successor.take().filter(|before| before.request == said.request);
        self.successor = Some(begun.unwrap_or_else(|| Box::new(said)));
        Syn::Doubtful
    }

    /// The connection in its place that this segment proves to have begun, if it does.
    pub(super) fn succeeded_by(&mut self, side: Side, segment: &Segment<'_>) -> Option<Successor> {
        let live = Next { request: self.request.next(), response: self.response.next() };
        match self.successor.as_mut()?.judge(side, segment, &live) {
            Finding::Confirmed => self.successor.take().map(|successor| *successor),
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
