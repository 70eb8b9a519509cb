//! One connection: two directions and their conversation, from the first segment to the end.

use super::config::Config;
use super::half::{Act, Half};
use super::successor::Successor;
use crate::event::{Event, Handler, Outcome, Peers, Side};
use crate::exchange::{Context, Conversation, Ear, Requests, Responses, Standing};
use crate::input::{Segment, Seq, Wants};
use crate::protocol::plausible::{self, Guess};
use crate::stream::Budget;
use crate::time::Timestamp;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared<'a, 'c, H> {
    pub(super) config: &'c Config,
    pub(super) budget: &'a mut Budget,
    pub(super) ctx: Context<'c, H>,
}

/// A TCP connection on a watched port.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) request: Half,
    pub(super) response: Half,
    pub(super) conversation: Conversation,
    /// When it was last heard of.
    pub(super) last_seen: Timestamp,
    pub(super) life: Life,
    /// Its socket closed, says the kernel.
    pub(super) is_socket_closed: bool,
    /// Segments with bytes that came since the source was told to count them only.
    pub(super) copied: u8,
    /// Nothing but its frames is left to be looked at, as long as its segments are plain.
    pub(super) is_settled: bool,
    /// What may have begun in its place.
    pub(super) successor: Option<Box<Successor>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// No payload was seen; its opening was not reported.
    New,
    /// Followed.
    Open,
    /// Not Kafka: its bytes are only counted.
    Counted,
    /// Over; what still comes is late.
    Closed,
}

