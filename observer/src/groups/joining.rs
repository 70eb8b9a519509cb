//! What is known of a cluster that shows to be another, or is gone.

use std::sync::Arc;

use super::clusters::Finding;
use super::{Cluster, Groups, Topic};
use crate::event::Exchange;

impl Groups {
    /// Learns which brokers are of one cluster.
    pub(super) fn follow_clusters(&mut self, exchange: &Exchange) {
        self.clusters.learn(exchange, &mut self.evictions);
        for finding in self.clusters.take_findings() {
            match finding {
                Finding::Same(from, to) => self.join(from, to),
                Finding::Gone(cluster) => self.forget(cluster),
            }
        }
    }

    fn join(&mut self, from: Cluster, to: Cluster) {
        self.join_groups(from, to);
        let topics = self.watermarks.topics().filter(|(cluster, _)| *cluster == from);
        let topics: Vec<Topic> = topics.map(|(_, topic)| topic.clone()).collect();
        for topic in topics {
            self.rename_watermarks(&(from, topic.clone()), &(to, topic));
        }
        self.transactions.join(from, to);
        self.unnamed.join(from, to);
        self.ids.join(from, to);
    }

    /// Of a group that is in both, what was seen last is known.
    fn join_groups(&mut self, from: Cluster, to: Cluster) {
        let names = self.by_name.iter().filter(|((cluster, _), _)| *cluster == from);
        let names: Vec<_> = names.map(|((_, name), _)| Arc::clone(name)).collect();
        for name in names {
            let Some(group) = self.by_name.remove(&(from, Arc::clone(&name))) else {
                continue;
            };
            let key = (to, name);
            let is_older = self.by_name.peek(&key).is_some_and(|its| its.seen > group.seen);
            let dropped = if is_older { Some(group) } else { self.by_name.insert(key, group) };
            let dropped = dropped.map_or(0, |group| group.offsets.len());
            self.partitions = self.partitions.saturating_sub(dropped);
        }
    }

    fn forget(&mut self, cluster: Cluster) {
        self.by_name.retain(|(its, _), _| *its != cluster);
        self.count_partitions();
        self.watermarks.retain(|(its, _), _, _| *its != cluster);
        self.transactions.forget(cluster);
        self.unnamed.retain(|_, (its, _)| *its != cluster);
        self.ids.forget(cluster);
    }
}
