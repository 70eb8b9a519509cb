//! What a message says.

use std::ops::Range;
use std::sync::Arc;

use super::errors::ErrorCounts;
use super::rare::Rare;
use super::topic_id::TopicId;
use super::undecoded::Undecoded;
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;

/// What a message says. What it does not say, or what was not seen, is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Topics, in the order of the message.
    pub topics: Vec<Topic>,
    /// Partitions of which more is said than that they are there.
    pub partitions: Vec<Partition>,
    /// Error codes other than NONE.
    pub errors: ErrorCounts,
    /// Groups, in the order of the message.
    pub groups: Vec<Arc<str>>,
    /// Indices of those that an error is said of, and which; not where it is said of a topic of theirs.
    pub failed_groups: Vec<(u16, ErrorCode)>,
    /// Members of groups, in the order of the message.
    pub members: Vec<Arc<str>>,
    /// The first group's generation, or the first member's epoch.
    pub generation: Option<i32>,
    /// JoinGroup: how long a silent member stays, in ms.
    pub session_timeout_ms: Option<i32>,
    /// Producers, in the order of the message; not those that are told of a partition.
    pub producers: Vec<Producer>,
    /// How long the broker holds the client back, in ms.
    pub throttle_ms: Option<i32>,
    /// Produce: how many brokers must have it; 0: no answer is wanted.
    pub acks: Option<i16>,
    /// Fetch and ListOffsets: the broker that asks; -1 for a consumer.
    pub replica: Option<i32>,
    /// Fetch: the session (KIP-227).
    pub session: Option<i32>,
    /// Fetch: the session's epoch; -1 and 0 begin or end one.
    pub session_epoch: Option<i32>,
    /// What may be read: 0 everything, 1 what is committed.
    pub isolation: Option<i8>,
    /// The client's library and its version (KIP-511): rare, so apart.
    pub software: Option<Box<(Arc<str>, Arc<str>)>>,
    /// How the client will prove who it is (SaslHandshake).
    pub mechanism: Option<Arc<str>>,
    /// Batches, and sets of magic 0 and 1, by their compression: none, gzip, snappy, lz4, zstd. Of
    /// what is produced only.
    pub codecs: [u32; 8],
    /// What few messages say, so that it takes memory only there.
    pub rare: Option<Box<Rare>>,
    /// The message that this one carries.
    pub forwarded: Option<Box<Forwarded>>,
    /// Why it was not understood whole.
    pub undecoded: Option<Undecoded>,
}

/// A producer that a message speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Producer {
    /// Its number; [`Self::UNSEEN`] if that was not seen.
    pub id: i64,
    /// Whether its transaction is committed, not aborted, where the message ends it.
    pub is_committed: Option<bool>,
    /// Index of the first topic that is said of it, if there is one; the others follow.
    pub first_topic: u32,
}

impl Producer {
    /// No producer's number (KIP-98).
    pub const UNSEEN: i64 = -1;
}

/// A topic that a message speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: Option<Arc<str>>,
    /// Its id.
    pub id: Option<TopicId>,
    /// Index of the group that it is said of.
    pub group: Option<u16>,
    /// Partitions named.
    pub partitions: u32,
    /// An error is said of the topic itself, not of a partition of it.
    pub is_failed: bool,
    /// A fetch session shall no longer hold it.
    pub is_forgotten: bool,
    /// More was said of it than was seen, or than there was room for: its partitions may be more.
    pub is_partial: bool,
}

/// A partition that a message says something of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Index of its topic.
    pub topic: u32,
    /// Its number.
    pub index: i32,
    /// Its error; the first that was seen.
    pub error: ErrorCode,
    /// Bytes of its record set; `None` where there is none.
    pub bytes: Option<u32>,
    /// Records in it; `None` where that was not seen, or cannot be. In a share group's state those
    /// behind its first offset that are done.
    pub records: Option<u32>,
    /// The offset committed, asked for, or the high watermark; in ListOffsets requests the time.
    pub offset: Option<i64>,
}

