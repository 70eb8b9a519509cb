//! Requests as they begin and end: their headers in, what is in flight out.

use super::Requests;
use super::ear::Ear;
use super::ending::{charge, report_request};
use super::inflight::Pending;
use crate::decode::{Facts, Message, kept, kept_part};
use crate::event::{Handler, Malformed, Outcome, Security, Side};
use crate::frame::{Head, PREFIX_LEN, Receiver, Verdict};
use crate::protocol::api::ApiKey;
use crate::protocol::header::{HeadError, MIN_LEN, RequestHead, request_head};
use crate::time::Timestamp;

/// Bytes of a header that are collected from several segments. A longer client id is cut there.
const MAX_HEAD: usize = 1024;

impl<H: Handler> Requests<'_, '_, H> {
    /// The header of a frame that is a request's, or what else is thought of it.
    pub(super) fn judge<'a>(&mut self, head: &Head<'a>) -> Result<RequestHead<'a>, Verdict> {
        let may_be_token = self.ear.conversation.raw_tokens.in_requests;
        let not_a_request =
            if may_be_token { Verdict::Opaque } else { Verdict::Reject(Malformed::Header) };
        let bytes = head.bytes();
        let more = Verdict::Need(bytes.len().saturating_add(1));
        let is_final = head.is_final || bytes.len() >= MAX_HEAD;
        let request = match request_head(bytes, head.len) {
            Ok(request) => request,
            Err(HeadError::Cut) if !is_final => return Err(more),
            Err(HeadError::Cut) if may_be_token => return Err(Verdict::Opaque),
            // Its header was not seen, so there is no request to count.
            Err(HeadError::Cut) => return Err(Verdict::Accept),
            Err(HeadError::ClientId | HeadError::TaggedFields) => return Err(not_a_request),
        };
        if request.body.is_none() && !is_final {
            return Err(more);
        }
        if may_be_token && !self.ends_tokens(&request) {
            return Err(Verdict::Opaque);
        }
        Ok(request)
    }

    /// Takes a request's beginning.
    pub(super) fn begin(&mut self, head: &Head<'_>, request: &RequestHead<'_>) {
        let Some(message) = self.enter(head, request) else {
            return;
        };
        let Ear { conversation, ctx } = &mut self.ear;
        let mut body = ctx.decoder.begin(message);
        ctx.decoder.feed(&mut body, head.pieces.behind(MIN_LEN), ctx.evictions);
        conversation.asking = Some(body);
    }

    /// Takes a request that is all there.
    pub(super) fn take(
        &mut self,
        head: &Head<'_>,
        request: &RequestHead<'_>,
        last: Option<Timestamp>,
    ) {
        let Some(message) = self.enter(head, request) else {
            return self.end(last);
        };
        let ctx = &mut *self.ear.ctx;
        let facts = ctx.decoder.whole(message, head.pieces.behind(MIN_LEN), ctx.evictions);
        self.finish(Some(facts), last);
    }

    /// Takes a request into the table; returns what its body is, if there was room.
    fn enter(&mut self, head: &Head<'_>, request: &RequestHead<'_>) -> Option<Message> {
        let client_id = match request.client_id {
            Some(part) if request.is_client_id_cut => {
                (!part.is_empty()).then(|| kept_part(part).into())
            }
            whole => self.ear.conversation.intern(whole, &mut self.ear.ctx.decoder.names),
        };
        if !request.api_key.is_known(request.api_version) {
            self.ear.conversation.unknown = head.bytes().first_chunk().copied();
        }
        if matches!(request.api_key, ApiKey::SASL_HANDSHAKE | ApiKey::SASL_AUTHENTICATE) {
            self.ear.conversation.secure(Security::SaslPlaintext, self.ear.ctx);
        }
        let pending = self.ear.ctx.inflight.ended.boxed(Pending {
            api_key: request.api_key.0,
            api_version: request.api_version,
            correlation_id: request.correlation_id,
            behind: self.ear.conversation.inflight.behind(request.correlation_id),
            is_before_loss: false,
            client_id,
            bytes: head.len,
            first: head.first.time,
            last: None,
            since: self.ear.ctx.now,
            end: head.first.seq.plus(PREFIX_LEN).plus(head.len),
            has_ended: false,
            facts: None,
            charged: 0,
        });
        let is_in_flight = self.ear.conversation.begin_request(pending, self.ear.ctx);
        is_in_flight.then(|| Message {
            api_key: request.api_key,
            side: Side::Request,
            version: request.api_version,
            len: head.len.saturating_sub(u32::try_from(MIN_LEN).unwrap_or_default()),
            wrapped: None,
        })
    }

    /// The request whose frame is passing has ended, and says this.
    pub(super) fn finish(&mut self, facts: Option<Box<Facts>>, last: Option<Timestamp>) {
        let Ear { conversation, ctx } = &mut self.ear;
        let Some(request) = conversation.inflight.passing() else {
            return ctx.decoder.recycle(facts);
        };
        request.last = last;
        request.has_ended = true;
        request.facts = facts;
        report_request(conversation.peers, request, ctx);
        let api_key = ApiKey(request.api_key);
        if api_key == ApiKey::SASL_HANDSHAKE && request.api_version == 0 {
            conversation.raw_tokens.in_requests = true;
        }
        let (is_unacknowledged, software) = (request.is_unacknowledged(), request.software());
        conversation.learn_software(software, ctx);
        let early = if is_unacknowledged { None } else { conversation.take_early() };
        if !is_unacknowledged && early.is_none() {
            if let Some(waiting) = conversation.inflight.newest_mut() {
                charge(&mut waiting.charged, &mut waiting.facts, ctx);
            }
            return;
        }
        let Some(pending) = conversation.inflight.pop_newest() else {
            return;
        };
        match early {
            Some(early) => conversation.answer_early(pending, &early, ctx),
            None => conversation.end_request(pending, Outcome::Unacknowledged, None, ctx),
        }
    }

    /// Whether this is the request that follows the raw tokens: known, and by the same client.
    fn ends_tokens(&mut self, request: &RequestHead<'_>) -> bool {
        let client_id = request.client_id.map(kept);
        let same_client = client_id.as_deref() == self.ear.conversation.client_id.as_deref();
        let ends = same_client && request.api_key.is_known(request.api_version);
        self.ear.conversation.raw_tokens.in_requests = !ends;
        ends
    }
}
