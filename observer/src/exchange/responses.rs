//! The response direction: frames in, ended requests out.

use super::conversation::{Answer, InflightSeen};
use super::{Ear, Standing};
use crate::event::{Event, Handler, Malformed, Side};
use crate::frame::{Before, Belief, Head, Place, Receiver, Verdict};
use crate::protocol::pieces::Pieces;
use crate::protocol::plausible::Guess;
use crate::stream::{Carrier, Hole};
use crate::time::Timestamp;

/// Takes the frames of a connection's response direction.
#[derive(Debug)]
pub struct Responses<'a, 'c, H> {
    /// The connection it belongs to.
    pub ear: Ear<'a, 'c, H>,
}

/// Bytes of the smallest response: its correlation id.
pub(super) const MIN_LEN: u32 = 4;
/// Bytes of the smallest response that is looked for: each has an error code, or an array.
const MIN_BODY_LEN: u32 = 6;

impl<H> Responses<'_, '_, H> {
    /// Where the request with this id stands that a response in this packet can answer.
    fn asked(&self, id: [u8; 4], packet: &Carrier) -> Option<usize> {
        self.ear.conversation.inflight.answered_in(i32::from_be_bytes(id), packet)
    }
}

impl<H: Handler> Responses<'_, '_, H> {
    /// A frame that is a response, and where its request stands; or what else is thought of it.
    fn judge(&mut self, head: &Head<'_>) -> Result<(Answer, Option<usize>), Verdict> {
        let raw = self.ear.conversation.raw_tokens.in_responses;
        let Some(id) = head.bytes().first_chunk() else {
            return Err(match (head.is_final, raw) {
                (false, _) => Verdict::Need(MIN_LEN as usize),
                (true, true) => Verdict::Opaque,
                (true, false) => {
                    // Whose response this is was not seen.
                    self.ear.conversation.may_have_missed_responses = true;
                    Verdict::Accept
                }
            });
        };
        let correlation_id = i32::from_be_bytes(*id);
        let asked = self.asked(*id, &head.first);
        if asked.is_none() && raw {
            return Err(Verdict::Opaque);
        }
        if asked.is_none() && head.len > self.ear.ctx.limits.max_request_bytes {
            return Err(Verdict::Reject(Malformed::LengthTooLarge));
        }
        self.ear.conversation.raw_tokens.in_responses = false;
        let response = Answer {
            correlation_id,
            bytes: head.len,
            first: head.first,
            last: None,
            before: self.ear.conversation.before,
            is_ambiguous: false,
        };
        Ok((response, asked))
    }
}

impl<'a, 'c, H: Handler> Receiver for Responses<'a, 'c, H> {
    type Account = Ear<'a, 'c, H>;
    /// Their ids are those of requests in flight, whatever their length.
    const FAR: u32 = u32::MAX;

    fn account(&mut self) -> &mut Self::Account {
        &mut self.ear
    }

    fn length(&self, prefix: i32) -> Result<u32, Malformed> {
        let min = if self.ear.conversation.raw_tokens.in_responses { 0 } else { MIN_LEN };
        u32::try_from(prefix).ok().filter(|len| *len >= min).ok_or(Malformed::LengthTooSmall)
    }

    fn head(&mut self, head: &Head<'_>) -> Verdict {
        match self.judge(head) {
            Ok((response, asked)) => {
                self.ear.conversation.begin_response(response, asked, self.ear.ctx);
                self.body(head.pieces.behind(MIN_LEN as usize));
                Verdict::Accept
            }
            Err(verdict) => verdict,
        }
    }

    fn whole(&mut self, head: &Head<'_>, last: Option<Timestamp>) -> Verdict {
        match self.judge(head) {
            Ok((response, asked)) => {
                let pieces = head.pieces.behind(MIN_LEN as usize);
                let response = Answer { last, ..response };
                self.ear.conversation.take_response(response, asked, pieces, self.ear.ctx);
            }
            Err(Verdict::Accept) => self.end(last),
            Err(verdict) => return verdict,
        }
        Verdict::Accept
    }

    fn body(&mut self, pieces: Pieces<'_>) {
        self.ear.body(Side::Response, pieces);
    }

    fn missing(&mut self, hole: Hole, len: u64) {
        self.ear.missing(Side::Response, hole, len);
    }

    fn end(&mut self, last: Option<Timestamp>) {
        self.ear.conversation.end_followed_response(last, self.ear.ctx);
    }

    /// Where ids do not ascend, looking for one at every byte would take long.
    fn looks_inside(&self) -> bool {
        self.ear.conversation.inflight.is_ascending()
    }

    fn followers(&self, _head: &[u8], place: Place) -> Option<u8> {
        Some(match place {
            Place::Filling => 0,
            Place::Start => 1,
            // They come in a known order: two numbers may do so by chance.
            Place::Inside => 2,
        })
    }

    fn is_certain(&self, _head: &[u8], _place: Place) -> bool {
        true
    }

    fn is_sound(&self, held: &[u8], len: u32) -> bool {
        let Some((id, behind)) = held.split_first_chunk() else { return false };
        let inflight = &self.ear.conversation.inflight;
        let asked = inflight.position(i32::from_be_bytes(*id)).and_then(|at| inflight.get(at));
        asked.is_some_and(|asked| asked.may_be_answered_by(len.saturating_sub(MIN_LEN), behind))
    }

    fn guess(&self, bytes: &[u8], carrier: &Carrier) -> Guess {
        let Some((prefix, frame)) = bytes.split_first_chunk() else {
            return Guess::More;
        };
        let Ok(len) = u32::try_from(i32::from_be_bytes(*prefix)) else {
            return Guess::No;
        };
        if len < MIN_BODY_LEN {
            return Guess::No;
        }
        match frame.first_chunk() {
            None => Guess::More,
            Some(id) => match self.asked(*id, carrier) {
                Some(_) => Guess::Known { len },
                None => Guess::Unknown { len },
            },
        }
    }

    fn follows(&self, first: &[u8], next: &[u8], carrier: &Carrier) -> Guess {
        let found = self.guess(next, carrier);
        let id = |bytes: &[u8]| bytes.get(4..)?.first_chunk().copied();
        let (Guess::Known { .. }, Some(first), Some(next)) = (found, id(first), id(next)) else {
            return found;
        };
        // Brokers answer in order, so the next response is the next request's.
        let position =
            |id: [u8; 4]| self.ear.conversation.inflight.position(i32::from_be_bytes(id));
        let expected = position(first).and_then(|p| p.checked_add(1));
        if position(next) == expected { found } else { Guess::No }
    }

    fn believe(&self, _bytes: &[u8], _is_cut: bool) -> Belief {
        if self.ear.conversation.standing == Standing::Kafka {
            Belief::Confirmed
        } else {
            Belief::Open
        }
    }

    fn lost_step(&mut self, reason: Option<Malformed>) {
        self.ear.conversation.end_response(None, self.ear.ctx);
        self.ear.conversation.may_have_missed_responses = true;
        // Which of those with the same id are still in flight is not known any more.
        self.ear.conversation.inflight_seen = InflightSeen::Part;
        self.ear.conversation.report_loss(Side::Response, reason, self.ear.ctx);
    }

    fn found_step(&mut self, before: Before) {
        self.ear.conversation.before = before;
        if before != Before::Start {
            self.ear.conversation.may_have_missed_responses = true;
            if !self.ear.conversation.may_answer_unseen {
                let peers = self.ear.conversation.peers;
                self.ear.ctx.emit(Event::Resynchronised { peers, side: Side::Response });
            }
        }
    }
}