impl Partition {
    /// A partition of a topic, of which nothing has been said yet.
    pub fn of(topic: u32) -> Self {
        let (bytes, records, offset) = (None, None, None);
        Self { topic, index: -1, error: ErrorCode::NONE, bytes, records, offset }
    }
}

/// An error code, and how often it stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorFact {
    /// The code; not NONE.
    pub code: ErrorCode,
    /// Index of the topic that it is said of.
    pub topic: Option<u32>,
    /// It is said of topics that were too many to be told apart; `topic` is then `None`.
    pub is_of_other: bool,
    /// How often.
    pub count: u32,
}

/// A message inside another (Envelope, KIP-590).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// API key of the request.
    pub api_key: ApiKey,
    /// Its version.
    pub api_version: i16,
    /// Its client.
    pub client_id: Option<Arc<str>>,
    /// What it says.
    pub facts: Facts,
}

/// Topics, partitions, groups, members and producers for which memory is kept.
const KEPT: usize = 256;

impl Facts {
    /// Forgets everything, but keeps the memory of what may come again, if it is not much.
    pub fn clear(&mut self) {
        let Self {
            topics,
            partitions,
            errors,
            groups,
            failed_groups,
            members,
            generation,
            session_timeout_ms,
            producers,
            throttle_ms,
            acks,
            replica,
            session,
            session_epoch,
            isolation,
            software,
            mechanism,
            codecs,
            rare,
            forwarded,
            undecoded,
        } = self;
        errors.clear();
        empty(topics);
        empty(partitions);
        empty(groups);
        empty(failed_groups);
        empty(members);
        empty(producers);
        *generation = None;
        *session_timeout_ms = None;
        *throttle_ms = None;
        *acks = None;
        *replica = None;
        (*session, *session_epoch) = (None, None);
        *isolation = None;
        *codecs = [0; 8];
        forget(software);
        forget(mechanism);
        forget(rare);
        forget(forwarded);
        *undecoded = None;
    }

    /// Producers, each with the indices of the topics that are said of it.
    pub fn topics_by_producer(&self) -> impl Iterator<Item = (&Producer, Range<u32>)> {
        let end = u32::try_from(self.topics.len()).unwrap_or(u32::MAX);
        let ends = self.producers.iter().skip(1).map(|next| next.first_topic).chain([end]);
        self.producers.iter().zip(ends).map(|(producer, end)| (producer, producer.first_topic..end))
    }

    /// Why it, or a message inside it, was not understood whole.
    pub fn undecoded(&self) -> Option<Undecoded> {
        let inside = self.forwarded.as_ref();
        // A message may lie in one that lies in a third, but in no fourth.
        self.undecoded.or_else(|| {
            let facts = &inside?.facts;
            facts.undecoded.or_else(|| facts.forwarded.as_ref()?.facts.undecoded)
        })
    }

    /// Whether an error is said of a partition that was one too many to be told.
    pub fn has_untold_failure(&self) -> bool {
        // They are told together, and last.
        let is_failed = |last: &Partition| last.topic == u32::MAX && last.error != ErrorCode::NONE;
        self.partitions.last().is_some_and(is_failed)
    }

    /// The topic with this index.
    pub fn topic(&self, index: u32) -> Option<&Topic> {
        self.topics.get(index as usize)
    }
}

/// There is nearly never any.
#[inline]
fn forget<T>(rare: &mut Option<T>) {
    if rare.is_some() {
        *rare = None;
    }
}

#[inline]
fn empty<T>(list: &mut Vec<T>) {
    if list.capacity() == 0 {
        // As most are.
        return;
    }
    list.clear();
    if list.capacity() > KEPT {
        list.shrink_to(KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clearing_keeps_nothing() {
        let mut facts = Facts {
            topics: vec![Topic::default()],
            throttle_ms: Some(3),
            undecoded: Some(Undecoded::Gap),
            ..Facts::default()
        };
        facts.clear();
        assert_eq!(facts, Facts::default());
    }
}
