//! All labels whose values come from the wire.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::Options;
use super::label::{LabelId, LabelTable};
use super::series::Key;
use crate::event::{Endpoint, Peers, RequestHeader};
use crate::sink::api_name;

/// The label tables.
#[derive(Debug)]
pub struct Labels {
    broker: LabelTable<Endpoint>,
    api: LabelTable<i16>,
    version: LabelTable<i16>,
    client: Option<LabelTable<String>>,
    max_len: usize,
}

/// Label values in use, by table.
#[derive(Default)]
pub struct Used {
    /// Of `api`.
    pub api: HashSet<LabelId, RandomState>,
    /// Of `api_version`.
    pub version: HashSet<LabelId, RandomState>,
    /// Of `client_id`.
    pub client: HashSet<LabelId, RandomState>,
}

impl Labels {
    /// Empty tables.
    pub fn new(options: &Options) -> Self {
        let cap = options.max_label_values;
        Self {
            broker: LabelTable::new("broker", cap),
            api: LabelTable::new("api", cap),
            version: LabelTable::new("api_version", cap),
            client: options.client_id.then(|| LabelTable::new("client_id", cap)),
            max_len: options.max_label_len,
        }
    }

    /// Names of a metric's labels: the implied ones, its own, and `client_id` where it is wanted.
    pub fn names<'a>(&self, own: &[&'a str]) -> Vec<&'a str> {
        let mut names = vec!["broker", "vantage"];
        names.extend(own);
        names.extend(self.client.as_ref().map(|_| "client_id"));
        names
    }

    /// The key of what only `broker` and `vantage` tell apart.
    pub fn broker_key(&mut self, peers: &Peers) -> Key {
        let broker = self.broker.id(&peers.broker, || peers.broker.to_string());
        Key::of_broker(broker, peers.vantage)
    }

    /// The key of a request to a broker, all labels given.
    pub fn request_key(&mut self, broker: Key, header: &RequestHeader) -> Key {
        let api = self.api.id(&header.api_key, || api_name(header.api_key));
        let version = self.version.id(&header.api_version, || header.api_version.to_string());
        let client = self.client_id(header.client_id.as_ref());
        Key { api, version, client, ..broker }
    }

    /// The id of a client id; null is the empty string.
    pub fn client_id(&mut self, client_id: Option<&Arc<str>>) -> LabelId {
        let client_id = client_id.map_or("", |id| &**id);
        self.client.as_mut().map_or(LabelId::NONE, |table| table.text(client_id, self.max_len))
    }

    /// Label values of a key, in the order of their names.
    pub fn values(&self, key: &Key) -> Vec<&str> {
        let mut values = vec![self.broker.value(key.broker), key.vantage.as_str()];
        if key.api != LabelId::NONE {
            values.push(self.api.value(key.api));
        }
        if key.version != LabelId::NONE {
            values.push(self.version.value(key.version));
        }
        if let Some(table) = &self.client
            && key.client != LabelId::NONE
        {
            values.push(table.value(key.client));
        }
        values
    }

    /// Forgets the values that are not used. Brokers stay: their totals never expire.
    pub fn retain(&mut self, used: &Used) {
        self.api.retain(&used.api);
        self.version.retain(&used.version);
        if let Some(table) = &mut self.client {
            table.retain(&used.client);
        }
    }

    /// How often each label's values were replaced by `other`.
    pub fn overflows(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let numbers = [&self.api, &self.version].map(|table| (table.name(), table.overflow()));
        let client = self.client.as_ref().map(|table| (table.name(), table.overflow()));
        [(self.broker.name(), self.broker.overflow())].into_iter().chain(numbers).chain(client)
    }
}
