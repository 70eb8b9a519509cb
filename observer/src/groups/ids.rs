//! Which id each topic has: a name that has another id is another topic's from then on, whose old one
//! was deleted where nobody saw it.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashlink::LruCache;

use super::{Cluster, Groups, Topic, answers};
use crate::decode::TopicId;
use crate::event::Exchange;
use crate::tables::Table;

/// Ids by cluster and name.
#[derive(Debug)]
pub struct Ids {
    topics: LruCache<(Cluster, Arc<str>), Id, RandomState>,
    cap: usize,
}

#[derive(Clone, Copy, Debug)]
struct Id {
    is: TopicId,
    /// A broker that lags behind may still tell it.
    was: Option<TopicId>,
}

/// What became of an id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The name was another topic's before.
    pub is_another: bool,
    /// Another name made room for it.
    pub is_evicted: bool,
}

impl Ids {
    /// Room for so many topics.
    pub fn new(cap: usize) -> Self {
        Self { topics: LruCache::with_hasher(usize::MAX, RandomState::default()), cap }
    }

    /// A broker told a topic's id.
    pub fn tell(&mut self, cluster: Cluster, name: &Arc<str>, id: TopicId) -> Told {
        let key = (cluster, Arc::clone(name));
        if let Some(known) = self.topics.get_mut(&key) {
            let is_another = known.is != id && known.was != Some(id);
            if is_another {
                *known = Id { is: id, was: Some(known.is) };
            }
            return Told { is_another, is_evicted: false };
        }
        self.topics.insert(key, Id { is: id, was: None });
        let is_evicted = self.topics.len() > self.cap;
        if is_evicted {
            self.topics.remove_lru();
        }
        Told { is_another: false, is_evicted }
    }

    /// A topic is deleted.
    pub fn remove(&mut self, cluster: Cluster, name: &Arc<str>) {
        self.topics.remove(&(cluster, Arc::clone(name)));
    }

    /// The one cluster is the other.
    pub fn join(&mut self, from: Cluster, to: Cluster) {
        let theirs = self.topics.iter().filter(|((cluster, _), _)| *cluster == from);
        let theirs: Vec<_> = theirs.map(|((_, name), id)| (Arc::clone(name), *id)).collect();
        for (name, id) in theirs {
            self.topics.remove(&(from, Arc::clone(&name)));
            self.topics.entry((to, name)).or_insert_with(|| id);
        }
    }

    /// Forgets a cluster's.
    pub fn forget(&mut self, cluster: Cluster) {
        self.topics.retain(|(its, _), _| *its != cluster);
    }
}

impl Groups {
    /// Metadata and the like: topics, each with its name and its id.
    pub(super) fn topics_told(&mut self, exchange: &Exchange) {
        let whole = answers::answered(exchange).filter(|facts| facts.undecoded.is_none());
        let Some(response) = whole else {
            return;
        };
        let cluster = self.cluster(exchange);
        for topic in response.topics.iter().filter(|topic| !topic.is_failed) {
            if let (Some(name), Some(id)) = (&topic.name, topic.id) {
                self.identify(cluster, name, id);
            }
        }
    }

    /// A topic of this name has this id; what is known of another one is not its own.
    pub(super) fn identify(&mut self, cluster: Cluster, name: &Arc<str>, id: TopicId) {
        let Told { is_another, is_evicted } = self.ids.tell(cluster, name, id);
        self.evictions.add(Table::TopicIds, usize::from(is_evicted));
        if is_another {
            let topic = Topic::Name(Arc::clone(name));
            self.forget_topics(cluster, &[topic].into_iter().collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Endpoint;
    use crate::groups::clusters::Clusters;
    use crate::tables::Evictions;

    #[test]
    fn ids_are_bounded_and_those_that_were_are_not_believed() {
        let (mut ids, mut clusters) = (Ids::new(2), Clusters::new(2));
        let [a, b] = [1, 2].map(|host| {
            clusters.of(Endpoint::v4([10, 0, 0, host], 9092), &mut Evictions::default())
        });
        let mut tell = |cluster, name: &str, id| {
            let told = ids.tell(cluster, &Arc::from(name), TopicId([id; 16]));
            (told.is_another, told.is_evicted)
        };
        assert_eq!(tell(a, "t", 1), (false, false));
        assert_eq!(tell(b, "t", 2), (false, false), "another cluster's");
        assert_eq!((tell(a, "t", 3), tell(a, "t", 1)), ((true, false), (false, false)));
        assert_eq!(tell(a, "u", 4), (false, true));
        assert_eq!(tell(a, "t", 5), (true, false), "not the oldest");
        ids.forget(a);
        assert_eq!(ids.topics.len(), 0);
        let t = Arc::from("t");
        ids.tell(a, &t, TopicId([1; 16]));
        ids.join(a, b);
        assert!(ids.tell(b, &t, TopicId([2; 16])).is_another);
        assert_eq!(ids.topics.len(), 1);
    }
}
