//! The request direction: frames in, requests in flight out.

use std::sync::Arc;

use super::inflight::Pending;
use super::{Conversation, Ear, Standing, kept, kept_part};
use crate::event::{ClientSoftware, Event, Handler, Malformed, Outcome, Security, Side};
use crate::frame::{Before, Belief, FRAME_ID_LEN, Head, Receiver, Verdict};
use crate::protocol::acks::{Acks, Found};
use crate::protocol::api::ApiKey;
use crate::protocol::body;
use crate::protocol::header::{HeadError, MIN_LEN, RequestHead, request_head};
use crate::protocol::plausible::{self, Guess};
use crate::stream::Carrier;
use crate::time::Timestamp;

/// Takes the frames of a connection's request direction.
#[derive(Debug)]
pub struct Requests<'a, 'c, H> {
    /// The connection it belongs to.
    pub ear: Ear<'a, 'c, H>,
}

/// Bytes of a request that are collected from several segments: header, and what of the body is
/// needed. A longer client id is cut there.
const MAX_HEAD: usize = 1024;
/// Bytes of the length prefix.
const PREFIX_LEN: u32 = 4;

impl<'a, 'c, H: Handler> Receiver for Requests<'a, 'c, H> {
    type Account = Ear<'a, 'c, H>;
    const ANYWHERE: bool = true;

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
        let software = software(&request);
        if software.is_none() && names_software(&request) && !is_final {
            return more;
        }
        self.begin(head, &request, software);
        if request.api_key == ApiKey::PRODUCE {
            let mut acks = Acks::in_produce(request.api_version);
            let found = acks.take(head.bytes);
            self.note_acks(found);
            self.ear.conversation.acks = (found == Found::NotYet).then(|| Box::new(acks));
        }
        Verdict::Accept
    }

    fn body(&mut self, bytes: &[u8]) {
        self.look_for_acks(|acks| acks.take(bytes));
    }

    fn missing(&mut self, len: u64) {
        self.look_for_acks(|acks| acks.miss(len));
    }

    fn end(&mut self, last: Option<Timestamp>) {
        self.ear.conversation.acks = None;
        let Some(passing) = self.ear.conversation.inflight.passing() else {
            return;
        };
        passing.last = last;
        passing.has_ended = true;
        let passing = passing.clone();
        self.ear.conversation.report_request(&passing, self.ear.ctx);
        let api_key = ApiKey(passing.api_key);
        if api_key == ApiKey::SASL_HANDSHAKE && passing.api_version == 0 {
            self.ear.conversation.raw_tokens.in_requests = true;
        }
        let (outcome, early) = if passing.is_unacknowledged {
            (Outcome::Unacknowledged, None)
        } else if let Some(early) = self.ear.conversation.take_early(&passing) {
            (Outcome::Answered, Some(early))
        } else {
            return;
        };
        if let Some(pending) = self.ear.conversation.inflight.pop_newest() {
            self.ear.conversation.end_request(&pending, outcome, early.as_ref(), self.ear.ctx);
        }
    }

    fn guess(&self, bytes: &[u8], _carrier: &Carrier) -> Guess {
        plausible::request(bytes, self.ear.ctx.limits.max_request_bytes)
    }

    fn follows(&self, _first: &[u8; FRAME_ID_LEN], next: &[u8], carrier: &Carrier) -> Guess {
        self.guess(next, carrier)
    }

    fn believe(&self, bytes: &[u8]) -> Belief {
        if self.ear.conversation.standing == Standing::Kafka {
            return Belief::Confirmed;
        }
        let mut rest = bytes;
        loop {
            match plausible::first_request(rest, self.ear.ctx.limits.max_request_bytes) {
                Guess::Known { .. } => return Belief::Confirmed,
                Guess::No => return Belief::Refused,
                Guess::More => break,
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
        self.ear.conversation.report_loss(Side::Request, reason, self.ear.ctx);
    }

    fn found_step(&mut self, before: Before) {
        if before != Before::Start && self.ear.conversation.standing == Standing::Kafka {
            let peers = self.ear.conversation.peers;
            self.ear.ctx.emit(Event::Resynchronised { peers, side: Side::Request });
        }
        self.ear.conversation.confirm(self.ear.ctx);
    }
}

impl<H: Handler> Requests<'_, '_, H> {
    fn begin(
        &mut self,
        head: &Head<'_>,
        request: &RequestHead<'_>,
        software: Option<(&str, &str)>,
    ) {
        let client_id = match request.client_id {
            Some(part) if request.is_client_id_cut => {
                (!part.is_empty()).then(|| kept_part(part).into())
            }
            whole => self.ear.conversation.intern(whole),
        };
        if let Some((name, version)) = software {
            self.learn_software(name, version, client_id.as_ref());
        }
        if matches!(request.api_key, ApiKey::SASL_HANDSHAKE | ApiKey::SASL_AUTHENTICATE) {
            self.ear.conversation.secure(Security::SaslPlaintext, self.ear.ctx);
        }
        let pending = Pending {
            api_key: request.api_key.0,
            api_version: request.api_version,
            correlation_id: request.correlation_id,
            client_id,
            bytes: head.len,
            first: head.first.time,
            last: None,
            since: self.ear.ctx.now,
            end: head.first.seq.plus(PREFIX_LEN).plus(head.len),
            has_ended: false,
            is_unacknowledged: false,
        };
        self.ear.conversation.begin_request(pending, self.ear.ctx);
    }

    fn look_for_acks(&mut self, look: impl FnOnce(&mut Acks) -> Found) {
        let Some(acks) = &mut self.ear.conversation.acks else {
            return;
        };
        let found = look(acks);
        if found != Found::NotYet {
            self.ear.conversation.acks = None;
        }
        self.note_acks(found);
    }

    fn note_acks(&mut self, found: Found) {
        if let Some(passing) = self.ear.conversation.inflight.passing() {
            passing.is_unacknowledged = found == Found::Acks(0);
        }
    }

    fn learn_software(&mut self, name: &str, version: &str, client_id: Option<&Arc<str>>) {
        if self.ear.conversation.software.is_some() {
            return;
        }
        let software = Box::new(ClientSoftware {
            name: kept(name.as_bytes()).into(),
            version: kept(version.as_bytes()).into(),
            client_id: client_id.cloned(),
        });
        let peers = self.ear.conversation.peers;
        self.ear.ctx.emit(Event::ClientSoftware { peers, software: &software });
        self.ear.conversation.software = Some(software);
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

/// The library that a request names, as far as its bytes are here.
fn software<'b>(request: &RequestHead<'b>) -> Option<(&'b str, &'b str)> {
    if !names_software(request) {
        return None;
    }
    body::client_software(request.body?)
}

fn names_software(request: &RequestHead<'_>) -> bool {
    request.api_key == ApiKey::API_VERSIONS && request.api_version >= 3
}

impl Conversation {
    /// The client id, shared with the requests before it where it is the same.
    fn intern(&mut self, client_id: Option<&[u8]>) -> Option<Arc<str>> {
        let bytes = client_id?;
        match &self.client_id {
            Some(known) if known.as_bytes() == bytes => {}
            known => {
                let text = kept(bytes);
                if known.as_deref() != Some(&text) {
                    self.client_id = Some(text.into());
                }
            }
        }
        self.client_id.clone()
    }
}
