//! Responses as they begin and end: their beginnings and where their requests stand in, pairs out.

use super::conversation::{Answer, Answering};
use super::inflight::Pending;
use super::responses::MIN_LEN;
use super::{Context, Conversation};
use crate::decode::{Facts, Message};
use crate::event::{Handler, Side};
use crate::frame::Before;
use crate::protocol::api::ApiKey;
use crate::protocol::pieces::Pieces;
use crate::tables::Table;
use crate::time::Timestamp;

impl Conversation {
    /// Takes a response's beginning, and where the request stands that it can answer.
    pub(super) fn begin_response<H: Handler>(
        &mut self,
        mut response: Answer,
        position: Option<usize>,
        ctx: &mut Context<'_, H>,
    ) {
        let request = self.find_request(&mut response, position, ctx);
        let body = request.as_ref().map(|request| ctx.decoder.begin(body_of(&response, request)));
        self.answering = Some(ctx.inflight.answering.boxed(Answering { request, response, body }));
    }

    /// Takes a response that is all there.
    pub(super) fn take_response<H: Handler>(
        &mut self,
        mut response: Answer,
        position: Option<usize>,
        pieces: Pieces<'_>,
        ctx: &mut Context<'_, H>,
    ) {
        let request = self.find_request(&mut response, position, ctx);
        let facts = request
            .as_ref()
            .map(|request| ctx.decoder.whole(body_of(&response, request), pieces, ctx.evictions));
        self.raw_tokens.in_responses |= request.as_deref().is_some_and(is_handshake);
        self.before = response.last.map_or(Before::Unseen, Before::Seen);
        self.finish_response(request, &response, facts, ctx);
    }

    /// The request that a response answers, which can be the one at this position.
    fn find_request<H: Handler>(
        &mut self,
        response: &mut Answer,
        position: Option<usize>,
        ctx: &mut Context<'_, H>,
    ) -> Option<Box<Pending>> {
        response.is_ambiguous = position.is_some_and(|position| self.is_ambiguous(position));
        let request = position.and_then(|position| self.take_request(position, ctx));
        self.may_answer_unseen &= request.as_ref().is_none_or(|request| self.is_in_doubt(request));
        if request.is_some() {
            self.doubtful_turns = None;
        }
        request
    }

    /// Takes a response's end; `last` is when its last byte passed, if that was seen.
    pub(super) fn end_response<H: Handler>(
        &mut self,
        last: Option<Timestamp>,
        ctx: &mut Context<'_, H>,
    ) {
        self.before = last.map_or(Before::Unseen, Before::Seen);
        let Some(mut answering) = self.answering.take() else {
            return;
        };
        answering.response.last = last;
        let facts = answering.body.take().map(|body| ctx.decoder.end(body, ctx.evictions));
        let request = answering.request.take();
        self.finish_response(request, &answering.response, facts, ctx);
        ctx.inflight.answering.recycle(answering);
    }

    /// Takes the end of a response whose frame was followed up to there.
    pub(super) fn end_followed_response<H: Handler>(
        &mut self,
        last: Option<Timestamp>,
        ctx: &mut Context<'_, H>,
    ) {
        let answering = self.answering.as_deref();
        let is_handshake = answering.and_then(|a| a.request.as_deref()).is_some_and(is_handshake);
        self.raw_tokens.in_responses |= is_handshake;
        self.end_response(last, ctx);
    }

    /// A response has ended, and says this.
    fn finish_response<H: Handler>(
        &mut self,
        request: Option<Box<Pending>>,
        response: &Answer,
        facts: Option<Box<Facts>>,
        ctx: &mut Context<'_, H>,
    ) {
        let Some(request) = request else {
            return self.end_unasked(response, ctx);
        };
        self.pair(request, response, facts, ctx);
    }

    fn end_unasked<H: Handler>(&mut self, response: &Answer, ctx: &mut Context<'_, H>) {
        if self.is_request_side_behind {
            if self.keep_early(*response) {
                return;
            }
            ctx.evictions.count(Table::EarlyResponses);
        }
        self.answer(response, ctx);
    }
}

/// What a response's body is.
fn body_of(response: &Answer, request: &Pending) -> Message {
    Message {
        api_key: ApiKey(request.api_key),
        side: Side::Response,
        version: request.api_version,
        len: response.bytes.saturating_sub(MIN_LEN),
        wrapped: request.wrapped(),
    }
}

/// Whether raw tokens come behind its response.
fn is_handshake(request: &Pending) -> bool {
    ApiKey(request.api_key) == ApiKey::SASL_HANDSHAKE && request.api_version == 0
}
