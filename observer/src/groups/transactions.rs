//! Offsets that a transaction commits, if it ends well (KIP-98).

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashlink::LruCache;

use super::{Cluster, Place, Topic};

/// Offsets by the producer whose transaction they wait for.
#[derive(Debug)]
pub struct Transactions {
    open: LruCache<Key, Vec<Pending>, RandomState>,
    len: usize,
    cap: usize,
}

/// A producer: its cluster, and its number there.
pub type Key = (Cluster, i64);

/// An offset that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The group.
    pub group: Arc<str>,
    /// Its coordinator.
    pub place: Place,
    /// The partition's topic.
    pub topic: Topic,
    /// The partition.
    pub index: i32,
    /// The offset.
    pub offset: i64,
}

impl Transactions {
    /// Room for so many offsets.
    pub fn new(cap: usize) -> Self {
        Self { open: LruCache::with_hasher(usize::MAX, RandomState::default()), len: 0, cap }
    }

    /// A producer's transaction holds an offset. Returns how many made room for it.
    pub fn add(&mut self, producer: Key, pending: Pending) -> usize {
        self.open.entry(producer).or_insert_with(Vec::new).push(pending);
        self.len = self.len.saturating_add(1);
        if self.len <= self.cap {
            return 0;
        }
        // Where there is but one, that is the one.
        self.open.remove_lru().map_or(0, |(_, dropped)| {
            self.len = self.len.saturating_sub(dropped.len());
            dropped.len()
        })
    }

    /// A producer's transaction has ended: what it held.
    pub fn end(&mut self, producer: Key) -> Vec<Pending> {
        let ended = self.open.remove(&producer).unwrap_or_default();
        self.len = self.len.saturating_sub(ended.len());
        ended
    }

    /// The one cluster is the other.
    pub fn join(&mut self, from: Cluster, to: Cluster) {
        let theirs = |key: &Key| key.0 == from;
        let keys: Vec<_> = self.open.iter().map(|(key, _)| *key).filter(theirs).collect();
        for key in keys {
            let pending = self.open.remove(&key).unwrap_or_default();
            self.open.entry((to, key.1)).or_insert_with(Vec::new).extend(pending);
        }
    }

    /// Forgets what is held of topics that are gone.
    pub fn forget_topics(&mut self, cluster: Cluster, topics: &HashSet<Topic, RandomState>) {
        let mut forgotten = 0_usize;
        for (_, held) in self.open.iter_mut().filter(|(key, _)| key.0 == cluster) {
            let before = held.len();
            held.retain(|pending| !topics.contains(&pending.topic));
            forgotten = forgotten.saturating_add(before.saturating_sub(held.len()));
        }
        self.len = self.len.saturating_sub(forgotten);
        self.open.retain(|_, held| !held.is_empty());
    }

    /// Forgets a cluster's.
    pub fn forget(&mut self, cluster: Cluster) {
        self.open.retain(|key, _| key.0 != cluster);
        self.len = self.open.iter().fold(0, |sum, (_, held)| sum.saturating_add(held.len()));
    }
}
