//! Readiness for Kafka 4 (KIP-896): which clients still use API versions that it no longer takes.
//!
//! In: events. Out: a [`Report`]. Versions are judged by the protocol's table alone. What brokers
//! send each other, and early versions, are told apart from what clients send.
//!
//! - `roster`: who sent what, within a bound
//! - `verdict`: who of them is a client, and not ready
//! - `advice`: what to upgrade
//! - `report`: the result, a document with stable field names
//! - `text`: the result for people

mod advice;
mod report;
mod roster;
#[cfg(test)]
mod tests;
mod text;
mod verdict;

use std::collections::HashMap;

use foldhash::fast::RandomState;

pub use self::report::Report;
use self::roster::{Library, Roster, Sender, earlier};
use crate::event::{Endpoint, Event, Exchange, Fetcher, Handler, Peers, Security};
use crate::protocol::api::{Api, ApiKey, Removal};
use crate::time::Timestamp;

/// How a connection begins: before its client has named a library.
const GREETINGS: [ApiKey; 3] =
    [ApiKey::API_VERSIONS, ApiKey::SASL_HANDSHAKE, ApiKey::SASL_AUTHENTICATE];

/// Collects who uses which versions.
#[derive(Debug)]
pub struct Audit {
    /// Clients that used removed versions.
    clients: Roster,
    /// Brokers and controllers that did.
    brokers: Roster,
    /// Brokers and controllers, whatever they sent.
    known_brokers: Roster,
    /// Clients that used early versions which were removed.
    early: Roster,
    /// Clients that named no library, and used no removed version.
    unnamed: Roster,
    /// Of the connections that are followed.
    libraries: HashMap<(Endpoint, Endpoint), Library, RandomState>,
    requests: u64,
    encrypted: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Audit {
    /// Nothing collected yet. Of each kind at most so many senders are told apart.
    pub fn new(max_senders: usize) -> Self {
        Self {
            clients: Roster::new(max_senders),
            brokers: Roster::new(max_senders),
            known_brokers: Roster::new(max_senders),
            early: Roster::new(max_senders),
            unnamed: Roster::new(max_senders),
            libraries: HashMap::default(),
            requests: 0,
            encrypted: 0,
            first: None,
            last: None,
        }
    }

    /// The result. `missing_bytes` passed without being seen.
    pub fn report(&self, missing_bytes: u64) -> Report {
        verdict::judge(self, missing_bytes)
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let (api, time) = (exchange.header.api(), exchange.wall_time());
        self.requests = self.requests.saturating_add(1);
        self.first = earlier(self.first, time);
        self.last = self.last.max(time);
        let version = exchange.header.api_version;
        let removal = api.key.lookup().and_then(|api| api.removal(version));
        let removed = removal.map(|_| (api, version));
        let sender = self.sender(exchange);
        if is_between_brokers(exchange) {
            if removed.is_some() {
                self.brokers.count(sender.clone(), time, removed);
            }
            return self.known_brokers.count(sender, time, removed);
        }
        match removal {
            Some(Removal::Stable) => self.clients.count(sender, time, removed),
            Some(Removal::Early) => self.early.count(sender, time, removed),
            None if sender.library.is_some() || GREETINGS.contains(&api.key) => {}
            None => self.unnamed.count(sender, time, None),
        }
    }

    fn sender(&self, exchange: &Exchange) -> Sender {
        let Peers { client, broker, .. } = exchange.peers;
        Sender {
            client_id: exchange.header.client_id.clone(),
            library: self.libraries.get(&(client, broker)).cloned(),
            address: client.addr,
            broker,
        }
    }
}

impl Handler for Audit {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Exchange(exchange) => self.exchange(exchange),
            Event::ClientSoftware { peers, software } => {
                let (name, version) = (software.name.clone(), software.version.clone());
                self.libraries.insert((peers.client, peers.broker), Library { name, version });
            }
            Event::ConnectionSecurity { is: Security::Tls, .. } => {
                self.encrypted = self.encrypted.saturating_add(1);
            }
            Event::ConnectionClosed { peers, .. } => {
                self.libraries.remove(&(peers.client, peers.broker));
            }
            _ => {}
        }
    }
}

/// Whether a broker or a controller sent it: by the API, or because it says so.
fn is_between_brokers(exchange: &Exchange) -> bool {
    let api = exchange.header.api();
    let replica = exchange.request.as_ref().and_then(|facts| facts.replica);
    api.fetcher == Fetcher::Follower
        || replica.is_some_and(|replica| replica >= 0)
        || api.key.lookup().is_some_and(Api::is_between_brokers)
}
