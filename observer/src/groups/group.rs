//! One group: who is in it, and how far it has come.

use super::membership::Membership;
use super::partitions::{Kept, Partitions};
use super::{Limits, Place, Topic};
use crate::time::Timestamp;

/// A group.
#[derive(Debug)]
pub struct Group {
    /// Its coordinator.
    pub place: Place,
    /// When anything was last seen of it.
    pub seen: Timestamp,
    /// Its members.
    pub membership: Membership,
    /// Where it goes on, by partition.
    pub offsets: Partitions<Topic, Committed>,
}

/// Where a group goes on reading a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The next offset to read; of a share group the first that is not done.
    pub offset: i64,
    /// Records behind it that are done (share groups).
    pub done: u32,
    /// When it was last told.
    pub sampled: Timestamp,
    /// When a commit was last seen.
    pub last_commit: Option<Timestamp>,
}

/// How an offset was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A commit was granted.
    Commit,
    /// Where a share group's state was written.
    State,
    /// Somebody asked; from then on it is true.
    Asked(Timestamp),
}

impl Group {
    /// Nothing is known of it.
    pub fn new(place: Place, limits: &Limits) -> Self {
        Self {
            place,
            seen: Timestamp::default(),
            membership: Membership::new(limits.members_per_group),
            offsets: Partitions::new(limits.partitions_per_group),
        }
    }

    /// Where it goes on is known.
    pub fn set(
        &mut self,
        topic: &Topic,
        index: i32,
        (offset, done): (i64, Option<u32>),
        told: Told,
        now: Timestamp,
    ) -> Kept {
        let before = self.offsets.get(topic, index);
        let last_commit = match told {
            Told::Commit => Some(now),
            Told::State | Told::Asked(_) => before.and_then(|before| before.last_commit),
        };
        let is_same = |before: &&Committed| before.offset == offset;
        let done = done.or(before.filter(is_same).map(|before| before.done)).unwrap_or_default();
        let value = Committed { offset, done, sampled: now, last_commit };
        self.offsets.set(topic, index, value, |present| {
            present.offset != offset && told.is_overtaken(present)
        })
    }

    /// It has no offset there.
    pub fn unset(&mut self, topic: &Topic, index: i32, told: Told) {
        let is_overtaken = self.offsets.get(topic, index).is_some_and(|p| told.is_overtaken(p));
        if !is_overtaken {
            self.offsets.remove(topic, index);
        }
    }
}

impl Told {
    /// What was answered while a commit passed may be older than it.
    fn is_overtaken(self, present: &Committed) -> bool {
        match self {
            Self::Asked(since) => present.sampled >= since,
            Self::Commit | Self::State => false,
        }
    }
}
