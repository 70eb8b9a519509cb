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
use crate::event::{ApiName, Endpoint, Event, Handler, Peers, Request, Security};
use crate::ledger::Ledger;
use crate::protocol::api::Removal;
use crate::sink::parties::{GREETINGS, MAX_SENDERS, Parties, Party};
use crate::time::Timestamp;

/// Bytes in which requests may have been that were not read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unread {
    /// Passed without being seen.
    pub missing_bytes: u64,
    /// Seen, and not usable: frame boundaries were not known, or too much was waiting.
    pub unusable_bytes: u64,
}

impl Unread {
    /// Of a pipeline; further bytes were lost before they came to it.
    pub fn new(ledger: &Ledger, lost_bytes: u64) -> Self {
        let gaps = ledger.gaps.iter().fold(lost_bytes, |sum, bytes| sum.saturating_add(*bytes));
        let unusable_bytes = ledger.discarded.saturating_add(ledger.unsynchronised);
        Self { missing_bytes: gaps, unusable_bytes }
    }
}

/// A request of a version that was removed.
#[derive(Clone, Debug)]
struct Removed {
    sender: Sender,
    time: Option<Timestamp>,
    api: ApiName,
    version: i16,
    kind: Removal,
}

/// Collects who uses which versions.
#[derive(Clone, Debug)]
pub struct Audit {
    /// Clients that used removed versions.
    clients: Roster,
    /// Brokers and controllers that did.
    brokers: Roster,
    /// Who is a broker, and requests of removed versions whose sender has not shown what it is.
    parties: Parties<Removed>,
    /// Clients that used early versions which were removed.
    early: Roster,
    /// Clients that named no library, and used no removed version.
    unnamed: Roster,
    /// Of the connections that are followed.
    libraries: HashMap<(Endpoint, Endpoint), Library, RandomState>,
    requests: u64,
    encrypted: u64,
    /// Connections of which it is not known, or was not until they ended, what is spoken on them.
    obscure: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Audit {
    /// Nothing collected yet. Of each kind at most so many senders are told apart; a list that is short
    /// makes no client of a broker.
    pub fn new(max_senders: usize) -> Self {
        Self {
            clients: Roster::new(max_senders),
            brokers: Roster::new(max_senders),
            parties: Parties::new(max_senders.max(MAX_SENDERS)),
            early: Roster::new(max_senders),
            unnamed: Roster::new(max_senders),
            libraries: HashMap::default(),
            requests: 0,
            encrypted: 0,
            obscure: 0,
            first: None,
            last: None,
        }
    }

    /// The result.
    pub fn report(&self, unread: Unread) -> Report {
        let mut settled = self.clone();
        for removed in settled.parties.settle() {
            settled.count(Party::Client, removed);
        }
        verdict::judge(&settled, unread)
    }

    fn request(&mut self, request: &Request) {
        let (api, version) = (request.header.api(), request.header.api_version);
        let time = request.wall_time();
        self.requests = self.requests.saturating_add(1);
        self.first = earlier(self.first, time);
        self.last = self.last.max(time);
        let removal = api.key.lookup().and_then(|api| api.removal(version));
        let sender = self.sender(request);
        let is_nameless =
            removal.is_none() && sender.library.is_none() && !GREETINGS.contains(&api.key);
        let removed =
            removal.map(|kind| Removed { sender: sender.clone(), time, api, version, kind });
        let (party, known) = self.parties.attribute(request, removed);
        for (party, removed) in known {
            self.count(party, removed);
        }
        self.forwarded(request);
        if is_nameless && party != Some(Party::Broker) {
            self.unnamed.count(sender, time, None);
        }
    }

    /// Judges the request that a broker forwards for a client. Of that client only the id is told.
    fn forwarded(&mut self, request: &Request) {
        let Some(Request { header, peers, .. }) = &request.inner() else { return };
        let (api, version) = (header.api(), header.api_version);
        let Some(known) = api.key.lookup() else { return };
        let Some(kind) = known.removal(version) else { return };
        let party = if known.is_between_brokers() { Party::Broker } else { Party::Client };
        let (client_id, address) = (header.client_id.clone(), peers.client.addr);
        let sender = Sender { client_id, library: None, address, broker: peers.broker };
        let time = request.wall_time();
        self.count(party, Removed { sender, time, api, version, kind });
    }

    fn count(&mut self, party: Party, removed: Removed) {
        let Removed { sender, time, api, version, kind } = removed;
        let roster = match (party, kind) {
            (Party::Broker, _) => &mut self.brokers,
            (Party::Client, Removal::Stable) => &mut self.clients,
            (Party::Client, Removal::Early) => &mut self.early,
        };
        roster.count(sender, time, Some((api, version)));
    }

    fn sender(&self, request: &Request) -> Sender {
        let Peers { client, broker, .. } = request.peers;
        Sender {
            client_id: request.header.client_id.clone(),
            library: self.libraries.get(&(client, broker)).cloned(),
            address: client.addr,
            broker,
        }
    }
}

impl Handler for Audit {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Request(request) => self.request(request),
            Event::ClientSoftware { peers, software } => {
                let (name, version) = (software.name.clone(), software.version.clone());
                self.libraries.insert((peers.client, peers.broker), Library { name, version });
            }
            Event::ConnectionOpened(_) => self.obscure = self.obscure.saturating_add(1),
            Event::ConnectionSecurity { was, is, .. } => {
                let (tls, unknown) = (is == Security::Tls, was == Security::Unknown);
                self.encrypted = self.encrypted.saturating_add(tls.into());
                self.obscure = self.obscure.saturating_sub(unknown.into());
            }
            Event::ConnectionClosed { peers, .. } => {
                self.libraries.remove(&(peers.client, peers.broker));
            }
            _ => {}
        }
    }
}
