//! Topics, partitions, groups and wrapped messages as a collector enters and leaves them.

use super::collector::{Around, Collector};
use super::facts::{Facts, Partition, Producer, Topic};
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
        let group = self.position.group;
        self.position.topic = self.add_topic(Topic { group, is_forgotten, ..Topic::default() });
    }

    /// The topic's index, if there was room for it.
    fn add_topic(&mut self, topic: Topic) -> Option<u32> {
        let Facts { topics, dropped, .. } = &mut *self.facts;
        add(topics, MAX_TOPICS, dropped, || topic).and_then(|index| u32::try_from(index).ok())
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
        let topic = self.position.topic.unwrap_or(u32::MAX);
        let Facts { partitions, dropped, .. } = &mut *self.facts;
        let partition = || Partition { index, ..Partition::of(topic) };
        add(partitions, MAX_PARTITIONS, dropped, partition);
    }

    pub(super) fn group(&mut self, text: Text<'_>) {
        let Facts { groups, dropped, .. } = &mut *self.facts;
        let index = add(groups, MAX_GROUPS, dropped, || self.names.intern(text));
        self.position.group = index.and_then(|index| u16::try_from(index).ok());
    }

    pub(super) fn member(&mut self, text: Text<'_>) {
        let Facts { members, dropped, .. } = &mut *self.facts;
        add(members, MAX_MEMBERS, dropped, || self.names.intern(text));
    }

    pub(super) fn instance(&mut self, text: Text<'_>) {
        let Facts { rare, dropped, .. } = &mut *self.facts;
        let instances = &mut rare.get_or_insert_default().instances;
        add(instances, MAX_MEMBERS, dropped, || self.names.intern(text));
    }

    pub(super) fn producer(&mut self, id: i64) {
        if self.position.is_in_partition {
            return;
        }
        let Facts { topics, producers, dropped, .. } = &mut *self.facts;
        let first_topic = u32::try_from(topics.len()).unwrap_or(u32::MAX);
        let producer = Producer { id, is_committed: None, first_topic };
        add(producers, MAX_PRODUCERS, dropped, || producer);
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
        } else {
            // A list of names.
            let group = self.position.group;
            self.add_topic(Topic { name: Some(name), group, ..Topic::default() });
        }
    }

    pub(super) fn topic_id(&mut self, id: TopicId) {
        if let Some(topic) = self.topic() {
            topic.id = Some(id);
        } else {
            // A list of ids.
            self.add_topic(Topic { id: Some(id), ..Topic::default() });
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

/// Adds to a list that has a bound, and returns the index there; what finds no room is counted.
#[inline]
pub(super) fn add<T>(
    list: &mut Vec<T>,
    max: usize,
    dropped: &mut u32,
    item: impl FnOnce() -> T,
) -> Option<usize> {
    let index = list.len();
    if index >= max {
        *dropped = dropped.saturating_add(1);
        return None;
    }
    list.push(item());
    Some(index)
}