impl Connection {
    pub(super) fn new(peers: Peers, is_midstream: bool, config: &Config) -> Self {
        let hold = config.exchange.hold_bytes;
        Self {
            request: Half::midstream(hold),
            response: Half::midstream(hold),
            conversation: Conversation::new(peers, is_midstream),
            last_seen: Timestamp::default(),
            life: Life::New,
            is_socket_closed: false,
            copied: 0,
            is_settled: false,
            successor: None,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.life == Life::Closed
    }

    /// Whether a direction waits for a hole to be filled.
    pub(super) fn is_waiting(&self) -> bool {
        !self.is_closed() && self.request.held().saturating_add(self.response.held()) > 0
    }

    /// Where it is seen from; fixed once its opening was reported.
    pub(super) fn peers_mut(&mut self, change: impl FnOnce(&mut Peers)) {
        if self.life == Life::New {
            let mut peers = self.conversation.peers();
            change(&mut peers);
            self.conversation.set_peers(peers);
        }
    }

    pub(super) fn peers(&self) -> Peers {
        self.conversation.peers()
    }

    /// Takes a segment.
    #[inline]
    pub(super) fn segment<H: Handler>(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        shared: &mut Shared<'_, '_, H>,
    ) {
        let taken = self.plain(side, segment, &mut shared.ctx);
        if taken < segment.wire_len.max(1) {
            self.segment_from(taken, side, segment, shared);
            self.settle();
        }
    }

    /// Takes what of a segment is not plain; all before is.
    #[inline(never)]
    fn segment_from<H: Handler>(
        &mut self,
        taken: u32,
        side: Side,
        segment: &Segment<'_>,
        shared: &mut Shared<'_, '_, H>,
    ) {
        let wire_len = u64::from(segment.wire_len);
        let ledger = &mut *shared.ctx.ledger;
        match self.life {
            Life::Closed => ledger.discarded = ledger.discarded.saturating_add(wire_len),
            Life::Counted => {
                ledger.opaque = ledger.opaque.saturating_add(wire_len);
                self.half(side).pass_over(segment);
                self.count_only_again(segment, shared);
            }
            Life::New | Life::Open => {
                self.open(wire_len, shared);
                self.infer_start(side, segment, shared.config);
                self.note_talk(side, segment, shared);
                let is_here =
                    segment.wants == Wants::Here && self.half_of(side).begins_frame(segment);
                self.pass(taken, side, segment, shared);
                if !self.is_in_step() {
                    self.believe(shared);
                    if side == Side::Response {
                        self.believe_answer(shared);
                    }
                }
                self.resume(side, segment, is_here, shared);
                self.check_opaque(shared);
            }
        }
        self.check_end(side, segment, shared);
    }

    /// Gives up holes that nothing will fill.
    pub(super) fn tick<H: Handler>(&mut self, shared: &mut Shared<'_, '_, H>) {
        for side in [Side::Request, Side::Response] {
            self.act(side, Act::Tick, shared);
        }
        self.believe(shared);
        self.check_opaque(shared);
        self.close_if_finished(shared);
    }

    /// Gives up requests that have waited too long.
    pub(super) fn expire<H: Handler>(&mut self, shared: &mut Shared<'_, '_, H>) {
        self.conversation.expire(&mut shared.ctx);
    }

    /// Ends it: what is held is delivered, what is in flight has this outcome.
    pub(super) fn close<H: Handler>(&mut self, outcome: Outcome, shared: &mut Shared<'_, '_, H>) {
        if self.is_closed() {
            return;
        }
        // Of one that is only counted, no place in the stream is known.
        let act = if self.life == Life::Counted { Act::Finish } else { Act::End };
        for side in [Side::Request, Side::Response] {
            self.act(side, act, shared);
        }
        let life = std::mem::replace(&mut self.life, Life::Closed);
        let ledger = &mut *shared.ctx.ledger;
        self.request.settle(ledger);
        self.response.settle(ledger);
        let left = self.request.dissolve(ledger).saturating_add(self.response.dissolve(ledger));
        ledger.discarded = ledger.discarded.saturating_add(left);
        self.conversation.finish(outcome, &mut shared.ctx);
        if life != Life::New {
            self.conversation.close(&mut shared.ctx);
        }
    }

    /// Follows a direction from its first byte.
    pub(super) fn start_at(&mut self, side: Side, seq: Seq, config: &Config) {
        let half = self.half(side);
        if !half.is_started() {
            half.start_at(seq, config.exchange.hold_bytes);
        }
    }

    fn open<H: Handler>(&mut self, wire_len: u64, shared: &mut Shared<'_, '_, H>) {
        if self.life == Life::New && wire_len > 0 {
            self.life = Life::Open;
            shared.ctx.handler.event(Event::ConnectionOpened(self.conversation.peers()));
        }
    }

    /// Where the SYN-ACK was not seen, the client's first byte tells the broker's.
    fn infer_start(&mut self, side: Side, segment: &Segment<'_>, config: &Config) {
        if let (Side::Request, Some(ack)) = (side, segment.ack)
            && segment.wire_len > 0
            && self.request.start == Some(segment.seq)
        {
            self.start_at(Side::Response, ack, config);
        }
    }

    fn pass<H: Handler>(
        &mut self,
        taken: u32,
        side: Side,
        segment: &Segment<'_>,
        shared: &mut Shared<'_, '_, H>,
    ) {
        if let Some(ack) = segment.ack
            && !self.half(other(side)).has_settled(ack)
        {
            self.act(other(side), Act::Acknowledged(ack), shared);
        }
        if side == Side::Response {
            let is_behind = segment.ack.is_some_and(|ack| self.request.is_behind(ack));
            self.conversation.set_request_side_behind(is_behind, &mut shared.ctx);
        }
        let was_in_step = self.request.framer.is_in_step();
        self.act(side, Act::Push(segment, taken), shared);
        if !was_in_step && self.request.framer.is_in_step() {
            // Requests that were held are in flight now: their responses may be held as well.
            self.act(Side::Response, Act::LookAgain, shared);
        }
    }

    /// A response with the correlation id of the first request confirms a connection whose requests
    /// are of no known API or version, or not what a known one is.
    fn believe<H: Handler>(&mut self, shared: &mut Shared<'_, '_, H>) {
        if self.conversation.standing() == Standing::Unproven {
            let (request, response) =
                (self.request.framer.held_from_start(), self.response.framer.held_from_start());
            let max = shared.config.exchange.max_request_bytes;
            let asked = match plausible::first_request(request, max) {
                Guess::Unknown { .. } => request.get(8..12),
                Guess::Known { .. } if plausible::is_named(request) => request.get(8..12),
                _ => None,
            };
            if asked.is_none() || asked != response.get(4..8) {
                return;
            }
            self.conversation.confirm(&mut shared.ctx);
        }
        for side in [Side::Request, Side::Response] {
            if !self.half(side).framer.held_from_start().is_empty() {
                self.act(side, Act::LookAgain, shared);
            }
        }
    }

    pub(super) fn act<H: Handler>(
        &mut self,
        side: Side,
        act: Act<'_>,
        shared: &mut Shared<'_, '_, H>,
    ) {
        self.is_settled = false;
        let Shared { config, budget, ctx } = shared;
        let now = ctx.now;
        let ear = Ear { conversation: &mut self.conversation, ctx };
        match side {
            Side::Request => {
                self.request.act(act, now, &config.stream, budget, &mut Requests { ear });
            }
            Side::Response => {
                self.response.act(act, now, &config.stream, budget, &mut Responses { ear });
            }
        }
    }

    pub(super) const fn half_of(&self, side: Side) -> &Half {
        match side {
            Side::Request => &self.request,
            Side::Response => &self.response,
        }
    }

    pub(super) fn half(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Request => &mut self.request,
            Side::Response => &mut self.response,
        }
    }
}

pub(super) fn other(side: Side) -> Side {
    match side {
        Side::Request => Side::Response,
        Side::Response => Side::Request,
    }
}

/// An idle connection must stay cheap: there may be very many.
const _: () = assert!(size_of::<Connection>() <= 624);
