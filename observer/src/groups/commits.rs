//! Offsets of groups: commits, what is asked about them, share groups' states, transactions.

use std::collections::HashSet;
use std::sync::Arc;

use super::group::Told;
use super::transactions::Pending;
use super::{Change, Cluster, GroupKey, Groups, Place, Topic, answers};
use crate::decode::Producer;
use crate::event::Exchange;
use crate::tables::Table;
use crate::time::Timestamp;

/// The topic that holds what groups commit.
const OFFSETS: &str = "__consumer_offsets";

impl Groups {
    /// OffsetCommit: what was not refused is where the group goes on.
    pub(super) fn committed(&mut self, exchange: &Exchange, now: Timestamp) {
        let Some((request, response)) = answers::both(exchange) else {
            return;
        };
        let Some(name) = request.groups.first() else {
            return;
        };
        let (key, place) = (self.key(exchange, name), Place::of(exchange));
        let mut is_any_taken = false;
        for (topic, partition, offset) in answers::taken(request, response) {
            is_any_taken = true;
            self.learn(&key, place, Told::Commit, now, (topic, partition.index, offset, None));
        }
        if !is_any_taken {
            return;
        }
        let step = self.group(&key, place, now).membership.heard(request.members.first(), now);
        self.note(&key, step);
        self.changes.push(Change::Committed(Arc::clone(name), place));
    }

    /// A share group's state was written, or its start moved by hand.
    pub(super) fn state_written(&mut self, exchange: &Exchange, now: Timestamp) {
        let Some((request, response)) = answers::both(exchange) else {
            return;
        };
        let Some(name) = request.groups.first() else {
            return;
        };
        let key = self.key(exchange, name);
        // Not the coordinator, if that is known.
        let place = self.place(&key).unwrap_or(Place::of(exchange));
        // One below zero leaves the first offset as it is.
        let taken = answers::taken(request, response).filter(|(_, _, offset)| *offset >= 0);
        for (topic, partition, offset) in taken {
            let at = (topic, partition.index, offset, partition.records);
            self.learn(&key, place, Told::State, now, at);
        }
    }

    /// Somebody asked where groups go on: OffsetFetch, DescribeShareGroupOffsets, and the reading of
    /// a share group's state.
    pub(super) fn asked(&mut self, exchange: &Exchange, now: Timestamp) {
        let (Some(request), Some(response)) =
            (exchange.request.as_deref(), answers::answered(exchange))
        else {
            return;
        };
        let told = Told::Asked(exchange.time.unwrap_or(now));
        let cluster = self.cluster(exchange);
        for (topic, partition, offset) in answers::offsets(response) {
            let named = response.topic(partition.topic).and_then(|topic| topic.group);
            let name = match named {
                Some(index) => response.groups.get(usize::from(index)),
                None => request.groups.first(),
            };
            let Some(name) = name else {
                continue;
            };
            let key = (cluster, Arc::clone(name));
            let place = self.place(&key).unwrap_or(Place::of(exchange));
            let at = (topic, partition.index, offset, partition.records);
            self.learn(&key, place, told, now, at);
        }
    }

    /// TxnOffsetCommit: what was not refused waits for the transaction's end.
    pub(super) fn promised(&mut self, exchange: &Exchange) {
        let Some((request, response)) = answers::both(exchange) else {
            return;
        };
        let (Some(name), Some(producer)) = (request.groups.first(), request.producers.first())
        else {
            return;
        };
        let (cluster, place) = (self.cluster(exchange), Place::of(exchange));
        for (topic, partition, offset) in answers::taken(request, response) {
            let group = Arc::clone(name);
            let pending = Pending { group, place, topic, index: partition.index, offset };
            let evicted = self.transactions.add((cluster, producer.id), pending);
            self.evictions.add(Table::PendingOffsets, evicted);
        }
    }

    /// EndTxn: the transaction's coordinator has decided, unless it refused: then the transaction is as
    /// it was, as for a producer that another of its name has fenced. Where it shall be aborted and no
    /// refusal was seen, nothing of it is taken to be committed.
    pub(super) fn ended(&mut self, exchange: &Exchange, now: Timestamp) {
        let Some(producer) = exchange.request.as_ref().and_then(|r| r.producers.first()) else {
            return;
        };
        let is_refused = answers::answered(exchange).is_some_and(|r| !r.errors.is_empty());
        let is_aborted = producer.is_committed == Some(false) && !is_refused;
        if is_aborted || answers::granted(exchange).is_some() {
            let cluster = self.cluster(exchange);
            self.settle(cluster, producer, now);
        }
    }

    /// WriteTxnMarkers: the transaction's coordinator tells the groups' what it has decided, which may
    /// be all that is seen of it.
    pub(super) fn marked(&mut self, exchange: &Exchange, now: Timestamp) {
        let cluster = self.cluster(exchange);
        for producer in answers::marked(exchange, OFFSETS) {
            self.settle(cluster, &producer, now);
        }
    }

    /// InitProducerId: a transaction that the producer left open is aborted; one that it has prepared
    /// goes on if it says so.
    pub(super) fn begun(&mut self, exchange: &Exchange) {
        if let Some((request, response)) = answers::granted(exchange)
            && request.keeps_transaction() != Some(true)
            && let Some(producer) = response.producers.first()
        {
            let cluster = self.cluster(exchange);
            self.transactions.end((cluster, producer.id));
        }
    }

    /// A transaction's offsets are committed, or were never said.
    fn settle(&mut self, cluster: Cluster, producer: &Producer, now: Timestamp) {
        let pending = self.transactions.end((cluster, producer.id));
        if producer.is_committed != Some(true) {
            return;
        }
        let mut groups = HashSet::new();
        for Pending { group, place, topic, index, offset } in pending {
            let key = (cluster, Arc::clone(&group));
            self.learn(&key, place, Told::Commit, now, (topic, index, offset, None));
            if groups.insert(Arc::clone(&group)) {
                self.changes.push(Change::Committed(group, place));
            }
        }
    }

    fn learn(
        &mut self,
        key: &GroupKey,
        place: Place,
        told: Told,
        now: Timestamp,
        (topic, index, offset, done): (Topic, i32, i64, Option<u32>),
    ) {
        if offset < 0 {
            return self.unlearn(key, told, &topic, index);
        }
        let group = self.group(key, place, now);
        let before = group.offsets.len();
        let kept = group.set(&topic, index, (offset, done), told, now);
        let after = group.offsets.len();
        self.partitions = self.partitions.saturating_sub(before).saturating_add(after);
        self.evictions.add(Table::GroupPartitions, kept.evicted);
        if kept.is_new_topic {
            self.hold(key.0, Some(&key.1), &topic);
            self.changes.push(Change::Topic(topic));
        }
        self.make_room_for_partitions();
    }

    /// A group has no offset there, unless it has committed one since.
    fn unlearn(&mut self, key: &GroupKey, told: Told, topic: &Topic, index: i32) {
        if let Some(group) = self.by_name.get_mut(key) {
            let before = group.offsets.len();
            group.unset(topic, index, told);
            let removed = before.saturating_sub(group.offsets.len());
            self.partitions = self.partitions.saturating_sub(removed);
        }
    }
}
