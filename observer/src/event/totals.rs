//! What is moved by topic: a message's facts in, totals for each of its topics out.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::decode::{Facts, Partition, Topic, TopicId};
use crate::protocol::error_code::ErrorCode;

/// A topic of an exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicTotals {
    /// Its index among the topics of the message that tells of it, if it is one of them.
    pub index: Option<u32>,
    /// Its name, if it is known.
    pub name: Option<Arc<str>>,
    /// Its id, if the exchange says it.
    pub id: Option<TopicId>,
    /// Partitions named; `None` where not all of them may have been seen.
    pub partitions: Option<u32>,
    /// Bytes of record sets sent, whatever became of them; `None` where the API sends none, or where
    /// not all of them may have been seen.
    pub bytes: Option<u64>,
    /// Bytes of those that were seen.
    pub known_bytes: u64,
    /// Of these, bytes of partitions that were answered with an error.
    pub rejected_bytes: u64,
    /// Records sent, of Produce; `None` where some of them cannot be counted.
    pub records: Option<u64>,
    /// Of these, records of partitions whose records can be counted.
    pub known_records: u64,
    /// Of those, records of partitions that were answered with an error.
    pub rejected_records: u64,
}

impl TopicTotals {
    /// The topics that a message names; `None` where none were found in what was not decoded whole.
    pub fn named(facts: &Facts) -> Option<Vec<Self>> {
        let mut topics = Vec::new();
        add_each(facts, &Self::default(), &mut topics);
        (!topics.is_empty() || facts.undecoded.is_none()).then_some(topics)
    }

    pub(super) fn add_bytes(&mut self, bytes: u64) {
        self.known_bytes = self.known_bytes.saturating_add(bytes);
        self.bytes = self.bytes.map(|sum| sum.saturating_add(bytes));
    }
}

/// How a message names a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Identity<'a> {
    Name(&'a str),
    Id(TopicId),
}

/// Its name, and its id.
pub(super) fn identities(
    name: Option<&Arc<str>>,
    id: Option<TopicId>,
) -> impl Iterator<Item = Identity<'_>> {
    let name = name.map(|name| Identity::Name(name));
    name.into_iter().chain(id.map(Identity::Id))
}

/// The partitions of a Produce that were answered with an error, and with which.
#[derive(Default)]
pub(super) struct Rejections<'a>(Option<Rejected<'a>>);

/// By topic and partition; there are hardly ever any.
type Rejected<'a> = HashMap<(Identity<'a>, i32), ErrorCode, RandomState>;

impl<'a> Rejections<'a> {
    pub fn new(response: &'a Facts) -> Self {
        let is_failed = |p: &&Partition| p.error != ErrorCode::NONE;
        let mut failed = response.partitions.iter().filter(is_failed).peekable();
        if failed.peek().is_none() {
            return Self::default();
        }
        let named = failed.filter_map(|p| Some((response.topic(p.topic)?, p)));
        let each = named.flat_map(|(topic, p)| {
            let each = identities(topic.name.as_ref(), topic.id);
            each.map(move |topic| ((topic, p.index), p.error))
        });
        Self(Some(each.collect()))
    }

    pub fn of(&self, topic: &TopicTotals, index: i32) -> Option<ErrorCode> {
        let rejected = self.0.as_ref()?;
        let mut identities = identities(topic.name.as_ref(), topic.id);
        identities.find_map(|topic| rejected.get(&(topic, index)).copied())
    }
}

/// Totals for each topic of a message.
pub(super) fn add_each(facts: &Facts, nothing: &TopicTotals, topics: &mut Vec<TopicTotals>) {
    let of = |(index, topic): (u32, &Topic)| TopicTotals {
        index: Some(index),
        name: topic.name.clone(),
        id: topic.id,
        partitions: (!topic.is_partial).then_some(topic.partitions),
        bytes: nothing.bytes.filter(|_| !topic.is_partial),
        records: nothing.records.filter(|_| !topic.is_partial),
        known_bytes: nothing.known_bytes,
        rejected_bytes: nothing.rejected_bytes,
        known_records: nothing.known_records,
        rejected_records: nothing.rejected_records,
    };
    topics.extend((0_u32..).zip(&facts.topics).map(of));
}

/// The totals that a partition counts in; what is said of topics that were too many to be told apart
/// counts in one more, without a name.
#[inline]
pub(super) fn of_partition<'t>(
    topics: &'t mut Vec<TopicTotals>,
    facts: &Facts,
    partition: &Partition,
    nothing: &TopicTotals,
) -> Option<&'t mut TopicTotals> {
    let index = (partition.topic as usize).min(facts.topics.len());
    if index == topics.len() {
        topics.push(nothing.clone());
    }
    topics.get_mut(index)
}

pub(super) fn fetched(facts: &Facts, topics: &mut Vec<TopicTotals>) {
    let nothing = TopicTotals { bytes: Some(0), ..TopicTotals::default() };
    add_each(facts, &nothing, topics);
    for partition in &facts.partitions {
        if let Some(totals) = of_partition(topics, facts, partition, &nothing) {
            let bytes = u64::from(partition.bytes.unwrap_or_default());
            totals.add_bytes(bytes);
        }
    }
}
