//! The decoder alone, beside kafka-protocol's decoding of the same bytes in the same run:
//! `cargo bench -p observer --no-default-features --bench decode`.
//!
//! Ours is timed twice: `machine` is the decoder, which tells a visitor every fact, and `facts` what the
//! pipeline makes of these, put together by topic under names that all messages share. The other
//! builds the message as structs. All leave records as they are, but ours read their batches' headers,
//! and pass over fields that mean nothing to an observer. The message comes in one piece.
//!
//! What is timed is [`DECODES`] messages one after the other, so the times of one are those divided by
//! it: one small message takes hardly longer than the clock's own step. Each result is let go before
//! the next message, within the time, because what is given back to the allocator belongs to what it
//! costs to have had it: a result that the bench returned would be dropped behind the clock's back.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use divan::Bencher;
use divan::counter::BytesCount;
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    BrokerId, FetchResponse, MetadataResponse, ProduceRequest, TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use observer::decode::{Decoder, Message, Names};
use observer::event::Side;
use observer::protocol::api::ApiKey;
use observer::protocol::machine::{Batch, Machine, Text, Visitor};
use observer::protocol::meaning::Scope;
use observer::protocol::pieces::Pieces;
use observer::protocol::program::{self, Place};
use observer::tables::Evictions;

fn main() {
    divan::main();
}

/// Messages that are decoded in what is timed at once.
const DECODES: usize = 100;

const PRODUCE: i16 = 9;
const FETCH: i16 = 12;
const METADATA: i16 = 12;

/// One batch of `records` records: its header is what is read of it.
fn record_set(records: i32, len: usize) -> Bytes {
    let mut set = vec![0; 61 + len];
    set[8..12].copy_from_slice(&(49 + len as i32).to_be_bytes());
    set[16] = 2;
    set[23..27].copy_from_slice(&(records - 1).to_be_bytes());
    set[57..61].copy_from_slice(&records.to_be_bytes());
    set.into()
}

fn topic(index: usize) -> TopicName {
    TopicName(StrBytes::from_string(format!("orders-{index:04}")))
}

fn encoded(message: &impl Encodable, version: i16) -> Bytes {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes, version).expect("a message that can be written");
    bytes.freeze()
}

/// A batch of 16 KiB to one partition.
fn produce() -> Bytes {
    let partition = PartitionProduceData::default().with_records(Some(record_set(16, 16 << 10)));
    let data = TopicProduceData::default().with_name(topic(0)).with_partition_data(vec![partition]);
    let request = ProduceRequest::default().with_acks(-1).with_topic_data(vec![data]);
    encoded(&request, PRODUCE)
}

/// Ten topics, or one, with a kilobyte for each partition.
fn fetch(partitions: usize) -> Bytes {
    let topics = partitions.div_ceil(10);
    let partition = |index: usize| {
        PartitionData::default()
            .with_partition_index(index as i32)
            .with_high_watermark(1000)
            .with_records(Some(record_set(1, 1000)))
    };
    let one = |index| {
        FetchableTopicResponse::default()
            .with_topic(topic(index))
            .with_partitions((0..partitions / topics).map(partition).collect())
    };
    encoded(&FetchResponse::default().with_responses((0..topics).map(one).collect()), FETCH)
}

/// Three partitions of three replicas for each topic.
fn metadata(topics: usize) -> Bytes {
    let replicas = || (1..=3).map(BrokerId).collect::<Vec<_>>();
    let partition = |index| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(BrokerId(1))
            .with_replica_nodes(replicas())
            .with_isr_nodes(replicas())
    };
    let one = |index: usize| {
        MetadataResponseTopic::default()
            .with_name(Some(topic(index)))
            .with_topic_id(uuid::Uuid::from_u128(1 + index as u128))
            .with_partitions((0..3).map(partition).collect())
    };
    let broker = MetadataResponseBroker::default().with_node_id(BrokerId(1));
    let response = MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_topics((0..topics).map(one).collect());
    encoded(&response, METADATA)
}

/// Which message it is.
type Layout = (ApiKey, Side, i16);

const PRODUCE_REQUEST: Layout = (ApiKey::PRODUCE, Side::Request, PRODUCE);
const FETCH_RESPONSE: Layout = (ApiKey::FETCH, Side::Response, FETCH);
const METADATA_RESPONSE: Layout = (ApiKey::METADATA, Side::Response, METADATA);

/// The same bytes behind the header's rest, as the pipeline has them, and how many they are.
fn framed(body: &Bytes, (_, side, _): Layout) -> (Vec<u8>, u32) {
    let rest: &[u8] = if side == Side::Request { &[0xff, 0xff, 0] } else { &[0] };
    let bytes = [rest, body].concat();
    let len = u32::try_from(bytes.len()).expect("a frame's length");
    (bytes, len)
}

fn facts(bencher: Bencher<'_, '_>, body: &Bytes, layout: Layout) {
    let (bytes, len) = framed(body, layout);
    let (api_key, side, version) = layout;
    let (mut decoder, mut evictions) =
        (Decoder::new(Names::new(10_000, 10_000)), Evictions::default());
    measure(bencher, body, || {
        let message = Message { api_key, side, version, len, wrapped: None };
        let mut passing = decoder.begin(message);
        decoder.feed(&mut passing, Pieces::of(black_box(&bytes)), &mut evictions);
        let facts = decoder.end(passing, &mut evictions);
        assert!(facts.undecoded.is_none());
        decoder.recycle(black_box(Some(facts)));
    });
}

