//! Fetch sessions (KIP-227): after its first, a Fetch of a session names only the partitions that
//! changed, often none. What the session holds tells what it is about.

mod session;

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashlink::LruCache;

use super::{Facts, Names};
use crate::event::Endpoint;
use crate::tables::{Evictions, Table};
use session::Session;
pub use session::{Held, SessionTopic, SessionTopics};

/// The sessions of all brokers.
#[derive(Debug)]
pub struct Sessions {
    /// By broker and session id, the least recently used first.
    by_id: LruCache<(Endpoint, i32), Session, RandomState>,
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

    /// Takes an answered Fetch; returns what its session holds, if it has one, and all that changed it
    /// was seen.
    pub fn fetched(
        &mut self,
        broker: Endpoint,
        request: &Facts,
        response: &Facts,
        names: &mut Names,
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
        let known = self.by_id.get_mut(&key);
        let known = known.filter(|session| epoch == behind(session.epoch));
        if let Some(session) = known.filter(|_| request.undecoded.is_none()) {
            let before = session.size();
            let topics = session.go_on(epoch, request, names);
            self.partitions = self.partitions.saturating_sub(before).saturating_add(session.size());
            self.make_room(evictions);
            return Some(topics);
        }
        // If it is not new, it began before the observer did, or a request was not seen.
        self.take(key);
        if epoch != NEW || request.undecoded.is_some() {
            return None;
        }
        let mut session = Session::default();
        let topics = session.go_on(epoch, request, names);
        self.partitions = self.partitions.saturating_add(session.size());
        self.by_id.insert(key, session);
        self.make_room(evictions);
        Some(topics)
    }

    fn take(&mut self, key: (Endpoint, i32)) {
        let size = self.by_id.remove(&key).map_or(0, |session| session.size());
        self.partitions = self.partitions.saturating_sub(size);
    }

    fn make_room(&mut self, evictions: &mut Evictions) {
        while self.partitions > self.max_partitions {
            let Some((_, oldest)) = self.by_id.remove_lru() else {
                return;
            };
            self.partitions = self.partitions.saturating_sub(oldest.size());
            evictions.count(Table::FetchSessions);
        }
    }
}

/// The epoch behind this one.
const fn behind(epoch: i32) -> i32 {
    match epoch.checked_add(1) {
        Some(next) => next,
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Partition, Topic, TopicId, Undecoded};

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
                let partition =
                    Partition { index: *index, offset: Some(0), ..Partition::of(topic) };
                facts.partitions.push(partition);
            }
        }
        facts
    }

    fn response(session: i32) -> Facts {
        Facts { session: Some(session), ..Facts::default() }
    }

    struct Script(Sessions, Names, Evictions);

    impl Script {
        fn new(max_partitions: usize) -> Self {
            Self(Sessions::new(max_partitions), Names::new(9, 9), Evictions::default())
        }

        fn of(&mut self, port: u16, request: &Facts, session: i32) -> Option<Arc<SessionTopics>> {
            let broker = Endpoint::v4([1, 1, 1, 1], port);
            self.0.fetched(broker, request, &response(session), &mut self.1, &mut self.2)
        }

        /// The partitions that the session holds.
        fn fetch(&mut self, request: &Facts, session: i32) -> Option<String> {
            let topics = self.of(9092, request, session)?;
            let partitions: Vec<_> = topics.values().map(|held| &held.partitions).collect();
            Some(format!("{partitions:?}"))
        }
    }

    #[test]
    fn a_session_holds_what_its_requests_named() {
        let mut script = Script::new(100);
        let mut fetch = |request: Facts, session| script.fetch(&request, session);
        assert_eq!(fetch(request(3, &[], &[]), 7), None, "begun unseen");
        let first = request(0, &[("a", 0), ("a", 1), ("b", 0)], &[]);
        assert_eq!(fetch(first, 7).as_deref(), Some("[{0, 1}, {0}]"));
        assert_eq!(fetch(request(1, &[], &[]), 7).as_deref(), Some("[{0, 1}, {0}]"));
        let changed = request(2, &[("a", 1), ("c", 4)], &[("a", 0), ("b", 0)]);
        assert_eq!(fetch(changed, 7).as_deref(), Some("[{1}, {4}]"));
        assert_eq!(fetch(request(-1, &[], &[]), 0), None);
    }

    #[test]
    fn a_session_of_which_something_was_not_seen_is_not_known() {
        let mut script = Script::new(100);
        let begin = || request(0, &[("a", 0)], &[]);
        let cut = |facts| Facts { undecoded: Some(Undecoded::Gap), ..facts };
        script.fetch(&begin(), 7);
        assert_eq!(script.fetch(&request(2, &[], &[]), 7), None, "1 may have changed it");
        assert_eq!(script.fetch(&request(3, &[], &[]), 7), None);
        script.fetch(&begin(), 7);
        assert_eq!(script.fetch(&cut(request(1, &[], &[])), 7), None);
        assert_eq!(script.fetch(&request(2, &[], &[]), 7), None);
        assert_eq!(script.fetch(&cut(begin()), 7), None);
        assert_eq!(script.fetch(&request(1, &[], &[]), 7), None);
        assert_eq!((behind(i32::MAX), script.0.partitions), (1, 0));
    }

    #[test]
    fn a_topic_may_be_named_when_its_session_has_begun() {
        let mut script = Script::new(100);
        let id = TopicId([1; 16]);
        let mut first = request(0, &[("", 0)], &[]);
        first.topics[0] = Topic { id: Some(id), ..Topic::default() };
        let name = |topics: Option<Arc<SessionTopics>>| {
            topics.unwrap()[&SessionTopic::Id(id)].name.clone()
        };
        let before = script.of(1, &first, 7);
        assert_eq!(name(before), None);
        let t = Arc::from("t");
        script.1.learn(id, &t, &mut script.2);
        let after = script.of(1, &request(1, &[], &[]), 7);
        assert_eq!(name(after), Some(t));
    }

    #[test]
    fn partitions_are_bounded() {
        let mut script = Script::new(5);
        for port in 1..=3 {
            script.of(port, &request(0, &[("a", 0), ("a", 1)], &[]), 7);
        }
        assert!(script.0.partitions <= 5);
        assert_eq!(script.2.0[Table::FetchSessions as usize], 2);
    }
}
