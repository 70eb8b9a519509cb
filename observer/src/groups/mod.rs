//! Groups: exchanges in; members, progress and lag out.
//!
//! A group's commits pass its coordinator, the high watermarks pass the leaders of the partitions: only
//! the cluster of a broker tells what belongs together.
//!
//! - `clients`: which client belongs to which group
//! - `group`: one group; `presence`, `membership`, `members`: who is in it; `commits`: how far it has come
//! - `clusters`: which cluster a broker is of, one table that is `shared`; `joining`: what is known of
//!   two that are one
//! - `deletions`: what is no longer there; `ids`: which topic of a name it is
//! - `transactions`: commits that wait for the end of a transaction
//! - `watermarks`: how far partitions have come
//! - `answers`: what a response grants of what its request asks for
//! - `partitions`: values by topic and partition; `topic`: by name or by id
//! - `naming`: a topic's name becomes known; `unnamed`: who holds something of one without
//! - `limits`: bounds; `place`: seen from where; `reading`: all that is known at one moment
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    forbid(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]

mod answers;
mod clients;
mod clusters;
mod commits;
mod deletions;
mod group;
mod ids;
mod joining;
mod limits;
mod members;
mod membership;
mod naming;
mod partitions;
mod place;
mod presence;
mod reading;
#[cfg(test)]
pub(crate) mod samples;
mod shared;
#[cfg(test)]
mod tests;
mod topic;
mod transactions;
mod unnamed;
mod watermarks;

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashlink::LruCache;

pub use clients::Clients;
use clusters::Cluster;
use group::{Committed, Group};
use ids::Ids;
pub use limits::Limits;
use partitions::Partitions;
pub use place::Place;
pub use reading::{GroupReading, PartitionReading, Reading, WatermarkReading};
pub use shared::SharedClusters;
pub use topic::Topic;
use transactions::Transactions;
use unnamed::Unnamed;
use watermarks::Mark;

use crate::event::Exchange;
use crate::protocol::api::ApiKey;
use crate::tables::{Evictions, Table};
use crate::time::Timestamp;

/// All groups, and how far the partitions have come that they read.
#[derive(Debug)]
pub struct Groups {
    limits: Limits,
    /// The one of which nothing was seen for longest first.
    by_name: LruCache<GroupKey, Group, RandomState>,
    /// Partitions of which a group's offset is known, all groups together.
    partitions: usize,
    watermarks: Partitions<(Cluster, Topic), Mark>,
    unnamed: Unnamed,
    ids: Ids,
    transactions: Transactions,
    clusters: SharedClusters,
    evictions: Evictions,
    changes: Vec<Change>,
}

/// A group: its cluster, and its name there.
type GroupKey = (Cluster, Arc<str>);

/// Something to count or to name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A group was seen for the first time.
    Group(Arc<str>),
    /// Something is known of a topic for the first time.
    Topic(Topic),
    /// A group's members were settled anew.
    Rebalanced(Arc<str>, Place),
    /// A group committed: one request, or one transaction.
    Committed(Arc<str>, Place),
}

impl Groups {
    /// Nothing is known.
    pub fn new(limits: Limits) -> Self {
        Self {
            by_name: LruCache::with_hasher(usize::MAX, RandomState::default()),
            partitions: 0,
            watermarks: Partitions::new(limits.watermarks),
            unnamed: Unnamed::default(),
            ids: Ids::new(limits.watermarks),
            transactions: Transactions::new(limits.pending),
            clusters: SharedClusters::new(limits.brokers).followed(),
            evictions: Evictions::default(),
            changes: Vec::new(),
            limits,
        }
    }