fn machine(bencher: Bencher<'_, '_>, body: &Bytes, layout: Layout) {
    let (bytes, len) = framed(body, layout);
    let (api_key, side, version) = layout;
    let program = program::find(api_key, side, version).expect("a layout of the table");
    let mut machine = Machine::new(program, len);
    measure(bencher, body, || {
        machine.restart(program, len);
        let mut looks = Looks::default();
        machine.feed(Pieces::of(black_box(&bytes)), &mut looks);
        assert!(machine.is_whole());
        black_box(looks.0);
    });
}

/// Looks at each fact, and keeps none: what they come to is all that is left of them.
#[derive(Default)]
struct Looks(i64);

impl Looks {
    fn look(&mut self, at: impl Into<i64>) {
        self.0 = self.0.rotate_left(1) ^ at.into();
    }
}

impl Visitor for Looks {
    fn number(&mut self, _: Place, value: i64) {
        self.look(value);
    }

    fn text(&mut self, _: Place, value: Option<Text<'_>>) {
        let Some(Text { bytes, len }) = value else {
            return;
        };
        self.look(len);
        self.look(bytes.last().copied().unwrap_or_default());
    }

    fn uuid(&mut self, _: Place, value: &[u8; 16]) {
        self.look(value[0]);
        self.look(value[15]);
    }

    fn array(&mut self, _: Place, count: Option<u32>) {
        self.look(count.unwrap_or_default());
    }

    fn enter(&mut self, scope: Scope) {
        self.look(scope as u8);
    }

    fn leave(&mut self, scope: Scope) {
        self.look(scope as u8);
    }

    fn records(&mut self, _: Place, len: Option<u32>, is_walked: bool) {
        self.look(len.unwrap_or_default());
        self.look(is_walked);
    }

    fn batch(&mut self, batch: &Batch) {
        self.look(batch.len.cast_signed());
        self.look(batch.codec);
        self.look(batch.records.unwrap_or_default());
    }
}

fn theirs<M: Decodable>(bencher: Bencher<'_, '_>, body: &Bytes, version: i16) {
    measure(bencher, body, || {
        let decoded = M::decode(&mut black_box(body.clone()), version);
        drop(black_box(decoded.expect("a message that can be read")));
    });
}

/// Times what decodes one message and lets go of what it says.
fn measure(bencher: Bencher<'_, '_>, body: &Bytes, mut decode: impl FnMut()) {
    // The programs of all layouts are compiled when the first is asked for.
    decode();
    let bytes = BytesCount::new(body.len().saturating_mul(DECODES));
    bencher.counter(bytes).bench_local(|| timed(&mut decode));
}

#[inline(never)]
fn timed(decode: &mut impl FnMut()) {
    for _ in 0..DECODES {
        decode();
    }
}

mod produce_16k {
    use super::{Bencher, PRODUCE, PRODUCE_REQUEST, ProduceRequest, produce, theirs};

    #[divan::bench]
    fn facts(bencher: Bencher<'_, '_>) {
        super::facts(bencher, &produce(), PRODUCE_REQUEST);
    }

    #[divan::bench]
    fn machine(bencher: Bencher<'_, '_>) {
        super::machine(bencher, &produce(), PRODUCE_REQUEST);
    }

    #[divan::bench]
    fn kafka_protocol(bencher: Bencher<'_, '_>) {
        theirs::<ProduceRequest>(bencher, &produce(), PRODUCE);
    }
}

mod fetch_partitions {
    use super::{Bencher, FETCH, FETCH_RESPONSE, FetchResponse, fetch, theirs};

    #[divan::bench(args = [1, 100])]
    fn facts(bencher: Bencher<'_, '_>, partitions: usize) {
        super::facts(bencher, &fetch(partitions), FETCH_RESPONSE);
    }

    #[divan::bench(args = [1, 100])]
    fn machine(bencher: Bencher<'_, '_>, partitions: usize) {
        super::machine(bencher, &fetch(partitions), FETCH_RESPONSE);
    }

    #[divan::bench(args = [1, 100])]
    fn kafka_protocol(bencher: Bencher<'_, '_>, partitions: usize) {
        theirs::<FetchResponse>(bencher, &fetch(partitions), FETCH);
    }
}

mod metadata_topics {
    use super::{Bencher, METADATA, METADATA_RESPONSE, MetadataResponse, metadata, theirs};

    #[divan::bench(args = [1000])]
    fn facts(bencher: Bencher<'_, '_>, topics: usize) {
        super::facts(bencher, &metadata(topics), METADATA_RESPONSE);
    }

    #[divan::bench(args = [1000])]
    fn machine(bencher: Bencher<'_, '_>, topics: usize) {
        super::machine(bencher, &metadata(topics), METADATA_RESPONSE);
    }

    #[divan::bench(args = [1000])]
    fn kafka_protocol(bencher: Bencher<'_, '_>, topics: usize) {
        theirs::<MetadataResponse>(bencher, &metadata(topics), METADATA);
    }
}
