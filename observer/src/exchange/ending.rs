//! How requests begin and end: each ends once, answered or otherwise.

use std::time::Duration;

use super::conversation::{Answering, Conversation, Early};
use super::inflight::Pending;
use super::timing::Moments;
use super::{Context, Limits};
use crate::event::{Event, Exchange, Handler, Outcome, Request, Unmatched};
use crate::frame::Before;
use crate::tables::Table;
use crate::time::Timestamp;

/// Early responses kept while a hole in the request direction is open.
const MAX_EARLY: usize = 64;
/// How much later than its answer a request may be seen, by another queue, where no acknowledgment
/// tells.
const OUT_OF_ORDER: Duration = Duration::from_millis(1);

impl Conversation {
    /// Takes a request into the table, and makes room for it.
    pub(super) fn begin_request<H: Handler>(&mut self, pending: Pending, ctx: &mut Context<'_, H>) {
        let Limits { max_inflight, max_inflight_per_connection, .. } = *ctx.limits;
        let is_full =
            self.inflight.len() >= max_inflight_per_connection || *ctx.inflight >= max_inflight;
        if is_full && let Some(oldest) = self.inflight.pop_oldest() {
            ctx.evictions.count(Table::Inflight);
            self.inflight.remember(oldest.correlation_id, Unmatched::Evicted);
            self.end_request(&oldest, Outcome::Evicted, None, ctx);
        }
        *ctx.inflight = ctx.inflight.saturating_add(1);
        self.inflight.push(pending);
    }

    /// Takes a response's beginning.
    pub(super) fn begin_response<H: Handler>(&mut self, response: Early, ctx: &mut Context<'_, H>) {
        let position = self.inflight.answered_in(response.correlation_id, &response.first);
        let request = position.and_then(|position| self.take_request(position, ctx));
        self.may_answer_unseen &= request.is_none();
        self.answering = Some(Answering { request, response });
    }

    /// Takes a response's end; `last` is when its last byte passed, if that was seen.
    pub(super) fn end_response<H: Handler>(
        &mut self,
        last: Option<Timestamp>,
        ctx: &mut Context<'_, H>,
    ) {
        self.before = last.map_or(Before::Unseen, Before::Seen);
        let Some(Answering { request, response }) = self.answering.take() else {
            return;
        };
        let response = Early { last, ..response };
        match request {
            Some(pending) => self.end_request(&pending, Outcome::Answered, Some(&response), ctx),
            None if self.is_request_side_behind && self.early.len() < MAX_EARLY => {
                self.early.push(response);
            }
            None => self.answer(response, ctx),
        }
    }

    /// The request that a response answers. One whose frame still has a hole is left to be answered
    /// when that is given up.
    fn take_request<H: Handler>(
        &mut self,
        position: usize,
        ctx: &mut Context<'_, H>,
    ) -> Option<Pending> {
        if self.is_request_side_behind && !self.inflight.has_ended(position) {
            return None;
        }
        let lost = self.lose_requests_before(position, ctx);
        self.inflight.remove(position.checked_sub(lost)?)
    }

    /// Pairs a complete response, or says why it has no request.
    pub(super) fn answer<H: Handler>(&mut self, response: Early, ctx: &mut Context<'_, H>) {
        let Early { correlation_id, first, .. } = response;
        let position = self.inflight.answered_in(correlation_id, &first);
        match position.and_then(|position| self.take_request(position, ctx)) {
            Some(pending) => self.end_request(&pending, Outcome::Answered, Some(&response), ctx),
            None => self.unmatched(response.correlation_id, ctx),
        }
    }

    /// The early response to a request that has just ended, if there is one.
    pub(super) fn take_early(&mut self, request: &Pending) -> Option<Early> {
        let is_its = |e: &Early| {
            e.correlation_id == request.correlation_id
                && request.may_be_answered_in(&e.first, OUT_OF_ORDER)
        };
        let position = self.early.iter().position(is_its)?;
        Some(self.early.remove(position))
    }

    /// Says that a request's frame has ended.
    pub(super) fn report_request<H: Handler>(&self, pending: &Pending, ctx: &mut Context<'_, H>) {
        let request = Request { peers: self.peers, header: pending.header(), bytes: pending.bytes };
        ctx.emit(Event::Request(&request));
    }

    pub(super) fn end_request<H: Handler>(
        &mut self,
        pending: &Pending,
        outcome: Outcome,
        response: Option<&Early>,
        ctx: &mut Context<'_, H>,
    ) {
        *ctx.inflight = ctx.inflight.saturating_sub(1);
        if !pending.has_ended {
            // Its frame was cut short, so this is its end as well.
            self.report_request(pending, ctx);
        }
        let moments = response.map(|response| Moments {
            request_first: pending.first,
            request_last: pending.last,
            response_first: response.first.time,
            response_last: response.last,
            before: response.before,
        });
        ctx.emit(Event::Exchange(&Exchange {
            time: pending.first,
            peers: self.peers,
            header: pending.header(),
            outcome,
            request_bytes: pending.bytes,
            is_request_whole: pending.has_ended,
            response_bytes: response.map(|response| response.bytes),
            duration: moments.and_then(|m| m.duration()),
            answer_time: moments.and_then(|m| m.answer_time()),
            broker_time: moments.and_then(|m| m.broker_time()),
            wait: moments.and_then(|m| m.wait()),
        }));
    }

    /// Brokers answer in order: when whole responses may be missing, those of older requests are.
    /// Returns how many.
    fn lose_requests_before<H: Handler>(
        &mut self,
        position: usize,
        ctx: &mut Context<'_, H>,
    ) -> usize {
        if !std::mem::take(&mut self.may_have_missed_responses) {
            return 0;
        }
        for _ in 0..position {
            if let Some(pending) = self.inflight.pop_oldest() {
                self.end_request(&pending, Outcome::Lost, None, ctx);
            }
        }
        position
    }

    fn unmatched<H: Handler>(&mut self, correlation_id: i32, ctx: &mut Context<'_, H>) {
        let reason = match self.inflight.recall(correlation_id) {
            Some(reason) => reason,
            None if self.may_answer_unseen => Unmatched::BeforeAttach,
            None => Unmatched::UnknownId,
        };
        ctx.emit(Event::UnmatchedResponse { peers: self.peers, reason });
    }
}
