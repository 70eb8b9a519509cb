//! The collector: facts as a machine finds them in, put together by topic and partition out.

use std::sync::Arc;

use super::Names;
use super::brokers::{BrokerParts, address};
use super::facts::{Facts, Partition, Producer};
use super::inside::Around;
use super::rare::Rare;
use super::topic_id::TopicId;
use super::undecoded::Undecoded;
use crate::protocol::error_code::ErrorCode;
use crate::protocol::machine::{Batch, Text, Visitor, Wrapped, WrappedEnd};
use crate::protocol::meaning::{Role, Scope};
use crate::protocol::program::Place;
use crate::tables::Evictions;

/// The resource type of topics, in configurations and access rules alike.
const TOPIC_RESOURCE: i64 = 2;
/// The type of patterns that name one resource (KIP-290).
const LITERAL: i64 = 3;

/// Where in a message the collector is.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each may hold with or without the others")]
pub(super) struct Position {
    /// The topic that is spoken of, by its index.
    pub topic: Option<u32>,
    /// Its partitions so far.
    pub partitions: u32,
    /// Whether it has failed was not seen.
    pub is_failure_lost: bool,
    /// Why its settings are not shown.
    pub config_error: Option<ErrorCode>,
    /// What is spoken of shall be forgotten.
    pub is_forgotten: bool,
    /// The partition that is spoken of.
    pub partition: Option<Partition>,
    pub group: Option<u16>,
    /// A group of several is spoken of, whose name may not have come.
    pub is_in_group: bool,
    /// The error that is said of the group that is spoken of.
    pub group_error: Option<ErrorCode>,
    /// A resource is spoken of, which may be none of the topics.
    pub is_in_resource: bool,
    pub is_topic_resource: bool,
    /// The first of what only the first is told of was not seen: a generation,
    pub is_generation_lost: bool,
    /// an offset of the partition.
    pub is_offset_lost: bool,
    pub broker: BrokerParts,
    /// The message that carries this one, while this one passes.
    pub around: Option<Box<Around>>,
}

impl Position {
    /// Whether something is spoken of that would have to be closed.
    #[inline]
    pub const fn is_open(&self) -> bool {
        self.partition.is_some() || self.is_in_resource || self.topic.is_some()
    }

    /// At a message's beginning.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Collects a message's facts.
pub(super) struct Collector<'a> {
    pub facts: &'a mut Facts,
    pub position: &'a mut Position,
    pub names: &'a mut Names,
    pub evictions: &'a mut Evictions,
    pub is_request: bool,
    /// The request that a wrapped response answers.
    pub wrapped: Option<Wrapped>,
    /// A value was lost.
    pub has_lost: &'a mut bool,
    /// Why, if one is.
    pub missing: Undecoded,
}

impl Visitor for Collector<'_> {
    #[inline(always)]
    fn number(&mut self, place: Place, value: i64) {
        match place.role {
            Role::Error => {
                if value != i64::from(ErrorCode::NONE.0) {
                    self.error(value);
                }
            }
            Role::Partition => self.partition_number(value),
            Role::CommittedOffset | Role::Offset | Role::FetchOffset | Role::StartOffset => {
                self.offset(value);
            }
            // A follower's own, in a request (KIP-1166), is no partition's.
            Role::HighWatermark if !self.is_request => self.offset(value),
            // In a response it is what stands beside the offset.
            Role::Timestamp if self.is_request => self.offset(value),
            Role::Throttle => self.facts.throttle_ms = i32::try_from(value).ok(),
            Role::Acks => self.facts.acks = i16::try_from(value).ok(),
            Role::Session => self.facts.session = i32::try_from(value).ok(),
            Role::SessionEpoch => self.facts.session_epoch = i32::try_from(value).ok(),
            Role::Isolation => self.facts.isolation = i8::try_from(value).ok(),
            role => self.rare_number(role, value),
        }
    }

    #[inline(always)]
    fn text(&mut self, place: Place, value: Option<Text<'_>>) {
        match (place.role, value) {
            (_, None) => {}
            (Role::Topic | Role::Resource, Some(text)) => self.topic_name(text),
            (Role::Client, Some(_)) if self.position.around.is_none() => {}
            (role, Some(text)) => self.rare_text(role, text),
        }
    }

    #[inline]
    fn uuid(&mut self, place: Place, value: &[u8; 16]) {
        let id = TopicId(*value);
        if place.role != Role::TopicId || id == TopicId::ZERO {
            return;
        }
        self.topic_id(id);
    }

    #[inline(always)]
    fn enter(&mut self, scope: Scope) {
        match scope {
            Scope::Topic => self.enter_topic(false),
            Scope::Forgotten => self.enter_topic(true),
            Scope::Resource => self.enter_resource(),
            Scope::Partition => self.enter_partition(),
            Scope::Group => self.enter_group(),
        }
    }

    #[inline(always)]
    fn leave(&mut self, scope: Scope) {
        match scope {
            Scope::Topic | Scope::Forgotten => self.leave_topic(),
            Scope::Resource => self.leave_resource(self.position.is_topic_resource),
            Scope::Partition => self.leave_partition(),
            Scope::Group => (self.position.group, self.position.is_in_group) = (None, false),
        }
    }

    #[inline]
    fn records(&mut self, _place: Place, len: Option<u32>, is_walked: bool) {
        if let Some(partition) = self.partition() {
            partition.bytes = Some(len.unwrap_or_default());
            partition.records = is_walked.then_some(0);
        }
    }

    #[inline]
    fn batch(&mut self, batch: &Batch) {
        if let Some(count) = self.facts.codecs.get_mut(usize::from(batch.codec)) {
            *count = count.saturating_add(1);
        }
        if let Some(partition) = self.partition() {
            let known = partition.records.zip(batch.records);
            partition.records = known.map(|(sum, records)| sum.saturating_add(records));
        }
    }

    fn cut_set(&mut self) {
        if let Some(partition) = self.partition() {
            partition.records = None;
        }
    }

    fn lost(&mut self, place: Place) {
        *self.has_lost = true;
        match place.role {
            Role::Generation => self.position.is_generation_lost = true,
            Role::Producer => self.producer(Producer::UNSEEN),
            Role::Error if self.position.partition.is_none() => {
                self.position.is_failure_lost = true;
            }
            Role::Offset => self.position.is_offset_lost = true,
            // One of a list: that it is there is known.
            Role::Partition if self.position.partition.is_none() => self.count_partition(),
            Role::ResourceType | Role::PatternType => self.position.is_topic_resource = false,
            Role::Host => self.host(None),
            Role::Port => self.port(None),
            _ => {}
        }
    }

    fn wrapped_request(&mut self, request: Wrapped) {
        self.begin_wrapped(request);
    }

    fn wrapped_response(&mut self) -> Option<Wrapped> {
        let request = self.wrapped?;
        self.begin_wrapped(request);
        Some(request)
    }

    fn wrapped_unread(&mut self) {
        // Of a response, its request tells why that was not seen.
        let why = if self.is_request { Undecoded::Malformed } else { Undecoded::UnknownApi };
        self.facts.undecoded.get_or_insert(why);
    }

    fn wrapped_end(&mut self, end: WrappedEnd) {
        self.end_wrapped(end);
    }
}

