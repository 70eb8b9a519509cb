//! Connections by the SASL mechanism of their login.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use prometheus::Result;

use super::Options;
use super::family::{Families, Family};
use super::label::{LabelId, LabelTable};
use super::labels::Labels;
use super::series::Key;
use super::value::Gauge;
use crate::event::{Endpoint, Exchange, Peers};
use crate::protocol::api::ApiKey;

/// Kafka itself has five.
const MAX_MECHANISMS: usize = 16;

/// `connections_by_mechanism`: a gauge of connections whose broker agreed to a mechanism.
pub struct Mechanisms {
    family: Family<Gauge>,
    names: LabelTable<String>,
    max_len: usize,
    logins: HashMap<Login, Gauge, RandomState>,
    /// Under what each connection was counted.
    connections: HashMap<(Endpoint, Endpoint), Login, RandomState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Login {
    /// `broker`, `vantage`.
    key: Key,
    mechanism: LabelId,
}

impl Mechanisms {
    /// Registers the metric.
    pub fn new(families: &Families<'_>, options: &Options) -> Result<Self> {
        Ok(Self {
            family: families.gauge(
                "connections_by_mechanism",
                "Connections followed, by the SASL mechanism that their broker agreed to.",
                &["broker", "vantage", "mechanism"],
            )?,
            names: LabelTable::new("mechanism", MAX_MECHANISMS),
            max_len: options.max_label_len,
            logins: HashMap::default(),
            connections: HashMap::default(),
        })
    }

    /// A request has ended: it may be a SaslHandshake that was answered without an error.
    pub fn exchange(&mut self, labels: &Labels, broker: Key, exchange: &Exchange) {
        let asked = exchange.request.as_ref().and_then(|facts| facts.mechanism.as_ref());
        let Some(mechanism) = asked else { return };
        let is_handshake = exchange.api_key() == ApiKey::SASL_HANDSHAKE;
        if !is_handshake || !exchange.is_response_decoded() || exchange.is_failed() {
            return;
        }
        // A connection may log in again, with the same mechanism (KIP-368).
        self.closed(labels, &exchange.peers);
        let login = Login { key: broker, mechanism: self.names.text(mechanism, self.max_len) };
        let Self { family, names, logins, .. } = self;
        let gauge = logins
            .entry(login)
            .or_insert_with(|| family.with_label_values(&values(labels, names, &login)));
        gauge.inc();
        self.connections.insert((exchange.peers.client, exchange.peers.broker), login);
    }

    /// A connection is no longer followed.
    pub fn closed(&mut self, labels: &Labels, peers: &Peers) {
        let Some(login) = self.connections.remove(&(peers.client, peers.broker)) else { return };
        let Some(gauge) = self.logins.get(&login) else { return };
        gauge.dec();
        if gauge.get() == 0 {
            self.logins.remove(&login);
            self.family.remove_label_values(&values(labels, &self.names, &login));
        }
    }

    /// Forgets label values that no connection uses.
    pub fn expire(&mut self) {
        self.names.retain(&self.logins.keys().map(|login| login.mechanism).collect());
    }

    /// How often the label's values were replaced by `other`.
    pub fn overflow(&self) -> (&'static str, u64) {
        (self.names.name(), self.names.overflow())
    }
}

fn values<'a>(labels: &'a Labels, names: &'a LabelTable<String>, login: &Login) -> Vec<&'a str> {
    let mut values = labels.values(&login.key);
    values.push(names.value(login.mechanism));
    values
}
