//! Connections by the library of their client.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use prometheus::Result;

use super::Options;
use super::family::{Families, Family};
use super::label::{LabelId, LabelTable};
use super::labels::{Labels, Used};
use super::series::Key;
use super::value::Gauge;
use crate::event::{ClientSoftware, Endpoint, Peers};

/// What a client that names no library is called.
const UNKNOWN: &str = "unknown";

/// `client_info`: a gauge of connections.
pub struct Clients {
    family: Family<Gauge>,
    names: LabelTable<String>,
    versions: LabelTable<String>,
    max_len: usize,
    max_series: usize,
    libraries: HashMap<Library, Gauge, RandomState>,
    /// Under which library each connection was counted: label values may get another id later.
    connections: HashMap<Connection, Library, RandomState>,
    /// Connections that have shown no client id yet.
    nameless: HashSet<Connection, RandomState>,
    overflow: u64,
}

/// Client and broker.
type Connection = (Endpoint, Endpoint);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Library {
    /// `broker`, `vantage`, `client_id`.
    key: Key,
    name: LabelId,
    version: LabelId,
}

impl Clients {
    /// Registers the metric.
    pub fn new(families: &Families<'_>, labels: &Labels, options: &Options) -> Result<Self> {
        Ok(Self {
            family: families.gauge(
                "client_info",
                "Connections followed, by the library that their client named.",
                &labels.names(&["client_software_name", "client_software_version"]),
            )?,
            names: LabelTable::new("client_software_name", options.max_label_values),
            versions: LabelTable::new("client_software_version", options.max_label_values),
            max_len: options.max_label_len,
            max_series: options.max_series,
            libraries: HashMap::default(),
            connections: HashMap::default(),
            nameless: HashSet::default(),
            overflow: 0,
        })
    }

    /// A connection was seen; its library is not known yet.
    pub fn opened(&mut self, labels: &mut Labels, peers: &Peers) {
        self.nameless.insert((peers.client, peers.broker));
        self.count(labels, peers, None, None);
    }

    /// A request was sent: also a client that names no library may have an id.
    pub fn request(&mut self, labels: &mut Labels, peers: &Peers, client_id: Option<&Arc<str>>) {
        if client_id.is_none() || self.nameless.is_empty() {
            return;
        }
        if !self.nameless.remove(&(peers.client, peers.broker)) {
            return;
        }
        self.uncount(labels, peers);
        self.count(labels, peers, client_id, None);
    }

    /// A client named its library.
    pub fn named(&mut self, labels: &mut Labels, peers: &Peers, software: &ClientSoftware) {
        self.closed(labels, peers);
        self.count(labels, peers, software.client_id.as_ref(), Some(software));
    }

    /// A connection is no longer followed.
    pub fn closed(&mut self, labels: &Labels, peers: &Peers) {
        self.nameless.remove(&(peers.client, peers.broker));
        self.uncount(labels, peers);
    }

    /// Forgets label values that no connection uses, and says which client ids are used.
    pub fn expire(&mut self, used: &mut Used) {
        self.names.retain(&self.libraries.keys().map(|library| library.name).collect());
        self.versions.retain(&self.libraries.keys().map(|library| library.version).collect());
        used.client.extend(self.libraries.keys().map(|library| library.key.client));
    }

    /// How often each label's values were replaced by `other`.
    pub fn overflows(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let tables = [&self.names, &self.versions].map(|table| (table.name(), table.overflow()));
        tables.into_iter().chain([("series", self.overflow)])
    }

    fn uncount(&mut self, labels: &Labels, peers: &Peers) {
        let Some(library) = self.connections.remove(&(peers.client, peers.broker)) else { return };
        let Some(gauge) = self.libraries.get(&library) else { return };
        gauge.dec();
        if gauge.get() == 0 {
            self.libraries.remove(&library);
            self.family.remove_label_values(&self.values(labels, &library));
        }
    }

    fn count(
        &mut self,
        labels: &mut Labels,
        peers: &Peers,
        client_id: Option<&Arc<str>>,
        software: Option<&ClientSoftware>,
    ) {
        let client = labels.client_id(client_id);
        let name = software.map_or(UNKNOWN, |software| &software.name);
        let version = software.map_or(UNKNOWN, |software| &software.version);
        let wanted = Library {
            key: Key { client, ..labels.broker_key(peers) },
            name: self.names.text(name, self.max_len),
            version: self.versions.text(version, self.max_len),
        };
        let library = self.within_cap(wanted);
        self.connections.insert((peers.client, peers.broker), library);
        if !self.libraries.contains_key(&library) {
            let gauge = self.family.with_label_values(&self.values(labels, &library));
            self.libraries.insert(library, gauge);
        }
        if let Some(gauge) = self.libraries.get(&library) {
            gauge.inc();
        }
    }

    fn within_cap(&mut self, library: Library) -> Library {
        if self.libraries.len() < self.max_series || self.libraries.contains_key(&library) {
            return library;
        }
        self.overflow += 1;
        let none = library.key.client == LabelId::NONE;
        let client = if none { LabelId::NONE } else { LabelId::OTHER };
        let key = Key { client, ..library.key };
        Library { key, name: LabelId::OTHER, version: LabelId::OTHER }
    }

    fn values<'a>(&'a self, labels: &'a Labels, library: &Library) -> Vec<&'a str> {
        let mut values = labels.values(&library.key);
        let own = [self.names.value(library.name), self.versions.value(library.version)];
        values.splice(2..2, own);
        values
    }
}
