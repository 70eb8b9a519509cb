//! Fetch sessions (KIP-227): after its first, a Fetch of a session names only the partitions that
//! changed, often none. What the session holds tells what it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashlink::LruCache;

use super::{Facts, Topic, TopicId};
use crate::event::Endpoint;
use crate::tables::{Evictions, Table};

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

/// The sessions of all brokers.
#[derive(Debug)]
pub struct Sessions {
    /// By broker and session id, the least recently used first.
    by_id: LruCache<(Endpoint, i32), Arc<SessionTopics>, RandomState>,
    /// Partitions in them, and how many there may be.
    partitions: usize,
    max_partitions: usize,
}

/// Epochs of a request that begins a session, or is of none.
const NEW: i32 = 0;
const NONE: i32 = -1;

impl Sessions {
    /// Sessions with at most so many partitions, all together.
    pub fn new(max_partitions: usize) -> Self {
        let by_id = LruCache::with_hasher(usize::MAX, RandomState::default());
        Self { by_id, partitions: 0, max_partitions }
    }

    /// Takes an answered Fetch; returns what its session holds, if it has one.
    pub fn fetched(
        &mut self,
        broker: Endpoint,
        request: &Facts,
        response: &Facts,
        evictions: &mut Evictions,
    ) -> Option<Arc<SessionTopics>> {
        let epoch = request.session_epoch?;
        let id = response.session?;
        if epoch == NONE || epoch == NEW || id == 0 {
            self.take((broker, request.session?));
        }
        if id == 0 {
            return None;
        }
        let key = (broker, id);
        let mut topics = match self.take(key) {
            Some(topics) if epoch > NEW => topics,
            _ if epoch == NEW => Arc::default(),
            // It began before the observer did.
            _ => return None,
        };
        change(Arc::make_mut(&mut topics), request);
        self.keep(key, Arc::clone(&topics), evictions);
        Some(topics)
    }

    fn take(&mut self, key: (Endpoint, i32)) -> Option<Arc<SessionTopics>> {
        let topics = self.by_id.remove(&key)?;
        self.partitions = self.partitions.saturating_sub(size(&topics));
        Some(topics)
    }

    fn keep(
        &mut self,
        key: (Endpoint, i32),
        topics: Arc<SessionTopics>,
        evictions: &mut Evictions,
    ) {
        self.partitions = self.partitions.saturating_add(size(&topics));
        self.by_id.insert(key, topics);
        while self.partitions > self.max_partitions {
            let Some((_, oldest)) = self.by_id.remove_lru() else {
                return;
            };
            self.partitions = self.partitions.saturating_sub(size(&oldest));
            evictions.count(Table::FetchSessions);
        }
    }
}

/// A session costs something even if it is empty.
fn size(topics: &SessionTopics) -> usize {
    topics.values().fold(1, |sum, held| sum.saturating_add(held.partitions.len()))
}

/// Adds the partitions that a request names, and takes away those that it wants to be forgotten.
fn change(topics: &mut SessionTopics, request: &Facts) {
    for partition in &request.partitions {
        let Some(topic) = request.topic(partition.topic) else {
            continue;
        };
        let Some(name) = SessionTopic::of(topic) else {
            continue;
        };
        if !topic.is_forgotten {
            let held = topics.entry(name).or_default();
            held.name.clone_from(&topic.name);
            held.partitions.insert(partition.index);
        } else if let Some(held) = topics.get_mut(&name) {
            held.partitions.remove(&partition.index);
            if held.partitions.is_empty() {
                topics.remove(&name);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Partition;
    use crate::protocol::error_code::ErrorCode;

    fn request(epoch: i32, named: &[(&str, i32)], forgotten: &[(&str, i32)]) -> Facts {
        let mut facts = Facts {
            session: Some(if epoch > 0 { 7 } else { 0 }),
            session_epoch: Some(epoch),
            ..Facts::default()
        };
        for (is_forgotten, all) in [(false, named), (true, forgotten)] {
            for (name, index) in all {
                let topic = facts.topics.len() as u32;
                let name = Some(Arc::from(*name));
                facts.topics.push(Topic { name, is_forgotten, ..Topic::default() });
                facts.partitions.push(Partition {
                    topic,
                    index: *index,
                    error: ErrorCode::NONE,
                    bytes: None,
                    records: None,
                    offset: Some(0),
                });
            }
        }
        facts
    }

    fn response(session: i32) -> Facts {
        Facts { session: Some(session), ..Facts::default() }
    }

    fn held(topics: Option<Arc<SessionTopics>>) -> Option<String> {
        let partitions = |topics: Arc<SessionTopics>| {
            let partitions: Vec<_> = topics.values().map(|held| held.partitions.clone()).collect();
            format!("{partitions:?}")
        };
        topics.map(partitions)
    }

    #[test]
    fn a_session_holds_what_its_requests_named() {
        let (mut sessions, mut evictions) = (Sessions::new(100), Evictions::default());
        let broker = Endpoint::v4([1, 1, 1, 1], 9092);
        let mut fetch = |request: Facts, session| {
            held(sessions.fetched(broker, &request, &response(session), &mut evictions))
        };
        assert_eq!(fetch(request(3, &[], &[]), 7), None, "begun unseen");
        let first = request(0, &[("a", 0), ("a", 1), ("b", 0)], &[]);
        assert_eq!(fetch(first, 7).as_deref(), Some("[{0, 1}, {0}]"));
        assert_eq!(fetch(request(1, &[], &[]), 7).as_deref(), Some("[{0, 1}, {0}]"));
        let changed = request(2, &[("a", 1), ("c", 4)], &[("a", 0), ("b", 0)]);
        assert_eq!(fetch(changed, 7).as_deref(), Some("[{1}, {4}]"));
        assert_eq!(fetch(request(-1, &[], &[]), 0), None);
    }

    #[test]
    fn partitions_are_bounded() {
        let (mut sessions, mut evictions) = (Sessions::new(5), Evictions::default());
        for port in 1..=3 {
            let broker = Endpoint::v4([1, 1, 1, 1], port);
            let first = request(0, &[("a", 0), ("a", 1)], &[]);
            sessions.fetched(broker, &first, &response(7), &mut evictions);
        }
        assert!(sessions.partitions <= 5);
        assert_eq!(evictions.0[Table::FetchSessions as usize], 2);
    }
}
