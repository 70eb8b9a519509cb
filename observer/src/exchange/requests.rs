//! The request direction: frames in, requests in flight out.

use super::conversation::InflightSeen;
use super::ending::{charge, report_request};
use super::inflight::Pending;
use super::{Ear, Standing};
use crate::decode::{Message, kept, kept_part};
use crate::event::{Event, Handler, Malformed, Outcome, Security, Side};
use crate::frame::{Before, Belief, Head, Place, Receiver, Verdict};
use crate::protocol::api::{Api, ApiKey};
use crate::protocol::header::{HeadError, MIN_LEN, RequestHead, request_head};
use crate::protocol::plausible::{self, Guess};
use crate::protocol::whole::fits;
use crate::stream::{Carrier, Hole};
use crate::time::Timestamp;

/// Takes the frames of a connection's request direction.
#[derive(Debug)]
pub struct Requests<'a, 'c, H> {
    /// The connection it belongs to.
    pub ear: Ear<'a, 'c, H>,
}

/// Bytes of a header that are collected from several segments. A longer client id is cut there.
const MAX_HEAD: usize = 1024;
/// Bytes of a connection's first request that are waited for, where it has so many.
const FIRST_HELD: usize = 1 << 10;
const FIRST_HELD_NAMELESS: usize = 32 << 10;
/// Bytes of the length prefix.
const PREFIX_LEN: u32 = 4;

impl<'a, 'c, H: Handler> Receiver for Requests<'a, 'c, H> {
    type Account = Ear<'a, 'c, H>;
    /// Of any that may be sent, numbers in data claim so much only too often.
    const FAR: u32 = 32 << 10;

    fn account(&mut self) -> &mut Self::Account {
        &mut self.ear
    }

    fn length(&self, prefix: i32) -> Result<u32, Malformed> {
        let min = if self.ear.conversation.raw_tokens.in_requests { 0 } else { MIN_LEN };
        match u32::try_from(prefix) {
            Ok(len) if len > self.ear.ctx.limits.max_request_bytes => {
                Err(Malformed::LengthTooLarge)
            }
            Ok(len) if len as usize >= min => Ok(len),
            _ => Err(Malformed::LengthTooSmall),
        }
    }

    fn head(&mut self, head: &Head<'_>) -> Verdict {
        let may_be_token = self.ear.conversation.raw_tokens.in_requests;
        let not_a_request =
            if may_be_token { Verdict::Opaque } else { Verdict::Reject(Malformed::Header) };
        let more = Verdict::Need(head.bytes.len().saturating_add(1));
        let is_final = head.is_final || head.bytes.len() >= MAX_HEAD;
        let request = match request_head(head.bytes, head.len) {
            Ok(request) => request,
            Err(HeadError::Cut) if !is_final => return more,
            Err(HeadError::Cut) if may_be_token => return Verdict::Opaque,
            // Its header was not seen, so there is no request to count.
            Err(HeadError::Cut) => return Verdict::Accept,
            Err(HeadError::ClientId | HeadError::TaggedFields) => return not_a_request,
        };
        if request.body.is_none() && !is_final {
            return more;
        }
        if may_be_token && !self.ends_tokens(&request) {
            return Verdict::Opaque;
        }
        self.begin(head, &request);
        Verdict::Accept
    }

    fn body(&mut self, bytes: &[u8]) {
        self.ear.body(Side::Request, bytes);
    }

    fn missing(&mut self, hole: Hole, len: u64) {
        self.ear.missing(Side::Request, hole, len);
    }

