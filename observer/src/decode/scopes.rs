//! Topics, partitions, groups and wrapped messages as a collector enters and leaves them.

use super::collector::{Around, Collector};
use super::facts::{Partition, Producer, Topic};
use super::topic_id::TopicId;
use crate::protocol::error_code::ErrorCode;
use crate::protocol::machine::{Text, Wrapped};

/// Topics that a message's facts tell apart.
const MAX_TOPICS: usize = 16 << 10;
/// Partitions likewise.
const MAX_PARTITIONS: usize = 128 << 10;
/// Groups likewise.
const MAX_GROUPS: usize = 4 << 10;
/// Members of groups likewise.
const MAX_MEMBERS: usize = 4 << 10;
/// Producers likewise.
const MAX_PRODUCERS: usize = 4 << 10;

impl Collector<'_> {
    /// The topic that is spoken of.
    #[inline]
    pub(super) fn topic(&mut self) -> Option<&mut Topic> {
        self.facts.topics.get_mut(self.position.topic? as usize)
    }

    /// The partition that is spoken of.
    #[inline]
    pub(super) fn partition(&mut self) -> Option<&mut Partition> {
        if !self.position.is_in_partition {
            return None;
        }
        self.facts.partitions.last_mut()
    }

    pub(super) fn enter_topic(&mut self, is_forgotten: bool) {
        self.position.is_forgotten = is_forgotten;
        if self.facts.topics.len() >= MAX_TOPICS {
            self.facts.dropped = self.facts.dropped.saturating_add(1);
            self.position.topic = None;
            return;
        }
        self.position.topic = u32::try_from(self.facts.topics.len()).ok();
        let group = self.position.group;
        self.facts.topics.push(Topic { group, is_forgotten, ..Topic::default() });
    }

    pub(super) fn leave_topic(&mut self) {
        self.position.is_forgotten = false;
        let Some(index) = self.position.topic.take() else {
            return;
        };
        if let Some(topic) = self.facts.topics.get(index as usize)
            && let (Some(id), Some(name)) = (topic.id, &topic.name)
        {
            self.names.learn(id, name, self.evictions);
        }
    }

    pub(super) fn leave_resource(&mut self) {
        if self.position.is_topic_resource {
            self.leave_topic();
            return;
        }
        if let Some(index) = self.position.topic.take() {
            self.facts.errors.unname(index);
            self.facts.topics.truncate(index as usize);
        }
    }

    #[inline]
    pub(super) fn enter_partition(&mut self) {
        if self.position.is_in_partition {
            // One inside another takes its place.
            self.facts.partitions.pop();
        }
        let topic = self.position.topic.unwrap_or(u32::MAX);
        self.facts.partitions.push(Partition::of(topic));
        self.position.is_in_partition = true;
    }

    #[inline]
    pub(super) fn leave_partition(&mut self) {
        self.count_partition();
        let Some(partition) = self.partition() else {
            return;
        };
        let says_nothing = partition.bytes.is_none()
            && partition.offset.is_none()
            && partition.error == ErrorCode::NONE;
        self.position.is_in_partition = false;
        if says_nothing {
            self.facts.partitions.pop();
        } else if self.facts.partitions.len() > MAX_PARTITIONS
            && let Some(partition) = self.facts.partitions.pop()
        {
            self.facts.dropped = self.facts.dropped.saturating_add(1);
            self.merge(&partition);
        }
    }

    fn count_partition(&mut self) {
        if let Some(topic) = self.topic() {
            topic.partitions = topic.partitions.saturating_add(1);
        }
    }

    /// Of partitions that are too many only the sizes are kept, and of no topic.
    pub(super) fn merge(&mut self, partition: &Partition) {
        if self.facts.partitions.last().is_some_and(|last| last.topic != u32::MAX) {
            let (bytes, records) = (Some(0), Some(0));
            self.facts.partitions.push(Partition { bytes, records, ..Partition::of(u32::MAX) });
        }
        if let Some(last) = self.facts.partitions.last_mut() {
            let bytes = last.bytes.unwrap_or_default();
            last.bytes = Some(bytes.saturating_add(partition.bytes.unwrap_or_default()));
            last.records = last.records.zip(partition.records).map(|(a, b)| a.saturating_add(b));
        }
    }

    pub(super) fn error(&mut self, value: i64) {
        let code = ErrorCode(i16::try_from(value).unwrap_or(i16::MAX));
        self.facts.errors.count(code, self.position.topic);
        if let Some(partition) = self.partition()
            && partition.error == ErrorCode::NONE
        {
            partition.error = code;
        }
        if let Some(group) = self.position.group
            && code != ErrorCode::NONE
            && self.position.topic.is_none()
            && self.facts.failed_groups.last() != Some(&group)
        {
            self.facts.failed_groups.push(group);
        }
    }

    #[inline]
    pub(super) fn partition_number(&mut self, value: i64) {
        let index = i32::try_from(value).unwrap_or(-1);
        if let Some(partition) = self.partition() {
            partition.index = index;
            return;
        }
        self.count_partition();
        if self.position.is_forgotten {
            self.forget_partition(index);
        }
    }

    fn forget_partition(&mut self, index: i32) {
        if self.facts.partitions.len() < MAX_PARTITIONS {
            let topic = self.position.topic.unwrap_or(u32::MAX);
            self.facts.partitions.push(Partition { index, ..Partition::of(topic) });
        }
    }

    pub(super) fn group(&mut self, text: Text<'_>) {
        let group = self.names.intern(text);
        self.position.group = u16::try_from(self.facts.groups.len()).ok();
        if self.facts.groups.len() < MAX_GROUPS {
            self.facts.groups.push(group);
        } else {
            self.facts.dropped = self.facts.dropped.saturating_add(1);
            self.position.group = None;
        }
    }

    pub(super) fn member(&mut self, text: Text<'_>) {
        if self.facts.members.len() < MAX_MEMBERS {
            self.facts.members.push(self.names.intern(text));
        } else {
            self.facts.dropped = self.facts.dropped.saturating_add(1);
        }
    }

    pub(super) fn producer(&mut self, id: i64) {
        if self.position.is_in_partition {
            return;
        }
        if self.facts.producers.len() < MAX_PRODUCERS {
            let first_topic = u32::try_from(self.facts.topics.len()).unwrap_or(u32::MAX);
            self.facts.producers.push(Producer { id, is_committed: None, first_topic });
        } else {
            self.facts.dropped = self.facts.dropped.saturating_add(1);
        }
    }

    pub(super) fn begin_wrapped(&mut self, wrapped: Wrapped) {
        let facts = std::mem::take(self.facts);
        let position = std::mem::take(self.position);
        let around = Around { position, facts, wrapped, client_id: None };
        self.position.around = Some(Box::new(around));
    }

    pub(super) fn topic_name(&mut self, text: Text<'_>) {
        let name = self.names.intern(text);
        if let Some(topic) = self.topic() {
            topic.name = Some(name);
        } else if self.facts.topics.len() < MAX_TOPICS {
            // A list of names.
            let group = self.position.group;
            self.facts.topics.push(Topic { name: Some(name), group, ..Topic::default() });
        } else {
            self.facts.dropped = self.facts.dropped.saturating_add(1);
        }
    }

    pub(super) fn topic_id(&mut self, id: TopicId) {
        if let Some(topic) = self.topic() {
            topic.id = Some(id);
        } else if self.facts.topics.len() < MAX_TOPICS {
            // A list of ids.
            self.facts.topics.push(Topic { id: Some(id), ..Topic::default() });
        } else {
            self.facts.dropped = self.facts.dropped.saturating_add(1);
        }
    }

    /// What was being spoken of is over, whatever its end was to be.
    pub(super) fn close(&mut self) {
        if self.position.is_in_partition {
            self.leave_partition();
        }
        if self.position.topic.is_some() {
            self.leave_topic();
        }
    }
}
