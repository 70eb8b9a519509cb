//! What one connection's frames have said so far, and how its requests end.

use std::sync::Arc;

use super::inflight::{Inflight, Pending};
use super::timing::Moments;
use super::{Context, Limits};
use crate::event::{
    ClientSoftware, Event, Exchange, Handler, Outcome, Peers, Request, Security, Unmatched,
};
use crate::frame::Before;
use crate::tables::Table;
use crate::time::Timestamp;

/// A connection's state above its frames.
#[derive(Debug)]
pub struct Conversation {
    pub(super) peers: Peers,
    pub(super) inflight: Inflight,
    pub(super) standing: Standing,
    /// Joined in mid-stream, and no request was answered yet.
    pub(super) may_answer_unseen: bool,
    /// The newest client id, shared by the requests that carry it.
    pub(super) client_id: Option<Arc<str>>,
    pub(super) software: Option<Box<ClientSoftware>>,
    pub(super) security: Security,
    pub(super) raw_tokens: RawTokens,
    /// The response whose frame is passing now.
    pub(super) answering: Option<Answering>,
    /// The frame before the next response.
    pub(super) before: Before,
    /// Whole responses may have passed unseen.
    pub(super) may_have_missed_responses: bool,
    /// The request direction has a hole that the broker has read past.
    pub(super) is_request_side_behind: bool,
    /// Responses that came before such a hole was given up.
    pub(super) early: Vec<Early>,
    pub(super) given_up_bytes: u64,
}

/// What a connection is believed to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It cannot be told yet.
    Unproven,
    /// Kafka.
    Kafka,
    /// Not Kafka, or encrypted.
    Opaque,
}

/// Raw authentication tokens behind SaslHandshake v0, by direction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawTokens {
    pub(super) in_requests: bool,
    pub(super) in_responses: bool,
}

/// A response whose frame is passing.
#[derive(Debug)]
pub(super) struct Answering {
    pub(super) request: Option<Pending>,
    pub(super) response: Early,
}

/// A response's facts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Early {
    pub(super) correlation_id: i32,
    pub(super) bytes: u32,
    pub(super) first: Timestamp,
    pub(super) last: Option<Timestamp>,
    pub(super) before: Before,
}

/// Early responses kept while a hole in the request direction is open.
const MAX_EARLY: usize = 64;

impl Conversation {
    /// A connection just seen; `is_midstream` when not from its SYN.
    pub fn new(peers: Peers, is_midstream: bool) -> Self {
        Self {
            peers,
            inflight: Inflight::default(),
            standing: Standing::Unproven,
            may_answer_unseen: is_midstream,
            client_id: None,
            software: None,
            security: Security::Unknown,
            raw_tokens: RawTokens::default(),
            answering: None,
            before: if is_midstream { Before::Unseen } else { Before::Start },
            may_have_missed_responses: false,
            is_request_side_behind: false,
            early: Vec::new(),
            given_up_bytes: 0,
        }
    }

    /// The connection's ends.
    pub const fn peers(&self) -> Peers {
        self.peers
    }

    /// Corrects where the connection is seen from.
    pub fn set_peers(&mut self, peers: Peers) {
        self.peers = peers;
    }

    /// What it is believed to be.
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// Believes it.
    pub fn confirm<H: Handler>(&mut self, ctx: &mut Context<'_, H>) {
        if self.standing == Standing::Unproven {
            self.standing = Standing::Kafka;
            self.secure(Security::Plaintext, ctx);
        }
    }

    /// Requests in flight.
    pub fn inflight(&self) -> usize {
        self.inflight.len()
    }

    /// Says whether the request direction has a hole that the broker has read past; when it has no
    /// longer, responses that came early and found no request are unmatched.
    pub fn set_request_side_behind<H: Handler>(
        &mut self,
        is_behind: bool,
        ctx: &mut Context<'_, H>,
    ) {
        if self.is_request_side_behind && !is_behind {
            self.is_request_side_behind = false;
            for early in std::mem::take(&mut self.early) {
                self.answer(early, ctx);
            }
        }
        self.is_request_side_behind = is_behind;
    }

    /// Gives up requests that have waited too long.
    pub fn expire<H: Handler>(&mut self, now: Timestamp, ctx: &mut Context<'_, H>) {
        let age = u64::try_from(ctx.limits.expiry.as_nanos()).unwrap_or(u64::MAX);
        let before = Timestamp(now.0.saturating_sub(age));
        while let Some(pending) = self.inflight.pop_older(before) {
            self.inflight.remember(pending.correlation_id, Unmatched::Late);
            self.end_request(&pending, Outcome::Expired, None, ctx);
        }
    }

    /// Ends what is in flight: the connection, or the capture, is over.
    pub fn finish<H: Handler>(&mut self, outcome: Outcome, ctx: &mut Context<'_, H>) {
        self.set_request_side_behind(false, ctx);
        self.end_response(None, ctx);
        while let Some(pending) = self.inflight.pop_oldest() {
            self.end_request(&pending, outcome, None, ctx);
        }
    }

    /// Says that the connection is no longer followed.
    pub fn close<H: Handler>(&mut self, ctx: &mut Context<'_, H>) {
        ctx.emit(Event::ConnectionClosed {
            peers: self.peers,
            security: self.security,
            software: self.software.as_deref(),
        });
    }

    pub(super) fn secure<H: Handler>(&mut self, is: Security, ctx: &mut Context<'_, H>) {
        let was = std::mem::replace(&mut self.security, is);
        if was != is {
            ctx.emit(Event::ConnectionSecurity { peers: self.peers, was, is });
        }
    }

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
        let request = self.take_request(response.correlation_id, ctx);
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
        correlation_id: i32,
        ctx: &mut Context<'_, H>,
    ) -> Option<Pending> {
        let position = self.inflight.position(correlation_id)?;
        if self.is_request_side_behind && !self.inflight.has_ended(position) {
            return None;
        }
        self.lose_requests_before(position, ctx);
        self.inflight.remove(self.inflight.position(correlation_id)?)
    }

    /// Pairs a complete response, or says why it has no request.
    fn answer<H: Handler>(&mut self, response: Early, ctx: &mut Context<'_, H>) {
        match self.take_request(response.correlation_id, ctx) {
            Some(pending) => self.end_request(&pending, Outcome::Answered, Some(&response), ctx),
            None => self.unmatched(response.correlation_id, ctx),
        }
    }

    /// The early response to a request that has just ended, if there is one.
    pub(super) fn take_early(&mut self, correlation_id: i32) -> Option<Early> {
        let position = self.early.iter().position(|e| e.correlation_id == correlation_id)?;
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
            response_first: response.first,
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
    fn lose_requests_before<H: Handler>(&mut self, position: usize, ctx: &mut Context<'_, H>) {
        if !std::mem::take(&mut self.may_have_missed_responses) {
            return;
        }
        for _ in 0..position {
            if let Some(pending) = self.inflight.pop_oldest() {
                self.end_request(&pending, Outcome::Lost, None, ctx);
            }
        }
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
