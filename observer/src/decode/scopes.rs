//! Topics, partitions, groups and wrapped messages as a collector enters and leaves them.

use super::collector::Collector;
use super::facts::{Facts, Partition, Producer, Topic};
use super::topic_id::TopicId;
use crate::protocol::error_code::ErrorCode;
use crate::protocol::machine::Text;
use crate::tables::{Evictions, Table};

/// Topics that a message's facts tell apart.
pub(super) const MAX_TOPICS: usize = 16 << 10;
/// Partitions likewise.
const MAX_PARTITIONS: usize = 128 << 10;
/// Groups likewise.
const MAX_GROUPS: usize = 4 << 10;
/// Members of groups likewise.
const MAX_MEMBERS: usize = 64 << 10;
/// Producers likewise.
const MAX_PRODUCERS: usize = 4 << 10;
/// The name of a resource that stands for all of its type (KIP-290).
const EVERY: &str = "*";

impl Collector<'_> {
    /// The topic that is spoken of.
    #[inline]
    pub(super) fn topic(&mut self) -> Option<&mut Topic> {
        self.facts.topics.get_mut(self.position.topic? as usize)
    }

    /// The partition that is spoken of.
    #[inline]
    pub(super) fn partition(&mut self) -> Option<&mut Partition> {
        self.position.partition.as_mut()
    }

    #[inline]
    pub(super) fn enter_topic(&mut self, is_forgotten: bool) {
        self.note_partitions();
        self.position.is_forgotten = is_forgotten;
        self.position.is_failure_lost = false;
        self.position.topic = u32::try_from(self.facts.topics.len()).ok();
        let group = self.position.group;
        push(&mut self.facts.topics, Topic { group, is_forgotten, ..Topic::default() });
    }

    pub(super) fn leave_topic(&mut self) {
        self.end_topic();
        if let Some(code) = self.position.config_error.take() {
            self.count_config_error(code);
        }
    }

    fn end_topic(&mut self) {
        self.position.is_forgotten = false;
        self.note_partitions();
        let Some(index) = self.position.topic.take() else {
            return;
        };
        let Some(topic) = self.facts.topics.get(index as usize) else {
            return;
        };
        match (topic.id, &topic.name) {
            // Who asks may say anything, and a refusal may repeat it.
            (Some(id), Some(name))
                if !self.is_request && !topic.is_failed && !self.position.is_failure_lost =>
            {
                self.names.learn(id, name, self.evictions);
            }
            // Null, for all topics or none.
            (None, None) if topic.partitions == 0 => return self.take_back(index),
            _ => {}
        }
        if index as usize >= MAX_TOPICS {
            self.evictions.count(Table::MessageFacts);
            self.take_back(index);
        }
    }

    /// The topic that was entered last is none, or one too many.
    #[cold]
    fn take_back(&mut self, index: u32) {
        if !self.facts.errors.is_empty() {
            self.facts.errors.unname(index);
        }
        self.facts.topics.truncate(index as usize);
    }

    pub(super) fn enter_resource(&mut self) {
        self.position.is_in_resource = true;
        self.position.is_topic_resource = false;
        self.enter_topic(false);
    }

    pub(super) fn leave_resource(&mut self, is_topic: bool) {
        self.position.is_in_resource = false;
        let name = self.topic().and_then(|topic| topic.name.as_deref());
        if is_topic && name != Some(EVERY) {
            self.leave_topic();
        } else if let Some(index) = self.position.topic.take() {
            self.take_back(index);
        }
    }

    pub(super) fn enter_group(&mut self) {
        self.position.group = None;
        self.position.group_error = None;
        self.position.is_in_group = true;
    }

    #[inline]
    pub(super) fn enter_partition(&mut self) {
        let topic = self.position.topic.unwrap_or(u32::MAX);
        // One inside another takes its place.
        self.position.partition = Some(Partition::of(topic));
        self.position.is_offset_lost = false;
    }

    #[inline]
    pub(super) fn leave_partition(&mut self) {
        self.count_partition();
        match &self.position.partition {
            Some(partition) if says_nothing(partition) => {}
            Some(partition) if self.facts.partitions.len() < MAX_PARTITIONS => {
                push(&mut self.facts.partitions, *partition);
            }
            Some(partition) => {
                let partition = *partition;
                self.merge(&partition);
            }
            None => {}
        }
        self.position.partition = None;
    }

    /// The topic that is spoken of has so many partitions.
    fn note_partitions(&mut self) {
        let partitions = std::mem::take(&mut self.position.partitions);
        if let Some(topic) = self.topic() {
            topic.partitions = partitions;
        }
    }

    pub(super) fn count_partition(&mut self) {
        let partitions = &mut self.position.partitions;
        *partitions = partitions.saturating_add(1);
    }

    /// Of partitions that are too many only the sizes are kept, of no topic, and the first error.
    #[cold]
    fn merge(&mut self, partition: &Partition) {
        self.evictions.count(Table::MessageFacts);
        self.topic().into_iter().for_each(|topic| topic.is_partial = true);
        if self.facts.partitions.last().is_some_and(|last| last.topic != u32::MAX) {
            let (bytes, records) = (Some(0), Some(0));
            self.facts.partitions.push(Partition { bytes, records, ..Partition::of(u32::MAX) });
        }
        if let Some(last) = self.facts.partitions.last_mut() {
            let bytes = last.bytes.unwrap_or_default();
            last.bytes = Some(bytes.saturating_add(partition.bytes.unwrap_or_default()));
            last.records = last.records.zip(partition.records).map(|(a, b)| a.saturating_add(b));
            if last.error == ErrorCode::NONE {
                last.error = partition.error;
            }
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
        let partition = || Partition { index, ..Partition::of(topic) };
        add(&mut self.facts.partitions, MAX_PARTITIONS, self.evictions, partition);
    }

    pub(super) fn group(&mut self, text: Text<'_>) {
        let name = || self.names.intern(text);
        let index = add(&mut self.facts.groups, MAX_GROUPS, self.evictions, name);
        self.position.group = index.and_then(|index| u16::try_from(index).ok());
        if let Some(code) = self.position.group_error {
            // The error stands before the name.
            self.fail_group(code);
        }
    }

    pub(super) fn member(&mut self, text: Text<'_>) {
        let name = || self.names.intern(text);
        add(&mut self.facts.members, MAX_MEMBERS, self.evictions, name);
    }

    pub(super) fn instance(&mut self, text: Text<'_>) {
        let instances = &mut self.facts.rare.get_or_insert_default().instances;
        add(instances, MAX_MEMBERS, self.evictions, || self.names.intern(text));
    }

    pub(super) fn coordinator_key(&mut self, text: Text<'_>) {
        let keys = &mut self.facts.rare.get_or_insert_default().coordinator_keys;
        add(keys, MAX_GROUPS, self.evictions, || self.names.intern(text));
    }

    pub(super) fn producer(&mut self, id: i64) {
        if self.position.partition.is_some() {
            return;
        }
        let Facts { topics, producers, .. } = &mut *self.facts;
        let first_topic = u32::try_from(topics.len()).unwrap_or(u32::MAX);
        let producer = Producer { id, is_committed: None, first_topic };
        add(producers, MAX_PRODUCERS, self.evictions, || producer);
    }

    pub(super) fn topic_name(&mut self, text: Text<'_>) {
        let name = self.names.intern(text);
        match self.topic() {
            Some(topic) => topic.name = Some(name),
            None => self.list_topic(Topic { name: Some(name), ..Topic::default() }),
        }
    }

    pub(super) fn topic_id(&mut self, id: TopicId) {
        match self.topic() {
            Some(topic) => topic.id = Some(id),
            None => self.list_topic(Topic { id: Some(id), ..Topic::default() }),
        }
    }

    /// One of a list of names or ids.
    fn list_topic(&mut self, topic: Topic) {
        let group = self.position.group;
        add(&mut self.facts.topics, MAX_TOPICS, self.evictions, || Topic { group, ..topic });
    }

    /// What was being spoken of is over, whatever its end was to be. What a resource is, is known at
    /// its end.
    pub(super) fn close(&mut self) {
        if self.position.partition.is_some() {
            self.leave_partition();
        }
        if self.position.is_in_resource {
            self.leave_resource(false);
        }
        if self.position.topic.is_some() {
            // Its error may stand in what does not come.
            self.position.is_failure_lost = true;
            self.topic().into_iter().for_each(|topic| topic.is_partial = true);
            self.leave_topic();
        }
    }
}

/// Whether no more is said of a partition than that it is there.
fn says_nothing(partition: &Partition) -> bool {
    partition.bytes.is_none() && partition.offset.is_none() && partition.error == ErrorCode::NONE
}

/// Adds to a list that has a bound, and returns the index there; what finds no room is counted.
#[inline]
pub(super) fn add<T>(
    list: &mut Vec<T>,
    max: usize,
    evictions: &mut Evictions,
    item: impl FnOnce() -> T,
) -> Option<usize> {
    let index = list.len();
    if index >= max {
        evictions.count(Table::MessageFacts);
        return None;
    }
    push(list, item());
    Some(index)
}

/// Adds to a list that mostly has one entry, and so has no room for more at first. Were this called,
/// an item would be moved at once where its parts have just been written, which processors wait for.
#[inline(always)]
fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        make_room(list);
    }
    list.push(item);
}

#[cold]
#[inline(never)]
fn make_room<T>(list: &mut Vec<T>) {
    if list.capacity() == 0 {
        list.reserve_exact(1);
    } else {
        list.reserve(1);
    }
}
