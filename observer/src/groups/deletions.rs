//! What is deleted: groups, topics, offsets.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::{Cluster, Groups, Topic, answers};
use crate::event::Exchange;
use crate::protocol::error_code::ErrorCode;

impl Groups {
    /// OffsetDelete and the like. Which partitions were deleted is not told, but which were not: so all
    /// others of such a topic are unknown now.
    pub(super) fn offsets_deleted(&mut self, exchange: &Exchange) {
        let Some((request, response)) = answers::both(exchange) else {
            return;
        };
        let Some(name) = request.groups.first() else {
            return;
        };
        let key = self.key(exchange, name);
        if let Some(group) = self.by_name.get_mut(&key) {
            let before = group.offsets.len();
            for (topic, refused) in answers::deleted(response) {
                group.offsets.remove_topic(&topic, |index| refused.contains(&index));
            }
            self.partitions =
                self.partitions.saturating_sub(before.saturating_sub(group.offsets.len()));
        }
    }

    /// DeleteGroups: those that are not refused are gone, and so are those that are not found.
    pub(super) fn groups_deleted(&mut self, exchange: &Exchange) {
        let Some((_, response)) = answers::both(exchange) else {
            return;
        };
        let cluster = self.cluster(exchange);
        let failed = response.failed_groups.iter();
        let failed = failed.filter(|(_, code)| *code != ErrorCode::GROUP_ID_NOT_FOUND);
        let failed: HashSet<_> = failed.map(|(index, _)| usize::from(*index)).collect();
        for (index, name) in response.groups.iter().enumerate() {
            let key = (cluster, Arc::clone(name));
            if !failed.contains(&index)
                && let Some(group) = self.by_name.remove(&key)
            {
                self.partitions = self.partitions.saturating_sub(group.offsets.len());
            }
        }
    }

    /// DeleteTopics: a topic of the same name will begin anew.
    pub(super) fn topics_deleted(&mut self, exchange: &Exchange) {
        let Some((_, response)) = answers::both(exchange) else {
            return;
        };
        let cluster = self.cluster(exchange);
        let topics = response.topics.iter().filter(|topic| !topic.is_failed);
        let topics: HashSet<_, _> = topics.filter_map(Topic::of).collect();
        for topic in &topics {
            if let Topic::Name(name) = topic {
                self.ids.remove(cluster, name);
            }
        }
        self.forget_topics(cluster, &topics);
    }

    /// Nothing is known of these topics any more.
    pub(super) fn forget_topics(&mut self, cluster: Cluster, topics: &HashSet<Topic, RandomState>) {
        for topic in topics {
            self.watermarks.remove_topic(&(cluster, topic.clone()), |_| false);
        }
        self.transactions.forget_topics(cluster, topics);
        let groups = self.by_name.iter_mut().filter(|((its, _), _)| *its == cluster);
        for (_, group) in groups {
            let before = group.offsets.len();
            group.offsets.remove_topics(topics);
            let removed = before.saturating_sub(group.offsets.len());
            self.partitions = self.partitions.saturating_sub(removed);
        }
    }
}
