//! High watermarks: answers to Fetch and ListOffsets in.

use std::collections::HashSet;

use super::{Change, Cluster, Groups, Place, Topic, answers};
use crate::event::Exchange;
use crate::tables::Table;
use crate::time::Timestamp;

/// How far a partition has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The offset behind the last record that consumers may read up to.
    pub offset: i64,
    /// When it was told.
    pub at: Timestamp,
    /// By whom.
    pub place: Place,
}

/// What a consumer names itself among replicas.
const CONSUMER: i32 = -1;
/// The time that asks for the latest offset.
const LATEST: i64 = -1;
/// Isolation level at which the latest offset is not the high watermark, but the last stable one.
const READ_COMMITTED: i8 = 1;

impl Groups {
    /// Fetch: each partition comes with its high watermark.
    pub(super) fn fetched(&mut self, exchange: &Exchange, now: Timestamp) {
        let Some(response) = answers::answered(exchange) else {
            return;
        };
        let cluster = self.cluster(exchange);
        for (topic, offsets) in answers::offsets_by_topic(response) {
            let offsets = offsets.map(|(partition, offset)| (partition.index, offset));
            self.mark(exchange, (cluster, topic), offsets, now);
        }
    }

    /// ListOffsets: the latest offset of a consumer that reads everything is the high watermark; that of
    /// a replica, or of a tool that asks as one (-2), is the log's end. To version 0 it is one of several.
    pub(super) fn listed(&mut self, exchange: &Exchange, now: Timestamp) {
        let (Some(request), Some(response)) =
            (exchange.request.as_deref(), answers::answered(exchange))
        else {
            return;
        };
        let is_consumer = request.replica.is_none_or(|replica| replica == CONSUMER);
        let reads_all = request.isolation != Some(READ_COMMITTED);
        if !is_consumer || !reads_all || exchange.header.api_version < 1 {
            return;
        }
        let asked = answers::offsets(request).filter(|(_, _, time)| *time == LATEST);
        let asked: HashSet<_> = asked.map(|(topic, p, _)| (topic, p.index)).collect();
        let cluster = self.cluster(exchange);
        for (topic, partition, offset) in answers::offsets(response) {
            let key = (topic, partition.index);
            if asked.contains(&key) {
                self.mark(exchange, (cluster, key.0), [(partition.index, offset)], now);
            }
        }
    }

    fn mark(
        &mut self,
        exchange: &Exchange,
        topic: (Cluster, Topic),
        offsets: impl IntoIterator<Item = (i32, i64)>,
        now: Timestamp,
    ) {
        let place = Place::of(exchange);
        let marks = offsets.into_iter().filter(|(_, offset)| *offset >= 0);
        let marks = marks.map(|(index, offset)| (index, Mark { offset, at: now, place }));
        // Two answers on their way at once may overtake each other.
        let kept = self.watermarks.set_all(&topic, marks, |present, mark| {
            present.offset > mark.offset && exchange.time.is_some_and(|asked| asked <= present.at)
        });
        self.evictions.add(Table::Watermarks, kept.evicted);
        if kept.is_new_topic {
            self.hold(topic.0, None, &topic.1);
            self.changes.push(Change::Topic(topic.1));
        }
    }
}