impl Collector<'_> {
    pub(super) fn rare(&mut self) -> &mut Rare {
        self.facts.rare.get_or_insert_default()
    }

    /// A number of which a message has few.
    #[inline(never)]
    fn rare_number(&mut self, role: Role, value: i64) {
        let int32 = i32::try_from(value).ok();
        match role {
            Role::Generation if !self.position.is_generation_lost => {
                self.facts.generation = self.facts.generation.or(int32);
            }
            Role::SessionTimeout => self.facts.session_timeout_ms = int32,
            Role::RebalanceTimeout => self.rare().rebalance_timeout_ms = int32,
            Role::Producer => self.producer(value),
            Role::IsCommitted => {
                if let Some(producer) = self.facts.producers.last_mut() {
                    // Another's, if its own found no room.
                    producer.is_committed.get_or_insert(value != 0);
                }
            }
            Role::KeepsTransaction => self.rare().keeps_transaction = Some(value != 0),
            Role::ConfigError => self.config_error(value),
            Role::KeyType => self.rare().key_type = i8::try_from(value).ok(),
            Role::ValidateOnly => self.rare().is_validation = Some(value != 0),
            Role::DoneRecords => {
                if let Some(partition) = self.partition() {
                    partition.records = u32::try_from(value).ok();
                }
            }
            // Those of a partition ask for nothing.
            Role::Replica if self.position.partition.is_none() => self.facts.replica = int32,
            Role::Port => self.port(u16::try_from(value).ok()),
            Role::ResourceType => self.position.is_topic_resource = value == TOPIC_RESOURCE,
            Role::PatternType => self.position.is_topic_resource &= value == LITERAL,
            _ => {}
        }
    }

    /// A text that names no topic.
    #[inline(never)]
    fn rare_text(&mut self, role: Role, text: Text<'_>) {
        match role {
            Role::Group => self.group(text),
            Role::CoordinatorKey => self.coordinator_key(text),
            Role::Member => self.member(text),
            Role::Instance => self.instance(text),
            Role::Client => {
                if let Some(around) = &mut self.position.around {
                    around.client_id = Some(self.names.intern(text));
                }
            }
            Role::Software => {
                let name = self.names.intern(text);
                self.facts.software = Some(Box::new((name, Arc::from(""))));
            }
            Role::SoftwareVersion => {
                let version = self.names.intern(text);
                if let Some(software) = &mut self.facts.software {
                    software.1 = version;
                }
            }
            Role::Cluster => {
                let id = self.names.intern(text);
                self.rare().cluster = Some(id);
            }
            Role::Host => self.host(address(text)),
            Role::Mechanism => self.facts.mechanism = Some(self.names.intern(text)),
            _ => {}
        }
    }

    /// The offset that is said of the partition. Of several the first is told, which is the latest
    /// (ListOffsets v0).
    #[inline]
    fn offset(&mut self, value: i64) {
        if self.position.is_offset_lost {
            return;
        }
        if let Some(partition) = self.partition() {
            partition.offset = partition.offset.or(Some(value));
        }
    }
}
