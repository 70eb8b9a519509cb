//! Numbers and record sets in, the facts that they are out.

use observer::decode::{Partition, Producer};
use observer::protocol::error_code::ErrorCode;
use observer::protocol::schema::{Entity, Kind};

use super::{About, Said};
use crate::messages::Value;
use crate::messages::tree::Node;

impl Said {
    pub(super) fn number(&mut self, node: &Node, number: i64, about: About) {
        match node.field.kind {
            Kind::Int16 if node.field.name.contains("ErrorCode") => {
                self.error(number, about, node.field.name == "TopicConfigErrorCode");
            }
            Kind::Int64 if node.field.entity == Some(Entity::ProducerId) => {
                self.producer(number, about);
            }
            Kind::Int64 => self.offset(node, number, about),
            Kind::Int32 => self.int32(node, number as i32, about),
            _ => self.short(node, number),
        }
    }

    /// Those of partitions are readers' concern (Fetch), or past (DescribeProducers).
    fn producer(&mut self, id: i64, about: About) {
        if !about.is_partition {
            let first_topic = self.facts.topics.len() as u32;
            self.facts.producers.push(Producer { id, is_committed: None, first_topic });
        }
    }

    fn error(&mut self, number: i64, about: About, is_of_configs: bool) {
        if number == 0 {
            return;
        }
        if is_of_configs {
            *self.errors.entry((number as i16, None)).or_default() += 1;
            return;
        }
        *self.errors.entry((number as i16, about.topic)).or_default() += 1;
        if let Some(partition) = self.partition_of(about)
            && partition.error == ErrorCode::NONE
        {
            partition.error = ErrorCode(number as i16);
        }
        if about.is_member {
            let member = self.facts.members.len() as u32 - 1;
            let failed = (member, ErrorCode(number as i16));
            self.facts.rare.get_or_insert_default().failed_members.push(failed);
        }
        if let Some(topic) = about.topic.filter(|_| !about.is_partition) {
            self.facts.topics[topic as usize].is_failed = true;
        }
        let (group, failed) = (about.group, &mut self.facts.failed_groups);
        if about.topic.is_none() && group != failed.last().map(|(last, _)| *last) {
            failed.extend(group.map(|group| (group, ErrorCode(number as i16))));
        }
    }

    fn partition_of(&mut self, about: About) -> Option<&mut Partition> {
        if about.is_partition { self.facts.partitions.last_mut() } else { None }
    }

    fn offset(&mut self, node: &Node, number: i64, about: About) {
        let is_told = match node.field.name {
            "CommittedOffset" | "FetchOffset" | "StartOffset" | "Offset" | "OldStyleOffsets" => {
                true
            }
            "Timestamp" => self.is_request,
            "HighWatermark" => !self.is_request,
            _ => false,
        };
        if let Some(partition) = self.partition_of(about).filter(|_| is_told) {
            partition.offset.get_or_insert(number);
        }
    }

    fn int32(&mut self, node: &Node, number: i32, about: About) {
        let is_list =
            node.field.is_array && matches!(node.field.name, "Partitions" | "PartitionIndexes");
        if node.is_partition() || is_list {
            return self.partition_number(number, about);
        }
        let facts = &mut self.facts;
        match node.field.name {
            "RebalanceTimeoutMs" => {
                self.facts.rare.get_or_insert_default().rebalance_timeout_ms = Some(number);
            }
            "ThrottleTimeMs" => facts.throttle_ms = Some(number),
            "SessionTimeoutMs" => facts.session_timeout_ms = Some(number),
            "SessionId" => facts.session = Some(number),
            "SessionEpoch" => facts.session_epoch = Some(number),
            "ReplicaId" if !about.is_partition => facts.replica = Some(number),
            "GenerationId" | "MemberEpoch" | "GenerationIdOrMemberEpoch" => {
                facts.generation.get_or_insert(number);
            }
            "DeliveryCompleteCount" => {
                let partition = self.partition_of(about).expect("of a partition");
                partition.records = number.try_into().ok();
            }
            _ => {}
        }
    }

    fn partition_number(&mut self, index: i32, about: About) {
        if let Some(partition) = self.partition_of(about) {
            partition.index = index;
            return;
        }
        self.count_partition(about);
        if about.is_forgotten {
            let topic = about.topic.expect("the topic that is forgotten");
            self.facts.partitions.push(Partition { index, ..Partition::of(topic) });
        }
    }

    fn short(&mut self, node: &Node, number: i64) {
        match node.field.name {
            "Acks" => self.facts.acks = Some(number as i16),
            "IsolationLevel" => self.facts.isolation = Some(number as i8),
            "ValidateOnly" | "validateOnly" => {
                self.facts.rare.get_or_insert_default().is_validation = Some(number == 1);
            }
            "KeyType" => {
                self.facts.rare.get_or_insert_default().key_type = Some(number as i8);
            }
            "KeepPreparedTxn" => {
                self.facts.rare.get_or_insert_default().keeps_transaction = Some(number == 1);
            }
            "Committed" | "TransactionResult" => {
                let producer = self.facts.producers.last_mut().expect("whose transaction ends");
                producer.is_committed = Some(number == 1);
            }
            _ => {}
        }
    }

    /// A record set's size; of one that is produced also what is in it.
    pub(super) fn records(&mut self, node: &Node) {
        let [Value::Records(len), batches @ ..] = &node.values[..] else {
            panic!("no record set: {node:?}");
        };
        let batches = batches.iter().filter_map(|value| match value {
            Value::Batch(batch) => Some(*batch),
            _ => None,
        });
        let batches: Vec<_> = batches.collect();
        let len = len.unwrap_or_default();
        let is_looked_at = self.is_request && node.field.name == "Records";
        let is_whole = batches.iter().map(|batch| batch.length).sum::<u32>() == len;
        if is_looked_at {
            self.open_sets += u32::from(!is_whole);
            for batch in &batches {
                self.facts.codecs[usize::from(batch.codec)] += 1;
            }
        }
        let partition = self.facts.partitions.last_mut().expect("of a partition");
        partition.bytes = Some(len);
        let records = || batches.iter().map(|batch| batch.records).sum();
        partition.records = (is_looked_at && is_whole).then(records);
    }
}