    fn end(&mut self, last: Option<Timestamp>) {
        let Ear { conversation, ctx } = &mut self.ear;
        let facts = conversation.end_asking(ctx);
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

    fn looks_inside(&self) -> bool {
        true
    }

    fn followers(&self, head: &[u8], place: Place) -> Option<u8> {
        let api_key = plausible::api_key(head);
        let is_brokers = api_key.and_then(ApiKey::lookup).is_some_and(Api::is_between_brokers);
        let is_known_client = self.ear.conversation.standing == Standing::Kafka;
        let is_known = is_known_client || plausible::is_of_known_version(head);
        let is_named = plausible::is_named(head);
        // What may be in a client id may be anywhere: the requests behind it must carry the same.
        let is_odd = is_named && !plausible::is_plainly_named(head);
        match (is_named, place) {
            (_, Place::Inside) if is_brokers || is_odd => None,
            _ if is_odd => Some(2),
            // Of what it holds nothing is known.
            (false, Place::Inside) if !is_known => None,
            (true, Place::Filling) if !is_known => Some(1),
            (_, _) if !is_known => Some(2),
            (true, Place::Filling) => Some(0),
            (true, Place::Start | Place::Inside) => Some(1),
            // Without a name little tells a request from numbers.
            (false, Place::Filling) if is_known_client => Some(1),
            (false, _) => Some(2),
        }
    }

    /// The end of what a request holds may read as one more before those that follow.
    fn is_certain(&self, head: &[u8], place: Place) -> bool {
        place != Place::Inside || plausible::is_named(head)
    }

    fn is_sound(&self, held: &[u8], len: u32) -> bool {
        let Ok(request) = request_head(held, len) else { return held.len() < MIN_LEN };
        let behind = held.get(MIN_LEN..).unwrap_or_default();
        let len = len.saturating_sub(u32::try_from(MIN_LEN).unwrap_or_default());
        fits(request.api_key, Side::Request, request.api_version, len, behind) != Some(false)
    }

    fn guess(&self, bytes: &[u8], _carrier: &Carrier) -> Guess {
        let max_len = self.ear.ctx.limits.max_request_bytes;
        match plausible::request(bytes, max_len) {
            Guess::Unknown { len } if self.ear.conversation.is_marked(bytes) => {
                Guess::Known { len }
            }
            Guess::No => plausible::oddly_named_request(bytes, max_len),
            guess => guess,
        }
    }

    fn follows(&self, first: &[u8], next: &[u8], carrier: &Carrier) -> Guess {
        match self.guess(next, carrier) {
            Guess::Known { .. } if !plausible::is_series(first, next) => Guess::No,
            guess => guess,
        }
    }

    fn believe(&self, bytes: &[u8], is_cut: bool) -> Belief {
        match self.ear.conversation.standing {
            Standing::Kafka => return Belief::Confirmed,
            Standing::Opaque => return Belief::Refused,
            Standing::Unproven => {}
        }
        let mut rest = bytes;
        loop {
            match plausible::first_request(rest, self.ear.ctx.limits.max_request_bytes) {
                Guess::Known { len }
                    if self.is_known_whole(rest, len, is_cut) && is_first_or_next(bytes, rest) =>
                {
                    return Belief::Confirmed;
                }
                Guess::No => return Belief::Refused,
                Guess::Known { .. } | Guess::More => break,
                // Held until a known header, or the response, confirms it.
                Guess::Unknown { len } => match rest.get((len as usize).saturating_add(4)..) {
                    Some(next) if !next.is_empty() => rest = next,
                    _ => break,
                },
            }
        }
        if bytes.len() > self.ear.ctx.limits.hold_bytes as usize {
            return Belief::Refused;
        }
        Belief::Open
    }

    fn lost_step(&mut self, reason: Option<Malformed>) {
        // A request whose frame can no longer be followed has ended, unseen.
        self.end(None);
        // Those that were lost may be in flight, with ids that others have as well.
        self.ear.conversation.inflight_seen = InflightSeen::Part;
        self.ear.conversation.inflight.note_loss();
        self.ear.conversation.report_loss(Side::Request, reason, self.ear.ctx);
    }

    fn found_step(&mut self, before: Before) {
        if before != Before::Start {
            // Those that were lost before the first step may be in flight as well.
            self.ear.conversation.inflight_seen = InflightSeen::Part;
            if self.ear.conversation.standing == Standing::Kafka {
                let peers = self.ear.conversation.peers;
                self.ear.ctx.emit(Event::Resynchronised { peers, side: Side::Request });
            }
        }
        self.ear.conversation.doubtful_turns = (before != Before::Start).then_some(0);
        self.ear.conversation.confirm(self.ear.ctx);
    }
}

impl<H: Handler> Requests<'_, '_, H> {
    fn begin(&mut self, head: &Head<'_>, request: &RequestHead<'_>) {
        let client_id = match request.client_id {
            Some(part) if request.is_client_id_cut => {
                (!part.is_empty()).then(|| kept_part(part).into())
            }
            whole => self.ear.conversation.intern(whole),
        };
        if !request.api_key.is_known(request.api_version) {
            self.ear.conversation.unknown = head.bytes.first_chunk().copied();
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
        let Ear { conversation, ctx } = &mut self.ear;
        if !conversation.begin_request(pending, ctx) {
            return;
        }
        let mut body = ctx.decoder.begin(Message {
            api_key: request.api_key,
            side: Side::Request,
            version: request.api_version,
            len: head.len.saturating_sub(u32::try_from(MIN_LEN).unwrap_or_default()),
            wrapped: None,
        });
        let behind = head.bytes.get(MIN_LEN..).unwrap_or_default();
        ctx.decoder.feed(&mut body, behind, ctx.evictions);
        conversation.asking = Some(body);
    }

    /// Whether a known request of `len` bytes holds what it says, and enough of it is held to tell, or
    /// no more of it comes.
    fn is_known_whole(&self, request: &[u8], len: u32, is_cut: bool) -> bool {
        let frame = request.get(PREFIX_LEN as usize..).unwrap_or_default();
        let held = frame.get(..len as usize).unwrap_or(frame);
        // What a request without a name holds may be anything, for long.
        let enough = if plausible::is_named(request) { FIRST_HELD } else { FIRST_HELD_NAMELESS };
        let is_enough = is_cut || held.len() >= enough.min(len as usize);
        is_enough && self.is_sound(held, len)
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

/// Whether what follows at the end of a connection's first bytes is its first request, or goes on as it
/// began.
fn is_first_or_next(first: &[u8], request: &[u8]) -> bool {
    first.len() == request.len() || plausible::is_series(first, request)
}
