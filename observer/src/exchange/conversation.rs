//! What one connection's frames have said so far, and how its requests end.

use std::sync::Arc;

use super::Context;
use super::inflight::{Inflight, Pending};
use super::standing::Standing;
use super::talk::Talk;
use super::waiting::Waiting;
use crate::decode::Body;
use crate::event::{Event, Handler, Outcome, Peers, Security, Side, Unmatched};
use crate::frame::Before;
use crate::stream::Carrier;
use crate::time::Timestamp;

/// A connection's state above its frames.
#[derive(Debug)]
pub struct Conversation {
    pub(super) peers: Peers,
    pub(super) inflight: Inflight,
    pub(super) standing: Standing,
    /// Joined in mid-stream, and no request was answered for certain yet.
    pub(super) may_answer_unseen: bool,
    pub(super) inflight_seen: InflightSeen,
    /// The newest client id, shared by the requests that carry it.
    pub(super) client_id: Option<Arc<str>>,
    /// Key and version, as they stand in the header, of the newest request that no table knows.
    pub(super) unknown: Option<[u8; 4]>,
    pub(super) library: Library,
    pub(super) security: Security,
    pub(super) raw_tokens: RawTokens,
    /// The body of the request whose frame is passing now.
    pub(super) asking: Option<Box<Body>>,
    /// The response whose frame is passing now; in a place of its own, as mostly none is.
    pub(super) answering: Option<Box<Answering>>,
    /// The frame before the next response.
    pub(super) before: Before,
    /// Whole responses may have passed unseen.
    pub(super) may_have_missed_responses: bool,
    /// The request direction has a hole that the broker has read past.
    pub(super) is_request_side_behind: bool,
    /// Responses of which it is not known yet whose they are, while there are any.
    pub(super) waiting: Option<Box<Waiting>>,
    /// The requests' step was found by a search, and none was answered since: times that the client
    /// talked again, with a whole request where it should be amid one.
    pub(super) doubtful_turns: Option<u8>,
    /// What speaks for and against its being Kafka, as long as that is not known.
    pub(super) talk: Talk,
}

/// Whether it is known which requests are in flight: none but those that were seen and not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InflightSeen {
    All,
    Part,
}

/// Whether the client has named its library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Library {
    Unnamed,
    Named,
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
    pub(super) request: Option<Box<Pending>>,
    pub(super) response: Answer,
    /// Its body, if its request is known.
    pub(super) body: Option<Box<Body>>,
}

/// A response, without what its body says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) correlation_id: i32,
    pub(super) bytes: u32,
    /// The packet that carried its first byte.
    pub(super) first: Carrier,
    /// When its last byte passed, if that was seen and has a time.
    pub(super) last: Option<Timestamp>,
    pub(super) before: Before,
    /// It may as well answer a request that was not seen, as the one with its id.
    pub(super) is_ambiguous: bool,
}

impl Conversation {
    /// A connection just seen; `is_midstream` when not from its SYN.
    pub fn new(peers: Peers, is_midstream: bool) -> Self {
        Self {
            peers,
            inflight: Inflight::default(),
            standing: Standing::Unproven,
            may_answer_unseen: is_midstream,
            inflight_seen: if is_midstream { InflightSeen::Part } else { InflightSeen::All },
            client_id: None,
            unknown: None,
            library: Library::Unnamed,
            security: Security::Unknown,
            raw_tokens: RawTokens::default(),
            asking: None,
            answering: None,
            before: if is_midstream { Before::Unseen } else { Before::Start },
            may_have_missed_responses: false,
            is_request_side_behind: false,
            waiting: None,
            doubtful_turns: None,
            talk: Talk::default(),
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

    /// Says whether the request direction has a hole that the broker has read past; when it has no
    /// longer, responses that came early and found no request are unmatched.
    #[inline]
    pub fn set_request_side_behind<H: Handler>(
        &mut self,
        is_behind: bool,
        ctx: &mut Context<'_, H>,
    ) {
        let was_behind = std::mem::replace(&mut self.is_request_side_behind, is_behind);
        if was_behind && !is_behind {
            self.answer_all_early(ctx);
        }
    }

    #[inline(never)]
    fn answer_all_early<H: Handler>(&mut self, ctx: &mut Context<'_, H>) {
        for early in self.take_all_early() {
            self.answer(&early, ctx);
        }
    }

    /// Gives up requests that have waited too long.
    pub fn expire<H: Handler>(&mut self, ctx: &mut Context<'_, H>) {
        let age = u64::try_from(ctx.limits.expiry.as_nanos()).unwrap_or(u64::MAX);
        let before = Timestamp(ctx.now.0.saturating_sub(age));
        if self.first().is_some_and(|first| first.is_older(before)) {
            self.end_first(ctx);
        }
        while let Some(pending) = self.inflight.pop_older(before) {
            self.remember(&pending, Unmatched::Late, ctx);
            self.end_request(pending, Outcome::Expired, None, ctx);
        }
    }

    /// Ends what is in flight: the connection, or the capture, is over.
    pub fn finish<H: Handler>(&mut self, outcome: Outcome, ctx: &mut Context<'_, H>) {
        self.set_request_side_behind(false, ctx);
        self.end_response(None, ctx);
        self.end_first(ctx);
        while let Some(pending) = self.inflight.pop_oldest() {
            self.end_request(pending, outcome, None, ctx);
        }
    }

    /// Says that the connection is no longer followed.
    pub fn close<H: Handler>(&mut self, ctx: &mut Context<'_, H>) {
        ctx.emit(Event::ConnectionClosed { peers: self.peers, security: self.security });
    }

    /// The body of the message that is passing, if its layout is known.
    #[inline]
    pub(super) fn passing(&mut self, side: Side) -> Option<&mut Body> {
        match side {
            Side::Request => self.asking.as_deref_mut(),
            Side::Response => self.answering.as_mut()?.body.as_deref_mut(),
        }
    }

    /// How many of the next bytes of the message that is passing are passed over in any case; there may be
    /// fewer.
    pub fn unneeded(&mut self, side: Side) -> u32 {
        self.passing(side).map_or(u32::MAX, |body| body.unneeded())
    }

    pub(super) fn secure<H: Handler>(&mut self, is: Security, ctx: &mut Context<'_, H>) {
        let was = std::mem::replace(&mut self.security, is);
        if was != is {
            ctx.emit(Event::ConnectionSecurity { peers: self.peers, was, is });
        }
    }
}
