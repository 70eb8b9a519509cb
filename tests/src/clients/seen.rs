//! What the observer saw of a client: the pipeline's words in; what the client produced, fetched
//! and committed, and what it called itself, out.

use std::collections::{BTreeMap, BTreeSet};

use observer::event::{Exchange, Outcome, TopicTotals};
use observer::protocol::api::ApiKey;

use super::Client;
use crate::in_process::Said;

/// A client's exchanges.
#[derive(Debug)]
pub struct Seen<'a> {
    exchanges: Vec<&'a Exchange>,
    topic: String,
    /// Libraries that were named under its client id.
    pub software: BTreeSet<&'a str>,
}

impl<'a> Seen<'a> {
    /// Picks what a client said out of all that was said.
    pub fn new(said: &'a Said, client: &Client) -> Self {
        let is_its = |id: Option<&str>| id == Some(client.id);
        let exchanges = said.exchanges.iter().filter(|e| is_its(e.header.client_id.as_deref()));
        let software = said.software.iter().filter(|s| is_its(s.client_id.as_deref()));
        Self {
            exchanges: exchanges.collect(),
            topic: client.topic(),
            software: software.map(|software| &*software.name).collect(),
        }
    }

    /// How many of its requests ended in which way, by API.
    pub fn outcomes(&self) -> BTreeMap<(String, Outcome), u32> {
        let mut outcomes = BTreeMap::new();
        for exchange in &self.exchanges {
            let api = exchange.header.api().to_string();
            *outcomes.entry((api, exchange.outcome)).or_default() += 1;
        }
        outcomes
    }

    /// Records that it produced, to its topic, and that the broker took.
    pub fn produced_records(&self) -> Option<u64> {
        let taken = self.produced().map(|topic| topic.records?.checked_sub(topic.rejected_records));
        taken.sum()
    }

    /// Their bytes.
    pub fn produced_bytes(&self) -> u64 {
        let taken =
            self.produced().filter_map(|topic| topic.bytes?.checked_sub(topic.rejected_bytes));
        taken.sum()
    }

    /// Bytes that it fetched, of its topic.
    pub fn fetched_bytes(&self) -> u64 {
        self.answered(ApiKey::FETCH).filter_map(|e| self.of_topic(e)?.bytes).sum()
    }

    /// The offsets that it committed last, all partitions of its topic together; each began at 0.
    pub fn committed(&self) -> i64 {
        let mut committed = BTreeMap::new();
        for exchange in self.answered(ApiKey::OFFSET_COMMIT) {
            let facts = exchange.request.as_deref();
            for partition in facts.into_iter().flat_map(|facts| &facts.partitions) {
                committed.insert(partition.index, partition.offset.unwrap_or_default());
            }
        }
        committed.values().sum()
    }

    /// The groups that its requests named.
    pub fn groups(&self) -> BTreeSet<&str> {
        self.exchanges.iter().filter_map(|exchange| Some(&**exchange.group()?)).collect()
    }

    fn produced(&self) -> impl Iterator<Item = TopicTotals> {
        self.answered(ApiKey::PRODUCE).filter_map(|exchange| self.of_topic(exchange))
    }

    fn answered(&self, api: ApiKey) -> impl Iterator<Item = &'a Exchange> {
        let is_meant = move |e: &&&Exchange| e.api_key() == api && e.outcome == Outcome::Answered;
        self.exchanges.iter().filter(is_meant).copied()
    }

    fn of_topic(&self, exchange: &Exchange) -> Option<TopicTotals> {
        exchange.topics()?.into_iter().find(|topic| topic.name.as_deref() == Some(&*self.topic))
    }
}