    /// Learns from an exchange that ended at this time.
    pub fn exchange(&mut self, exchange: &Exchange, now: Timestamp) {
        self.follow_clusters(exchange);
        match exchange.api_key() {
            ApiKey::FETCH => self.fetched(exchange, now),
            ApiKey::LIST_OFFSETS => self.listed(exchange, now),
            ApiKey::OFFSET_COMMIT => self.committed(exchange, now),
            ApiKey::OFFSET_FETCH
            | ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS
            | ApiKey::READ_SHARE_GROUP_STATE
            | ApiKey::READ_SHARE_GROUP_STATE_SUMMARY => self.asked(exchange, now),
            ApiKey::INITIALIZE_SHARE_GROUP_STATE
            | ApiKey::WRITE_SHARE_GROUP_STATE
            | ApiKey::ALTER_SHARE_GROUP_OFFSETS => self.state_written(exchange, now),
            ApiKey::OFFSET_DELETE
            | ApiKey::DELETE_SHARE_GROUP_OFFSETS
            | ApiKey::DELETE_SHARE_GROUP_STATE => self.offsets_deleted(exchange),
            ApiKey::TXN_OFFSET_COMMIT => self.promised(exchange),
            ApiKey::END_TXN => self.ended(exchange, now),
            ApiKey::WRITE_TXN_MARKERS => self.marked(exchange, now),
            ApiKey::INIT_PRODUCER_ID => self.begun(exchange),
            ApiKey::DELETE_GROUPS => self.groups_deleted(exchange),
            ApiKey::DELETE_TOPICS => self.topics_deleted(exchange),
            ApiKey::METADATA | ApiKey::CREATE_TOPICS | ApiKey::DESCRIBE_TOPIC_PARTITIONS => {
                self.topics_told(exchange);
            }
            ApiKey::JOIN_GROUP
            | ApiKey::SYNC_GROUP
            | ApiKey::HEARTBEAT
            | ApiKey::LEAVE_GROUP
            | ApiKey::CONSUMER_GROUP_HEARTBEAT
            | ApiKey::SHARE_GROUP_HEARTBEAT
            | ApiKey::STREAMS_GROUP_HEARTBEAT => self.member(exchange, now),
            _ => {}
        }
    }

    /// Forgets groups of which nothing was seen for long, and high watermarks that are as old and
    /// that no group needs.
    pub fn expire(&mut self, now: Timestamp) {
        let idle = self.limits.idle;
        self.by_name.retain(|_, group| now.since(group.seen) <= idle);
        self.count_partitions();
        let Self { by_name, watermarks, .. } = self;
        let topics = by_name.iter().flat_map(|((cluster, _), group)| {
            group.offsets.topics().map(|topic| (*cluster, topic))
        });
        let needed: HashSet<_> = topics.collect();
        watermarks.retain(|(cluster, topic), _, mark| {
            needed.contains(&(*cluster, topic)) || now.since(mark.at) <= idle
        });
        self.tidy_unnamed();
    }

    /// Whether anything changed since the last call.
    pub const fn has_changed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// What changed since the last call.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Evictions by table.
    pub const fn evictions(&self) -> &Evictions {
        &self.evictions
    }

    /// The clusters of all brokers, for others who ask.
    pub fn clusters(&self) -> SharedClusters {
        self.clusters.clone()
    }

    /// The groups.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.by_name.iter().map(|((_, name), _)| name)
    }

    /// The topics of which something is known; some more than once.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        let of_groups = self.by_name.iter().flat_map(|(_, group)| group.offsets.topics());
        self.watermarks.topics().map(|(_, topic)| topic).chain(of_groups)
    }

    /// The cluster of an exchange.
    fn cluster(&mut self, exchange: &Exchange) -> Cluster {
        self.clusters.of(exchange.peers.broker, &mut self.evictions)
    }

    /// A group of this name in the cluster of an exchange.
    fn key(&mut self, exchange: &Exchange, name: &Arc<str>) -> GroupKey {
        (self.cluster(exchange), Arc::clone(name))
    }

    /// A group of which something is seen now at its coordinator.
    fn group(&mut self, key: &GroupKey, place: Place, now: Timestamp) -> &mut Group {
        if !self.by_name.contains_key(key) {
            self.changes.push(Change::Group(Arc::clone(&key.1)));
            if self.by_name.len() >= self.limits.groups {
                self.evict_group();
            }
        }
        let Self { by_name, limits, .. } = self;
        let group = by_name.entry(key.clone()).or_insert_with(|| Group::new(place, limits));
        group.seen = now;
        group.place = group.place.and(place);
        group
    }

    fn place(&self, key: &GroupKey) -> Option<Place> {
        self.by_name.peek(key).map(|group| group.place)
    }

    fn count_partitions(&mut self) {
        self.partitions =
            self.by_name.iter().fold(0, |n, (_, group)| n.saturating_add(group.offsets.len()));
    }

    fn make_room_for_partitions(&mut self) {
        while self.partitions > self.limits.partitions && !self.by_name.is_empty() {
            self.evict_group();
        }
    }

    /// Forgets the group of which nothing was seen for longest.
    fn evict_group(&mut self) {
        let Some((_, group)) = self.by_name.remove_lru() else {
            return;
        };
        let partitions = group.offsets.len();
        self.partitions = self.partitions.saturating_sub(partitions);
        self.evictions.count(Table::Groups);
        self.evictions.add(Table::GroupPartitions, partitions);
    }
}
