//! Topics' names, and brokers' clusters: what is counted by an id until a name comes, or until none is
//! waited for.

use std::sync::Arc;

use super::Metrics;
use super::unresolved::{Amount, Kind};
use crate::decode::TopicId;
use crate::groups::SharedClusters;

impl Metrics {
    /// The clusters of all brokers, for the pipeline that tells of their exchanges.
    pub fn clusters(&self) -> SharedClusters {
        self.groups.clusters()
    }

    /// A topic's name became known: what waited for it counts under it.
    pub(super) fn named(&mut self, id: TopicId, name: &Arc<str>) {
        let Self { labels, errors, topics, unresolved, groups, now, .. } = self;
        for amount in unresolved.take(id) {
            match amount.kind {
                Kind::Errors => errors.named(labels, amount.key, name, *now),
                Kind::Moved(_) => topics.add(labels, amount, name, *now),
            }
        }
        groups.named(labels, id, name, *now);
    }

    /// Gives up waiting for names that have not come in time, however long series are kept.
    pub(super) fn expire_unresolved(&mut self) {
        let given_up = self.unresolved.expire(&self.labels, self.now);
        self.count_by_id(given_up);
    }

    /// Gives up waiting for all names.
    pub(super) fn settle_unresolved(&mut self) {
        let given_up = self.unresolved.give_up(&self.labels, |_| true);
        self.count_by_id(given_up);
    }

    /// Errors count by their id already.
    fn count_by_id(&mut self, given_up: Vec<(TopicId, Amount)>) {
        let Self { labels, topics, now, .. } = self;
        let is_moved = |(_, amount): &(TopicId, Amount)| amount.kind != Kind::Errors;
        for (id, amount) in given_up.into_iter().filter(is_moved) {
            topics.add(labels, amount, &id.to_string(), *now);
        }
    }
}
