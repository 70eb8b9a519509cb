//! Which groups and high watermarks are kept under a topic's id: what learns its name finds them here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::Cluster;
use crate::decode::TopicId;

/// What holds something of a topic: a group, or the high watermarks.
pub type Holder = (Cluster, Option<Arc<str>>);

/// Holders by topic. Some may hold nothing any more.
#[derive(Debug, Default)]
pub struct Unnamed {
    ids: HashMap<TopicId, HashSet<Holder, RandomState>, RandomState>,
    len: usize,
}

impl Unnamed {
    /// Something of this topic is held.
    pub fn add(&mut self, id: TopicId, holder: Holder) {
        if self.ids.entry(id).or_default().insert(holder) {
            self.len = self.len.saturating_add(1);
        }
    }

    /// Who holds something of the topic, which has a name from now on.
    pub fn take(&mut self, id: TopicId) -> HashSet<Holder, RandomState> {
        let holders = self.ids.remove(&id).unwrap_or_default();
        self.len = self.len.saturating_sub(holders.len());
        holders
    }

    /// How many there are, topic by topic.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Forgets who holds nothing any more.
    pub fn retain(&mut self, holds: impl Fn(TopicId, &Holder) -> bool) {
        let mut len = 0_usize;
        self.ids.retain(|id, holders| {
            holders.retain(|holder| holds(*id, holder));
            len = len.saturating_add(holders.len());
            !holders.is_empty()
        });
        self.len = len;
    }

    /// The one cluster is the other.
    pub fn join(&mut self, from: Cluster, to: Cluster) {
        let mut len = 0_usize;
        for holders in self.ids.values_mut() {
            let theirs: Vec<_> = holders.extract_if(|holder| holder.0 == from).collect();
            holders.extend(theirs.into_iter().map(|(_, group)| (to, group)));
            len = len.saturating_add(holders.len());
        }
        self.len = len;
    }
}
