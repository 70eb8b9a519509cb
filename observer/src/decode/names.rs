//! Names that many messages share, and which topic has which id (KIP-516).

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashlink::LruCache;

use super::facts::Facts;
use super::shared::Shared;
use super::topic_id::TopicId;
use crate::protocol::machine::Text;
use crate::tables::{Evictions, Table};

/// Names seen, each kept once, and the topics' ids.
#[derive(Debug)]
pub struct Names {
    shared: Shared,
    /// Clients' ids, which stay as long as connections do.
    client_ids: Shared,
    topics: LruCache<TopicId, Arc<str>, RandomState>,
    max_topics: usize,
    /// The name that no message says together with its id.
    metadata: Arc<str>,
    /// Some of the topics, at the place that the id's last bytes tell: what is learned is nearly
    /// always known, and found here without a search.
    known: Box<[Option<Named>]>,
    /// Ids whose names have just been learned.
    just_learned: Vec<Named>,
    /// How many names of ids were learned.
    learned: u64,
}

/// A topic's id and name.
type Named = (TopicId, Arc<str>);

/// The topic of [`TopicId::METADATA`].
const METADATA: &str = "__cluster_metadata";

/// Ids learned that are told of at once; more than any cluster has topics.
const MAX_LEARNED: usize = 64 << 10;
/// Topics found without a search.
const KNOWN: usize = 4096;

impl Names {
    /// Keeps at most so many names, as many clients' ids, and so many topics' ids, whose names have a room of
    /// their own: they stay.
    pub fn new(max_shared: usize, max_topics: usize) -> Self {
        Self {
            shared: Shared::new(max_shared.saturating_add(max_topics)),
            client_ids: Shared::new(max_shared),
            topics: LruCache::with_hasher(usize::MAX, RandomState::default()),
            max_topics,
            metadata: METADATA.into(),
            known: vec![None; KNOWN].into(),
            just_learned: Vec::new(),
            learned: 0,
        }
    }

    /// A name from the wire; see [`super::kept()`] for what becomes of a long one.
    #[inline]
    pub fn intern(&mut self, text: Text<'_>) -> Arc<str> {
        self.shared.intern(text)
    }

    /// A client's id, from a request's header; likewise.
    pub fn client_id(&mut self, id: &[u8]) -> Arc<str> {
        self.client_ids.intern(Text::whole(id))
    }

    /// A message says both of a topic.
    #[inline]
    pub fn learn(&mut self, id: TopicId, name: &Arc<str>, evictions: &mut Evictions) {
        if let Some(Some((known, its_name))) = self.known.get(place(id))
            && *known == id
            && Arc::ptr_eq(its_name, name)
        {
            return;
        }
        self.learn_slowly(id, name, evictions);
    }

    #[inline(never)]
    fn learn_slowly(&mut self, id: TopicId, name: &Arc<str>, evictions: &mut Evictions) {
        if id == TopicId::ZERO {
            return;
        }
        if let Some(known) = self.known.get_mut(place(id)) {
            *known = Some((id, Arc::clone(name)));
        }
        if self.topics.get(&id) == Some(name) {
            return;
        }
        self.topics.insert(id, Arc::clone(name));
        self.learned = self.learned.wrapping_add(1);
        if self.just_learned.len() < MAX_LEARNED {
            self.just_learned.push((id, Arc::clone(name)));
        } else {
            // What waits for its name is not told.
            evictions.count(Table::TopicIds);
        }
        if self.topics.len() > self.max_topics {
            self.forget_oldest(evictions);
        }
    }

    fn forget_oldest(&mut self, evictions: &mut Evictions) {
        let Some((id, _)) = self.topics.remove_lru() else {
            return;
        };
        if let Some(known) = self.known.get_mut(place(id))
            && known.as_ref().is_some_and(|(known, _)| *known == id)
        {
            *known = None;
        }
        evictions.count(Table::TopicIds);
    }

    /// The topic with this id, if some message has said it, or it is everywhere the same.
    pub fn topic(&mut self, id: TopicId) -> Option<&Arc<str>> {
        if id == TopicId::METADATA {
            return Some(&self.metadata);
        }
        if self.topics.iter().next_back().is_some_and(|(last, _)| *last == id) {
            // It is the one used last, as it often is: then it is not searched for.
            return self.topics.iter().next_back().map(|(_, name)| name);
        }
        self.topics.get(&id)
    }

