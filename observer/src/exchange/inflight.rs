//! Requests in flight on one connection, oldest first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::decode::{Facts, Forwarded};
use crate::event::{ClientSoftware, Fetcher, RequestHeader, Seq, Side, Unmatched};
use crate::protocol::api::ApiKey;
use crate::protocol::machine::Wrapped;
use crate::protocol::whole::fits;
use crate::stream::Carrier;
use crate::time::Timestamp;

/// What the requests before one say about its correlation id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// None was seen.
    Nothing,
    /// One of them may have it as well.
    Repeated,
    /// It goes on from theirs.
    Other,
}

/// A request whose header was decoded and whose end has not come.
#[derive(Debug)]
pub struct Pending {
    pub(super) api_key: i16,
    pub(super) api_version: i16,
    pub(super) correlation_id: i32,
    pub(super) behind: Behind,
    /// Requests behind it were lost while it was in flight.
    pub(super) is_before_loss: bool,
    pub(super) client_id: Option<Arc<str>>,
    pub(super) bytes: u32,
    /// When its first and last bytes passed, where they were seen and have a time.
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    /// When it came, by the clock that expiry goes by.
    pub(super) since: Timestamp,
    /// Sequence number behind its last byte.
    pub(super) end: Seq,
    /// Its frame has ended.
    pub(super) has_ended: bool,
    /// What its body says, when its frame has ended.
    pub(super) facts: Option<Box<Facts>>,
    /// Memory charged for them, in bytes.
    pub(super) charged: usize,
}

impl Pending {
    /// Whether a response that begins in this packet can be its answer: a broker answers what it
    /// has read, so the packet acknowledges the whole request. Where there is no acknowledgment, what
    /// passed more than `slack` before any of the request is no answer to it.
    pub(super) fn may_be_answered_in(&self, packet: &Carrier, slack: Duration) -> bool {
        if let Some(ack) = packet.ack {
            return !self.end.is_after(ack);
        }
        // Parts of the request may be seen late, by another queue.
        let asked = self.first.into_iter().chain(self.last).min();
        match (asked, packet.time) {
            (Some(asked), Some(time)) => asked <= time.plus(slack),
            _ => true,
        }
    }

    /// Whether what is held of `len` bytes, behind the correlation id, is an answer to it by its layout;
    /// also where the layout is not known, or not certain.
    pub(super) fn may_be_answered_by(&self, len: u32, held: &[u8]) -> bool {
        let api_key = ApiKey(self.api_key);
        // A broker that does not know the version answers in another (KIP-511).
        api_key == ApiKey::API_VERSIONS
            || fits(api_key, Side::Response, self.api_version, len, held) != Some(false)
    }

    /// Produce with acks=0: there will be no response.
    pub(super) fn is_unacknowledged(&self) -> bool {
        ApiKey(self.api_key) == ApiKey::PRODUCE
            && self.facts.as_ref().is_some_and(|facts| facts.acks == Some(0))
    }

    /// The library that it names.
    pub(super) fn software(&self) -> Option<Box<ClientSoftware>> {
        let (name, version) = *self.facts.as_ref()?.software.clone()?;
        Some(Box::new(ClientSoftware { name, version, client_id: self.client_id.clone() }))
    }

    /// Who fetches: from version 15 on consumers leave the field out (KIP-903).
    fn fetcher(&self) -> Fetcher {
        let Some(facts) = self.facts.as_ref().filter(|_| ApiKey(self.api_key) == ApiKey::FETCH)
        else {
            return Fetcher::Unknown;
        };
        match facts.replica {
            Some(replica) if replica >= 0 => Fetcher::Follower,
            None if facts.undecoded.is_some() => Fetcher::Unknown,
            _ => Fetcher::Consumer,
        }
    }

    /// The request inside it (Envelope).
    pub(super) fn wrapped(&self) -> Option<Wrapped> {
        let forwarded = self.facts.as_ref()?.forwarded.as_ref()?;
        let Forwarded { api_key, api_version, .. } = **forwarded;
        Some(Wrapped { api_key, api_version })
    }

    /// How many ids it lies behind another; they wrap.
    fn ids_behind(&self, other: &Self) -> u32 {
        self.correlation_id.wrapping_sub(other.correlation_id).cast_unsigned()
    }

    /// Its header, which takes the client id away.
    pub(super) fn take_header(&mut self) -> RequestHeader {
        RequestHeader {
            api_key: self.api_key,
            api_version: self.api_version,
            correlation_id: self.correlation_id,
            client_id: self.client_id.take(),
            fetcher: self.fetcher(),
        }
    }
}

/// The queue, and the ids that recently left it without an answer.
#[derive(Debug, Default)]
pub(super) struct Inflight {
    queue: VecDeque<Box<Pending>>,
    /// Each id is larger than the one before it, counted from the oldest.
    is_ascending: bool,
    /// The first id, and how far they have come, if there were any.
    first_id: i32,
    highest_id: i32,
    had_any: bool,
    /// They came back to the first: any may come again.
    goes_round: bool,
    unanswered: VecDeque<(i32, Unmatched)>,
}

/// How far an id lies behind the highest that may be one of those in flight: ids that wrap lie further.
const MAX_BEHIND: i32 = 4096;
/// Places kept in an empty queue.
const KEPT: usize = 8;
/// Unanswered ids remembered, to tell why a late response has no request.
const REMEMBERED: usize = 64;

