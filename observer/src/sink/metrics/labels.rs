//! All labels whose values come from the wire.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::Options;
use super::label::{LabelId, LabelTable};
use super::series::Key;
use crate::event::{ApiName, Endpoint, Peers, RequestHeader};
use crate::groups::Place;

/// Bytes of a topic's name.
pub const MAX_TOPIC_LEN: usize = 249;

/// The label tables.
#[derive(Debug)]
pub struct Labels {
    broker: LabelTable<Endpoint>,
    api: LabelTable<ApiName>,
    version: LabelTable<i16>,
    detail: LabelTable<String>,
    group: LabelTable<String>,
    topic: LabelTable<String>,
    /// Whether errors are told apart by topic.
    errors_by_topic: bool,
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
    /// Of `error`, `reason` and `codec`.
    pub detail: HashSet<LabelId, RandomState>,
    /// Of `group`.
    pub group: HashSet<LabelId, RandomState>,
    /// Of `topic`.
    pub topic: HashSet<LabelId, RandomState>,
    /// Of `client_id`.
    pub client: HashSet<LabelId, RandomState>,
}

impl Labels {
    /// Empty tables.
    pub fn new(options: &Options) -> Self {
        let cap = options.max_label_values;
        let clients = options.max_client_ids.unwrap_or(cap);
        Self {
            broker: LabelTable::new("broker", cap),
            api: LabelTable::new("api", cap),
            version: LabelTable::new("api_version", cap),
            detail: LabelTable::new("error", cap),
            group: LabelTable::new("group", options.max_groups.unwrap_or(cap)),
            topic: LabelTable::new("topic", options.max_topics),
            errors_by_topic: options.errors_by_topic,
            client: options.client_id.then(|| LabelTable::new("client_id", clients)),
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
        self.place_key(Place { broker: peers.broker, vantage: peers.vantage })
    }

    /// The same, of a place.
    pub fn place_key(&mut self, Place { broker, vantage }: Place) -> Key {
        Key::of_broker(self.broker.id(&broker, || broker.to_string()), vantage)
    }

    /// Whether a place has labels of its own.
    pub fn has_place(&self, place: Place) -> bool {
        self.broker.has_key(&place.broker)
    }

    /// The key of a request to a broker, all labels given.
    pub fn request_key(&mut self, broker: Key, header: &RequestHeader) -> Key {
        let api = self.api_id(header.api());
        let version = self.version.id(&header.api_version, || header.api_version.to_string());
        let client = self.client_id(header.client_id.as_ref());
        Key { api, version, client, ..broker }
    }

    /// The id of an API.
    pub fn api_id(&mut self, api: ApiName) -> LabelId {
        self.api.id(&api, || api.to_string())
    }

    /// The id of an error, a reason or a codec.
    pub fn detail(&mut self, text: &str) -> LabelId {
        self.detail.text(text, self.max_len)
    }

    /// The id of a group.
    pub fn group(&mut self, name: &str) -> LabelId {
        self.group.text(name, self.max_len)
    }

    /// The id of a group that was seen before: it is not counted again.
    pub fn seen_group(&mut self, name: &str) -> LabelId {
        self.group.seen_text(name, self.max_len)
    }

    /// The same of a topic.
    pub fn seen_topic(&mut self, name: &str) -> LabelId {
        self.topic.seen_text(name, MAX_TOPIC_LEN)
    }

    /// Whether a group has a label of its own.
    pub fn has_group(&self, name: &str) -> bool {
        self.group.has(name, self.max_len)
    }

    /// Whether a topic has a label of its own.
    pub fn has_topic(&self, name: &str) -> bool {
        self.topic.has(name, MAX_TOPIC_LEN)
    }

    /// The id of a topic; a name is at most 249 characters long.
    pub fn topic(&mut self, name: &str) -> LabelId {
        self.topic.text(name, MAX_TOPIC_LEN)
    }

    /// The topic of an error; the empty string where it is said of none.
    pub fn error_topic(&mut self, name: &str) -> LabelId {
        if self.errors_by_topic { self.topic(name) } else { LabelId::NONE }
    }

    /// The topic of an error whose topic was not told.
    pub fn other_error_topic(&self) -> LabelId {
        if self.errors_by_topic { LabelId::OTHER } else { LabelId::NONE }
    }

    /// Names of the labels of errors, without `client_id`.
    pub fn error_names(&self) -> Vec<&'static str> {
        let mut names = vec!["api", "error"];
        names.extend(self.errors_by_topic.then_some("topic"));
        names
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
        if key.detail != LabelId::NONE {
            values.push(self.detail.value(key.detail));
        }
        if key.group != LabelId::NONE {
            values.push(self.group.value(key.group));
        }
        if key.topic != LabelId::NONE {
            values.push(self.topic.value(key.topic));
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
        self.detail.retain(&used.detail);
        self.group.retain(&used.group);
        self.topic.retain(&used.topic);
        if let Some(table) = &mut self.client {
            table.retain(&used.client);
        }
    }

    /// How often each label's values were replaced by `other`.
    pub fn overflows(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let numbers = [
            (self.api.name(), self.api.overflow()),
            (self.version.name(), self.version.overflow()),
        ];
        let client = self.client.as_ref().map(|table| (table.name(), table.overflow()));
        let texts =
            [&self.detail, &self.group, &self.topic].map(|table| (table.name(), table.overflow()));
        let broker = [(self.broker.name(), self.broker.overflow())];
        broker.into_iter().chain(numbers).chain(texts).chain(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ids_and_groups_have_bounds_of_their_own() {
        let options = Options {
            max_client_ids: Some(1),
            max_groups: Some(2),
            max_topics: 3,
            max_label_values: 4,
            ..Options::default()
        };
        let mut labels = Labels::new(&options);
        let names = ["a", "b", "c", "d", "e"];
        let room = |id: &dyn Fn(&mut Labels, &str) -> LabelId, labels: &mut Labels| {
            names.iter().filter(|name| id(labels, name) != LabelId::OTHER).count()
        };
        let client = |labels: &mut Labels, name: &str| labels.client_id(Some(&name.into()));
        assert_eq!(room(&client, &mut labels), 1);
        assert_eq!(room(&|labels, name| labels.group(name), &mut labels), 2);
        assert_eq!(room(&|labels, name| labels.topic(name), &mut labels), 3);
        assert_eq!(room(&|labels, name| labels.detail(name), &mut labels), 4);
    }
}
