//! Clients and brokers: requests in, which of the two sent each out. The audit and the metrics of
//! removed versions (KIP-896) both ask here, so that they count the same.
//!
//! Most requests tell by their API, or by the replica that they name. The others wait until their
//! sender tells by another one: a follower asks for epochs before it first fetches.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::event::{Fetcher, Request, RequestHeader};
use crate::protocol::api::{Api, ApiKey};

/// How a connection begins, whoever opened it.
pub const GREETINGS: [ApiKey; 3] =
    [ApiKey::API_VERSIONS, ApiKey::SASL_HANDSHAKE, ApiKey::SASL_AUTHENTICATE];

/// Brokers that are told apart, and requests that wait for their sender to show what it is: as many as
/// no cluster has.
pub const MAX_SENDERS: usize = 10_000;

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A client.
    Client,
    /// A broker or a controller.
    Broker,
}

/// Who is a broker, and requests (`T` for each) of senders that have not told yet.
#[derive(Clone, Debug)]
pub struct Parties<T> {
    brokers: HashSet<Who, RandomState>,
    undecided: HashMap<Who, Vec<Waiting<T>>, RandomState>,
    waiting: usize,
    max: usize,
    overflow: usize,
}

/// What a request told.
#[derive(Debug)]
struct Told<T> {
    /// Who sent it; `None` where that is not known yet.
    party: Option<Party>,
    /// Earlier requests that were sent by the same.
    earlier: Vec<T>,
}

/// Client id and address. A sender without an id is told by nothing but its request: others at its
/// address may have none either.
type Who = (Arc<str>, [u8; 16]);

#[derive(Clone, Debug)]
struct Waiting<T> {
    what: T,
    is_old: bool,
}

impl<T> Parties<T> {
    /// Nobody is known yet; at most `max` brokers will be, and as many requests wait.
    pub fn new(max: usize) -> Self {
        let (brokers, undecided) = (HashSet::default(), HashMap::default());
        Self { brokers, undecided, waiting: 0, max, overflow: 0 }
    }

    /// Takes a request, and what to keep of it where its sender matters; gives that sender, `None` where
    /// it is not known yet, and what is known now of this request and of earlier ones.
    pub fn attribute(
        &mut self,
        request: &Request,
        what: Option<T>,
    ) -> (Option<Party>, Vec<(Party, T)>) {
        let Told { party, earlier } = self.see(request);
        // Where nobody is known, nothing earlier is told, and what finds no room is a client's.
        let sender = party.unwrap_or(Party::Client);
        let what = match (party, what) {
            (None, Some(what)) => self.wait(request, what),
            (_, what) => what,
        };
        (party, earlier.into_iter().chain(what).map(|what| (sender, what)).collect())
    }

    /// Whether a request says that it is a client's, and tells of no earlier one.
    pub fn knows_sender(&self, request: &Request) -> bool {
        self.awaits_nobody() && said(request) == Some(Party::Client)
    }

    /// Whether no request waits for its sender to show what it is.
    pub fn awaits_nobody(&self) -> bool {
        self.undecided.is_empty()
    }

    fn see(&mut self, request: &Request) -> Told<T> {
        if self.knows_sender(request) {
            return Told { party: Some(Party::Client), earlier: Vec::new() };
        }
        let said = said(request);
        let Some(who) = who(request) else {
            // Rather a client too many than one that is not seen.
            return Told { party: said.or(Some(Party::Client)), earlier: Vec::new() };
        };
        let earlier = match said {
            Some(_) => self.take(&who),
            None => Vec::new(),
        };
        let party = match said {
            None => self.brokers.contains(&who).then_some(Party::Broker),
            Some(_) => said,
        };
        if said == Some(Party::Broker) {
            self.remember(who);
        }
        Told { party, earlier }
    }

    /// Keeps a request until its sender tells. Where there is no room it is given back, as a client's.
    fn wait(&mut self, request: &Request, what: T) -> Option<T> {
        let Some(who) = who(request) else {
            return Some(what);
        };
        if self.waiting >= self.max {
            self.overflow = self.overflow.saturating_add(1);
            return Some(what);
        }
        self.waiting = self.waiting.saturating_add(1);
        self.undecided.entry(who).or_default().push(Waiting { what, is_old: false });
        None
    }

    /// Gives back, as clients', those that waited at the last sweep already.
    pub fn sweep(&mut self) -> Vec<T> {
        let mut old = Vec::new();
        for requests in self.undecided.values_mut() {
            old.extend(requests.extract_if(.., |request| request.is_old).map(|old| old.what));
            for request in requests {
                request.is_old = true;
            }
        }
        self.undecided.retain(|_, requests| !requests.is_empty());
        self.waiting = self.waiting.saturating_sub(old.len());
        old
    }

