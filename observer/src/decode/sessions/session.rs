//! A fetch session, and what it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::decode::{Facts, Names, Topic, TopicId};

/// What a session holds, by topic.
pub type SessionTopics = BTreeMap<SessionTopic, Held>;

/// What it holds of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The topic's name, if it is known.
    pub name: Option<Arc<str>>,
    /// The partitions' numbers.
    pub partitions: BTreeSet<i32>,
}

/// A topic as requests name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionTopic {
    /// By its name (up to version 12 of Fetch).
    Name(Arc<str>),
    /// By its id.
    Id(TopicId),
}

/// A session.
#[derive(Debug, Default)]
pub(super) struct Session {
    topics: Arc<SessionTopics>,
    /// Their partitions.
    partitions: usize,
    /// That of the last request.
    pub epoch: i32,
    /// How many names had been learned when the last was looked for that its topics lack.
    names: Option<u64>,
}

impl Session {
    /// It costs something even if it is empty.
    pub const fn size(&self) -> usize {
        self.partitions.saturating_add(1)
    }

    /// Takes its next request; returns what it holds.
    pub fn go_on(&mut self, epoch: i32, request: &Facts, names: &mut Names) -> Arc<SessionTopics> {
        self.epoch = epoch;
        self.change(request);
        self.complete(names);
        Arc::clone(&self.topics)
    }

    /// Adds the partitions that a request names, and takes away those that it wants to be forgotten.
    fn change(&mut self, request: &Facts) {
        if request.partitions.is_empty() {
            return;
        }
        let topics = Arc::make_mut(&mut self.topics);
        for partitions in request.partitions.chunk_by(|a, b| a.topic == b.topic) {
            let topic = partitions.first().and_then(|partition| request.topic(partition.topic));
            let Some((topic, key)) =
                topic.and_then(|topic| Some((topic, SessionTopic::of(topic)?)))
            else {
                continue;
            };
            let indices = partitions.iter().map(|partition| partition.index);
            if !topic.is_forgotten {
                let held = topics.entry(key).or_default();
                held.name.clone_from(&topic.name);
                let added = indices.filter(|index| held.partitions.insert(*index)).count();
                self.partitions = self.partitions.saturating_add(added);
            } else if let Some(held) = topics.get_mut(&key) {
                let gone = indices.filter(|index| held.partitions.remove(index)).count();
                self.partitions = self.partitions.saturating_sub(gone);
                if held.partitions.is_empty() {
                    topics.remove(&key);
                }
            }
        }
        self.names = None;
    }

    /// Gives its topics the names that were learned since they were named by their ids.
    fn complete(&mut self, names: &mut Names) {
        let learned = names.learned();
        if self.names == Some(learned) {
            return;
        }
        self.names = Some(learned);
        if self.topics.values().all(|held| held.name.is_some()) {
            return;
        }
        for (topic, held) in Arc::make_mut(&mut self.topics) {
            if let (SessionTopic::Id(id), None) = (topic, &held.name) {
                held.name = names.topic(*id).cloned();
            }
        }
    }
}

impl SessionTopic {
    /// How a request names a topic: by its id, if it gives one.
    fn of(topic: &Topic) -> Option<Self> {
        match (topic.id, &topic.name) {
            (Some(id), _) => Some(Self::Id(id)),
            (None, Some(name)) => Some(Self::Name(Arc::clone(name))),
            (None, None) => None,
        }
    }
}
