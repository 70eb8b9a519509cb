//! What is known of all groups at one moment.

use std::sync::Arc;

use super::{Cluster, Committed, Group, Groups, Place, Topic};
use crate::time::Timestamp;

/// All groups, and all partitions whose high watermark is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The moment.
    pub now: Timestamp,
    /// Groups.
    pub groups: Vec<GroupReading>,
    /// Partitions.
    pub watermarks: Vec<WatermarkReading>,
}

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupReading {
    /// Its name.
    pub name: Arc<str>,
    /// Its coordinator.
    pub place: Place,
    /// Members, if any was ever heard.
    pub members: Option<usize>,
    /// Generation or epoch.
    pub generation: Option<i32>,
    /// Partitions of which its offset is known.
    pub partitions: Vec<PartitionReading>,
}

/// Where a group goes on in a partition.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionReading {
    /// The partition's topic.
    pub topic: Topic,
    /// The partition.
    pub index: i32,
    /// The next offset to read.
    pub offset: i64,
    /// When that was last told.
    pub sampled: Timestamp,
    /// When a commit was last seen.
    pub last_commit: Option<Timestamp>,
    /// How far it is behind the high watermark, and when that was told; `None` until it was.
    pub lag: Option<(i64, Timestamp)>,
}

/// A partition's high watermark.
#[derive(Clone, Debug, PartialEq)]
pub struct WatermarkReading {
    /// The partition's topic.
    pub topic: Topic,
    /// The partition.
    pub index: i32,
    /// Who told it.
    pub place: Place,
    /// The offset behind the last record that consumers may read up to.
    pub offset: i64,
}

impl Groups {
    /// What is known at this time.
    pub fn read(&self, now: Timestamp) -> Reading {
        let groups = self.by_name.iter().map(|((cluster, name), group)| GroupReading {
            name: Arc::clone(name),
            place: group.place,
            members: group.membership.count(now),
            generation: group.membership.generation(),
            partitions: self.partitions(*cluster, group).collect(),
        });
        let watermarks = self.watermarks.iter().map(|((_, topic), index, mark)| WatermarkReading {
            topic: topic.clone(),
            index,
            place: mark.place,
            offset: mark.offset,
        });
        Reading { now, groups: groups.collect(), watermarks: watermarks.collect() }
    }

    fn partitions(
        &self,
        cluster: Cluster,
        group: &Group,
    ) -> impl Iterator<Item = PartitionReading> {
        group.offsets.iter().map(move |(topic, index, committed)| {
            let lag = self.watermarks.get(&(cluster, topic.clone()), index).map(|mark| {
                let done = committed.offset.saturating_add(committed.done.into());
                (mark.offset.saturating_sub(done).max(0), mark.at)
            });
            let &Committed { offset, sampled, last_commit, .. } = committed;
            PartitionReading { topic: topic.clone(), index, offset, sampled, last_commit, lag }
        })
    }
}