    /// No more will come: gives back, as clients', all that wait.
    pub fn settle(&mut self) -> Vec<T> {
        self.waiting = 0;
        let all = std::mem::take(&mut self.undecided);
        all.into_values().flatten().map(|request| request.what).collect()
    }

    /// Whether it was a broker that sent something by this client id and from this address.
    pub fn is_broker(&self, client_id: Option<&Arc<str>>, address: [u8; 16]) -> bool {
        client_id.is_some_and(|id| self.brokers.contains(&(id.clone(), address)))
    }

    /// How often there was no room.
    pub const fn overflow(&self) -> usize {
        self.overflow
    }

    fn take(&mut self, who: &Who) -> Vec<T> {
        let taken = self.undecided.remove(who).unwrap_or_default();
        self.waiting = self.waiting.saturating_sub(taken.len());
        taken.into_iter().map(|request| request.what).collect()
    }

    fn remember(&mut self, who: Who) {
        if self.brokers.len() < self.max {
            self.brokers.insert(who);
        } else if !self.brokers.contains(&who) {
            self.overflow = self.overflow.saturating_add(1);
        }
    }
}

fn who(request: &Request) -> Option<Who> {
    let id = request.header.client_id.as_ref().filter(|id| !id.is_empty())?;
    Some((id.clone(), request.peers.client.addr))
}

/// What a request says of its sender.
fn said(request: &Request) -> Option<Party> {
    said_by(&request.header, request.replica)
}

/// The same, by its header and the replica that it names.
pub fn said_by(header: &RequestHeader, replica: Option<i32>) -> Option<Party> {
    let api = header.api();
    let is_replica = replica.map(|replica| replica >= 0);
    let is_between_brokers = api.key.lookup().is_some_and(Api::is_between_brokers);
    if api.fetcher == Fetcher::Follower || is_replica == Some(true) || is_between_brokers {
        return Some(Party::Broker);
    }
    let is_open = match api.key {
        ApiKey::FETCH => api.fetcher == Fetcher::Unknown,
        ApiKey::LIST_OFFSETS | ApiKey::OFFSET_FOR_LEADER_EPOCH => is_replica.is_none(),
        key => GREETINGS.contains(&key),
    };
    (!is_open).then_some(Party::Client)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::samples::request;

    fn of(client_id: &str, key: ApiKey, replica: Option<i32>) -> Request {
        let mut request = request(client_id);
        (request.header.api_key, request.replica) = (key.0, replica);
        request
    }

    #[test]
    fn a_request_that_tells_nothing_waits_for_one_that_does() {
        let mut parties = Parties::new(9);
        let [epochs, fetch] = [ApiKey::OFFSET_FOR_LEADER_EPOCH, ApiKey::FETCH];
        for (id, replica, party) in [("1", 1, Party::Broker), ("a", -1, Party::Client)] {
            assert_eq!(parties.see(&of(id, epochs, None)).party, None);
            assert_eq!(parties.wait(&of(id, epochs, None), id), None);
            let mut telling = of(id, fetch, Some(replica));
            if replica < 0 {
                telling.header.fetcher = Fetcher::Consumer;
            }
            let told = parties.see(&telling);
            assert_eq!((told.party, told.earlier), (Some(party), vec![id]));
        }
        assert_eq!(parties.see(&of("1", epochs, None)).party, Some(Party::Broker));
        assert_eq!(parties.see(&of("a", epochs, None)).party, None);
    }

    #[test]
    fn what_waits_long_or_finds_no_room_is_a_clients() {
        let mut parties = Parties::new(1);
        let request = of("a", ApiKey::OFFSET_FOR_LEADER_EPOCH, None);
        assert_eq!(parties.wait(&request, 1), None);
        assert_eq!((parties.wait(&request, 2), parties.overflow()), (Some(2), 1));
        assert!(parties.sweep().is_empty());
        assert_eq!(parties.sweep(), [1]);
        assert_eq!(parties.wait(&request, 3), None);
        assert_eq!(parties.settle(), [3]);
    }

    #[test]
    fn who_has_no_name_is_not_hidden_by_a_broker_without_one() {
        let mut parties = Parties::<()>::new(9);
        let mut nameless = of("", ApiKey::CONTROLLED_SHUTDOWN, None);
        nameless.header.client_id = None;
        assert_eq!(parties.see(&nameless).party, Some(Party::Broker));
        nameless.header.api_key = ApiKey::OFFSET_FOR_LEADER_EPOCH.0;
        assert_eq!(parties.see(&nameless).party, Some(Party::Client));
    }
}