impl Inflight {
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn push(&mut self, pending: Box<Pending>) {
        let id = pending.correlation_id;
        match pending.behind {
            Behind::Nothing => (self.first_id, self.highest_id, self.had_any) = (id, id, true),
            Behind::Repeated => self.goes_round |= id == self.first_id,
            Behind::Other => self.highest_id = id,
        }
        self.is_ascending = match (self.queue.front(), self.queue.back()) {
            (Some(front), Some(back)) => {
                self.is_ascending && back.ids_behind(front) < pending.ids_behind(front)
            }
            _ => true,
        };
        if self.queue.capacity() == 0 {
            // Most connections wait for one answer at most; who sends more has more room soon.
            self.queue.reserve_exact(1);
        }
        self.queue.push_back(pending);
    }

    /// Requests behind these were lost.
    pub(super) fn note_loss(&mut self) {
        for request in &mut self.queue {
            request.is_before_loss = true;
        }
    }

    /// What those that were seen say about the id of the next.
    pub(super) fn behind(&self, correlation_id: i32) -> Behind {
        match self.highest_id.wrapping_sub(correlation_id) {
            _ if !self.had_any => Behind::Nothing,
            _ if self.goes_round => Behind::Repeated,
            0..=MAX_BEHIND => Behind::Repeated,
            _ => Behind::Other,
        }
    }

    /// Whether another request behind this position has the same id.
    pub(super) fn is_twice(&self, position: usize) -> bool {
        let mut behind = self.queue.iter().skip(position);
        let id = behind.next().map(|request| request.correlation_id);
        behind.any(|request| Some(request.correlation_id) == id)
    }

    /// Whether ids ascend, so that they are found quickly.
    pub(super) fn is_ascending(&self) -> bool {
        self.is_ascending
    }

    /// The request at this position.
    pub(super) fn get(&self, position: usize) -> Option<&Pending> {
        self.queue.get(position).map(Box::as_ref)
    }

    /// The request whose frame is passing now.
    pub(super) fn passing(&mut self) -> Option<&mut Pending> {
        self.newest_mut().filter(|p| !p.has_ended)
    }

    pub(super) fn newest(&self) -> Option<&Pending> {
        self.queue.back().map(Box::as_ref)
    }

    pub(super) fn newest_mut(&mut self) -> Option<&mut Pending> {
        self.queue.back_mut().map(Box::as_mut)
    }

    pub(super) fn pop_newest(&mut self) -> Option<Box<Pending>> {
        let newest = self.queue.pop_back();
        self.shrink();
        newest
    }

    pub(super) fn pop_oldest(&mut self) -> Option<Box<Pending>> {
        let oldest = self.queue.pop_front();
        self.shrink();
        oldest
    }

    /// Takes the oldest if it is older than `before`.
    pub(super) fn pop_older(&mut self, before: Timestamp) -> Option<Box<Pending>> {
        self.queue.front().is_some_and(|p| p.since < before).then(|| self.pop_oldest())?
    }

    /// Where the oldest request with this id stands in the queue.
    pub(super) fn position(&self, correlation_id: i32) -> Option<usize> {
        let first = self.queue.front()?.correlation_id;
        if first == correlation_id {
            // As it nearly always is: brokers answer in order.
            return Some(0);
        }
        if self.is_ascending {
            let ahead = correlation_id.wrapping_sub(first).cast_unsigned();
            let front = self.queue.front()?;
            return self.queue.binary_search_by_key(&ahead, |p| p.ids_behind(front)).ok();
        }
        self.queue.iter().position(|p| p.correlation_id == correlation_id)
    }

    /// Where the oldest request with this id stands, if a response in this packet can answer it.
    pub(super) fn answered_in(&self, correlation_id: i32, packet: &Carrier) -> Option<usize> {
        let position = self.position(correlation_id)?;
        self.queue.get(position).filter(|p| p.may_be_answered_in(packet, Duration::ZERO))?;
        Some(position)
    }

    /// Whether the frame of the request at this position has ended.
    pub(super) fn has_ended(&self, position: usize) -> bool {
        self.queue.get(position).is_some_and(|p| p.has_ended)
    }

    pub(super) fn remove(&mut self, position: usize) -> Option<Box<Pending>> {
        let removed =
            if position == 0 { self.queue.pop_front() } else { self.queue.remove(position) };
        self.shrink();
        removed
    }

    /// A burst is no reason to keep its memory.
    fn shrink(&mut self) {
        if self.queue.is_empty() {
            self.queue.shrink_to(KEPT);
        }
    }

    /// Remembers an id that left without an answer. Returns whether another was forgotten for it.
    pub(super) fn remember(&mut self, correlation_id: i32, reason: Unmatched) -> bool {
        let is_full = self.unanswered.len() >= REMEMBERED;
        if is_full {
            self.unanswered.pop_front();
        }
        self.unanswered.push_back((correlation_id, reason));
        is_full
    }

    /// Why an id that is not in flight left, if it is remembered.
    pub(super) fn recall(&mut self, correlation_id: i32) -> Option<Unmatched> {
        let position = self.unanswered.iter().position(|(id, _)| *id == correlation_id)?;
        self.unanswered.remove(position).map(|(_, reason)| reason)
    }
}
