//! What is told of requests as they begin and end: each ends once, answered or otherwise.

use super::conversation::{Answer, Conversation};
use super::inflight::Pending;
use super::timing::Moments;
use super::{Context, Limits};
use crate::decode::{Facts, Undecoded};
use crate::event::{Event, Exchange, Handler, Inner, Outcome, Peers, Request, Unmatched};
use crate::tables::Table;

/// What each request may say without a charge, in bytes: that is bounded by their number.
const LITTLE: usize = 1 << 10;

impl Conversation {
    /// Takes a request into the table, and makes room for it. Where all room is taken by other
    /// connections, it ends here; returns whether it is in flight.
    pub(super) fn begin_request<H: Handler>(
        &mut self,
        pending: Box<Pending>,
        ctx: &mut Context<'_, H>,
    ) -> bool {
        let Limits { max_inflight, max_inflight_per_connection, .. } = *ctx.limits;
        self.tell_of_first(pending.behind, ctx);
        let is_full = self.inflight.len() >= max_inflight_per_connection
            || ctx.inflight.requests >= max_inflight;
        ctx.inflight.requests = ctx.inflight.requests.saturating_add(1);
        if !is_full {
            self.inflight.push(pending);
            return true;
        }
        let Some(oldest) = self.inflight.pop_oldest() else {
            self.evict(pending, ctx);
            return false;
        };
        self.evict(oldest, ctx);
        self.inflight.push(pending);
        true
    }

    fn evict<H: Handler>(&mut self, pending: Box<Pending>, ctx: &mut Context<'_, H>) {
        ctx.evictions.count(Table::Inflight);
        self.remember(&pending, Unmatched::Evicted, ctx);
        self.end_request(pending, Outcome::Evicted, None, ctx);
    }

    /// Remembers why a response to this request will have none.
    pub(super) fn remember<H>(
        &mut self,
        pending: &Pending,
        reason: Unmatched,
        ctx: &mut Context<'_, H>,
    ) {
        if self.inflight.remember(pending.correlation_id, reason) {
            ctx.evictions.count(Table::Unanswered);
        }
    }

    /// Pairs a complete response, or says why it has no request.
    pub(super) fn answer<H: Handler>(&mut self, response: &Answer, ctx: &mut Context<'_, H>) {
        let Answer { correlation_id, first, is_ambiguous, .. } = *response;
        let position = self.inflight.answered_in(correlation_id, &first);
        let position = position.filter(|_| !is_ambiguous);
        if let Some(pending) = position.and_then(|position| self.take_request(position, ctx)) {
            return self.answer_early(pending, response, ctx);
        }
        self.doubt_first(correlation_id, ctx);
        self.unmatched(correlation_id, ctx);
    }

    /// Pairs a response that came before its request was known, so that its body passed undecoded.
    pub(super) fn answer_early<H: Handler>(
        &mut self,
        request: Box<Pending>,
        response: &Answer,
        ctx: &mut Context<'_, H>,
    ) {
        let undecoded = Some(Undecoded::Early);
        let facts = Some(Box::new(Facts { undecoded, ..Facts::default() }));
        self.pair(request, response, facts, ctx);
    }

    pub(super) fn end_request<H: Handler>(
        &mut self,
        mut pending: Box<Pending>,
        outcome: Outcome,
        response: Option<(&Answer, Option<Box<Facts>>)>,
        ctx: &mut Context<'_, H>,
    ) {
        ctx.inflight.requests = ctx.inflight.requests.saturating_sub(1);
        ctx.inflight.fact_bytes = ctx.inflight.fact_bytes.saturating_sub(pending.charged);
        if !pending.has_ended {
            // Its frame was cut short, or is answered before its end, so this is its end as well.
            pending.facts = self.end_asking(ctx);
            report_request(self.peers, &mut pending, ctx);
            self.learn_software(pending.software(), ctx);
        }
        let header = pending.take_header();
        let (response, facts) = response.unzip();
        let moments = response.map(|response| Moments {
            request_first: pending.first,
            request_last: pending.last,
            response_first: response.first.time,
            response_last: response.last,
            before: response.before,
        });
        ctx.emit_exchange(Exchange {
            time: pending.first,
            wall: ctx.wall,
            peers: self.peers,
            header,
            outcome,
            request_bytes: pending.bytes,
            response_bytes: response.map(|response| response.bytes),
            duration: moments.and_then(|m| m.duration()),
            answer_time: moments.and_then(|m| m.answer_time()),
            broker_time: moments.and_then(|m| m.broker_time()),
            wait: moments.and_then(|m| m.wait()),
            request: pending.facts.take(),
            response: facts.flatten(),
            session: None,
            client_group: None,
        });
        ctx.inflight.ended.recycle(pending);
    }

    /// What the request says whose frame is passing, as far as it has passed.
    pub(super) fn end_asking<H: Handler>(
        &mut self,
        ctx: &mut Context<'_, H>,
    ) -> Option<Box<Facts>> {
        self.asking.take().map(|body| ctx.decoder.end(body, ctx.evictions))
    }

    /// Brokers answer in order: when whole responses may be missing, those of older requests are.
    /// Returns how many.
    pub(super) fn lose_requests_before<H: Handler>(
        &mut self,
        position: usize,
        ctx: &mut Context<'_, H>,
    ) -> usize {
        if !std::mem::take(&mut self.may_have_missed_responses) {
            return 0;
        }
        for _ in 0..position {
            if let Some(pending) = self.inflight.pop_oldest() {
                self.end_request(pending, Outcome::Lost, None, ctx);
            }
        }
        position
    }

    pub(super) fn unmatched<H: Handler>(&mut self, correlation_id: i32, ctx: &mut Context<'_, H>) {
        let reason = match self.inflight.recall(correlation_id) {
            Some(reason) => reason,
            None if self.may_answer_unseen => Unmatched::BeforeAttach,
            None => Unmatched::UnknownId,
        };
        ctx.emit(Event::UnmatchedResponse { peers: self.peers, reason });
    }
}

/// Charges what a message says that now waits, its request's answer or the next request; where there is
/// no room, that is forgotten.
pub(super) fn charge<H>(
    charged: &mut usize,
    facts: &mut Option<Box<Facts>>,
    ctx: &mut Context<'_, H>,
) {
    let Some(facts) = facts else {
        return;
    };
    let weight = facts.weight().saturating_sub(LITTLE);
    if weight == 0 {
        return;
    }
    let sum = ctx.inflight.fact_bytes.saturating_add(weight);
    if sum > ctx.limits.max_fact_bytes {
        ctx.evictions.count(Table::MessageFacts);
        return facts.shed();
    }
    *charged = charged.saturating_add(weight);
    ctx.inflight.fact_bytes = sum;
}

/// Says that a request's frame has ended.
pub(super) fn report_request<H: Handler>(
    peers: Peers,
    pending: &mut Pending,
    ctx: &mut Context<'_, H>,
) {
    let request = Request {
        peers,
        header: pending.take_header(),
        bytes: pending.bytes,
        wall: ctx.wall,
        time: pending.first,
        replica: pending.facts.as_ref().and_then(|facts| facts.replica),
        forwarded: pending.facts.as_ref().and_then(|facts| Inner::of(facts)),
    };
    ctx.emit(Event::Request(&request));
    pending.client_id = request.header.client_id;
}
