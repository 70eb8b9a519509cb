//! A topic's name becomes known: what is kept under its id is kept under its name from then on.

use std::sync::Arc;

use super::{Change, Cluster, Committed, GroupKey, Groups, Topic};
use crate::decode::TopicId;
use crate::tables::Table;

impl Groups {
    /// A topic's name became known.
    pub fn named(&mut self, id: TopicId, name: &Arc<str>) {
        let (from, to) = (Topic::Id(id), Topic::Name(Arc::clone(name)));
        let mut is_new_topic = false;
        for (cluster, group) in self.unnamed.take(id) {
            // What is kept under the name is an older topic's, perhaps.
            self.identify(cluster, name, id);
            is_new_topic |= match group {
                Some(group) => self.rename_in_group(&(cluster, group), &from, &to),
                None => self.rename_watermarks(&(cluster, from.clone()), &(cluster, to.clone())),
            };
        }
        if is_new_topic {
            self.changes.push(Change::Topic(to));
        }
    }

    /// Something of a topic is held, under its id if that is all that is known of it.
    pub(super) fn hold(&mut self, cluster: Cluster, group: Option<&Arc<str>>, topic: &Topic) {
        let Topic::Id(id) = topic else {
            return;
        };
        self.unnamed.add(*id, (cluster, group.cloned()));
        // Each that holds something holds a partition.
        let most = self.limits.partitions.saturating_add(self.limits.watermarks);
        if self.unnamed.len() > most.saturating_mul(2) {
            self.tidy_unnamed();
        }
    }

    pub(super) fn tidy_unnamed(&mut self) {
        let Self { by_name, watermarks, unnamed, .. } = self;
        unnamed.retain(|id, (cluster, group)| match group {
            Some(name) => by_name
                .peek(&(*cluster, Arc::clone(name)))
                .is_some_and(|group| group.offsets.has(&Topic::Id(id))),
            None => watermarks.has(&(*cluster, Topic::Id(id))),
        });
    }

    fn rename_in_group(&mut self, key: &GroupKey, from: &Topic, to: &Topic) -> bool {
        let Some(group) = self.by_name.peek_mut(key) else {
            return false;
        };
        let before = group.offsets.len();
        let is_newer = |a: &Committed, b: &Committed| a.sampled >= b.sampled;
        let kept = group.offsets.rename(from, to, is_newer);
        let removed = before.saturating_sub(group.offsets.len());
        self.partitions = self.partitions.saturating_sub(removed);
        self.evictions.add(Table::GroupPartitions, kept.evicted);
        kept.is_new_topic
    }

    pub(super) fn rename_watermarks(
        &mut self,
        from: &(Cluster, Topic),
        to: &(Cluster, Topic),
    ) -> bool {
        let kept = self.watermarks.rename(from, to, |mark, other| mark.at >= other.at);
        self.evictions.add(Table::Watermarks, kept.evicted);
        kept.is_new_topic
    }
}