    /// Gives topics that have only an id their name, if it is known.
    pub fn complete(&mut self, facts: Option<&mut Facts>) {
        let Some(facts) = facts else {
            return;
        };
        for topic in facts.topics.iter_mut().filter(|topic| topic.name.is_none()) {
            topic.name = topic.id.and_then(|id| self.topic(id).cloned());
        }
        self.complete(facts.forwarded.as_mut().map(|forwarded| &mut forwarded.facts));
    }

    /// Whether names of ids were learned since they were taken.
    pub const fn has_learned(&self) -> bool {
        !self.just_learned.is_empty()
    }

    /// The ids whose names were learned since the last call.
    pub fn take_learned(&mut self) -> Vec<(TopicId, Arc<str>)> {
        std::mem::take(&mut self.just_learned)
    }

    /// How many names of ids were learned until now.
    pub(super) const fn learned(&self) -> u64 {
        self.learned
    }

    /// Topics whose ids are known.
    pub fn topics(&self) -> usize {
        self.topics.len()
    }
}

/// Where a topic stands among those found without a search. Ids are random.
fn place(TopicId(id): TopicId) -> usize {
    let [.., high, low] = id;
    usize::from(u16::from_be_bytes([high, low])) % KNOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intern(names: &mut Names, bytes: &[u8]) -> Arc<str> {
        names.intern(Text::whole(bytes))
    }

    #[test]
    fn names_are_shared_and_bounded() {
        let mut names = Names::new(2, 0);
        let a = intern(&mut names, b"a");
        assert!(Arc::ptr_eq(&a, &intern(&mut names, b"a")));
        intern(&mut names, b"b");
        let c = intern(&mut names, b"c");
        assert!(Arc::ptr_eq(&c, &intern(&mut names, b"c")), "b, which nobody uses, made room");
        assert_eq!(&*intern(&mut names, b"\xff"), "\u{fffd}");
    }

    #[test]
    fn names_of_topics_whose_ids_are_known_leave_room_for_others() {
        let (mut names, mut evictions) = (Names::new(1, 1), Evictions::default());
        let topic = intern(&mut names, b"t");
        names.learn(TopicId([1; 16]), &topic, &mut evictions);
        let other = intern(&mut names, b"other");
        assert!(Arc::ptr_eq(&other, &intern(&mut names, b"other")));
    }

    #[test]
    fn the_metadata_log_is_known_without_being_told() {
        let mut names = Names::new(1, 0);
        assert_eq!(names.topic(TopicId::METADATA).map(|name| &**name), Some("__cluster_metadata"));
        assert_eq!(names.topic(TopicId::ZERO), None);
    }

    #[test]
    fn ids_learned_at_once_are_bounded_and_counted() {
        let (mut names, mut evictions) = (Names::new(9, usize::MAX), Evictions::default());
        let name = intern(&mut names, b"t");
        for n in 0..=MAX_LEARNED {
            assert_eq!(evictions, Evictions::default());
            let id = TopicId((n as u128 + 1).to_be_bytes());
            names.learn(id, &name, &mut evictions);
        }
        let mut expected = Evictions::default();
        expected.count(Table::TopicIds);
        assert_eq!((evictions, names.take_learned().len()), (expected, MAX_LEARNED));
    }

    #[test]
    fn ids_are_learned_once_and_bounded() {
        let (mut names, mut evictions) = (Names::new(9, 1), Evictions::default());
        let (id, other) = (TopicId([1; 16]), TopicId([2; 16]));
        let (a, b) = (intern(&mut names, b"a"), intern(&mut names, b"b"));
        names.learn(id, &a, &mut evictions);
        names.learn(id, &a, &mut evictions);
        assert_eq!(names.take_learned(), [(id, a.clone())]);
        assert_eq!(names.topic(id), Some(&a));
        names.learn(other, &b, &mut evictions);
        assert_eq!(names.topic(id), None);
        assert_eq!(names.topic(other), Some(&b));
        assert_ne!(evictions, Evictions::default());
        names.learn(id, &a, &mut evictions);
        assert_eq!(names.topic(id), Some(&a), "it was put out, so it is learned again");
        assert_eq!(names.take_learned(), [(other, b), (id, a.clone())]);
        let c = intern(&mut names, b"c");
        names.learn(id, &c, &mut evictions);
        assert_eq!(names.topic(id), Some(&c), "another topic's name");
    }
}
