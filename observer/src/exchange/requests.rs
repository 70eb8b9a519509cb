//! The request direction: frames in, requests in flight out.

use super::conversation::InflightSeen;
use super::{Ear, Standing};
use crate::event::{Event, Handler, Malformed, Side};
use crate::frame::{Before, Belief, Head, PREFIX_LEN, Place, Receiver, Verdict};
use crate::protocol::api::{Api, ApiKey};
use crate::protocol::header::{MIN_LEN, request_head};
use crate::protocol::pieces::Pieces;
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

/// Bytes of a connection's first request that are waited for, where it has so many.
const FIRST_HELD: usize = 1 << 10;
const FIRST_HELD_NAMELESS: usize = 32 << 10;

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
        match self.judge(head) {
            Ok(request) => {
                self.begin(head, &request);
                Verdict::Accept
            }
            Err(verdict) => verdict,
        }
    }

    fn whole(&mut self, head: &Head<'_>, last: Option<Timestamp>) -> Verdict {
        match self.judge(head) {
            Ok(request) => self.take(head, &request, last),
            Err(Verdict::Accept) => self.end(last),
            Err(verdict) => return verdict,
        }
        Verdict::Accept
    }

    fn body(&mut self, pieces: Pieces<'_>) {
        self.ear.body(Side::Request, pieces);
    }

    fn missing(&mut self, hole: Hole, len: u64) {
        self.ear.missing(Side::Request, hole, len);
    }

    fn end(&mut self, last: Option<Timestamp>) {
        let facts = self.ear.conversation.end_asking(self.ear.ctx);
        self.finish(facts, last);
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
}

/// Whether what follows at the end of a connection's first bytes is its first request, or goes on as it
/// began.
fn is_first_or_next(first: &[u8], request: &[u8]) -> bool {
    first.len() == request.len() || plausible::is_series(first, request)
}
