//! The messages of each load: frames of requests and of their responses, as Kafka 4 clients send them.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::metadata_response::MetadataResponseTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{
    ApiKey, FetchRequest, FetchResponse, MetadataRequest, MetadataResponse, ProduceRequest,
    ProduceResponse, RequestHeader, ResponseHeader, TopicName,
};
use kafka_protocol::protocol::{Encodable, StrBytes};
use uuid::Uuid;

const METADATA: i16 = 12;
const PRODUCE: i16 = 13;
const FETCH: i16 = 17;
const TOPIC: Uuid = Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0);

/// Records of a full batch, and bytes of each.
const FULL: (i32, usize) = (16, 1024);
/// Batches of a fetch.
const FETCHED: usize = 64;

/// What clients do.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    /// Produce requests with a batch of 16 KiB for each of so many partitions.
    Produce(i32),
    /// Fetches of 1 MiB.
    Fetch,
    /// Produce requests with one record of 200 bytes.
    Small,
}

/// A request's frame, and its response's.
pub struct Exchange {
    pub request: Vec<u8>,
    pub response: Vec<u8>,
}

impl Load {
    /// Its exchange with this correlation id; what those before it said goes on.
    pub fn exchange(self, id: i32) -> Exchange {
        match self {
            Self::Produce(partitions) => produce(id, partitions, &batch(FULL)),
            Self::Small => produce(id, 1, &batch((1, 200))),
            Self::Fetch => fetch(id),
        }
    }
}

/// Metadata, which tells the topic's name.
pub fn metadata(id: i32) -> Exchange {
    let name = TopicName(StrBytes::from_static_str("orders"));
    let topic = MetadataResponseTopic::default().with_name(Some(name)).with_topic_id(TOPIC);
    let response = MetadataResponse::default().with_topics(vec![topic]);
    exchange(id, ApiKey::Metadata, METADATA, &MetadataRequest::default(), &response)
}

fn produce(id: i32, partitions: i32, set: &Bytes) -> Exchange {
    let data =
        |index| PartitionProduceData::default().with_index(index).with_records(Some(set.clone()));
    let topic = TopicProduceData::default()
        .with_topic_id(TOPIC)
        .with_partition_data((0..partitions).map(data).collect());
    let request = ProduceRequest::default().with_acks(-1).with_topic_data(vec![topic]);
    let answer =
        |index| PartitionProduceResponse::default().with_index(index).with_base_offset(1000);
    let topic = TopicProduceResponse::default()
        .with_topic_id(TOPIC)
        .with_partition_responses((0..partitions).map(answer).collect());
    let response = ProduceResponse::default().with_responses(vec![topic]);
    exchange(id, ApiKey::Produce, PRODUCE, &request, &response)
}

/// The first one begins a session, in which the others name nothing.
fn fetch(id: i32) -> Exchange {
    let (session, epoch) = if id == 0 { (0, 0) } else { (7, id) };
    let partition = FetchPartition::default().with_partition(0);
    let topic = FetchTopic::default().with_topic_id(TOPIC).with_partitions(vec![partition]);
    let request = FetchRequest::default()
        .with_session_id(session)
        .with_session_epoch(epoch)
        .with_topics(if epoch == 0 { vec![topic] } else { Vec::new() });
    let set: Bytes = batch(FULL).repeat(FETCHED).into();
    let partition =
        PartitionData::default().with_high_watermark(1000 + i64::from(id)).with_records(Some(set));
    let topic =
        FetchableTopicResponse::default().with_topic_id(TOPIC).with_partitions(vec![partition]);
    let response = FetchResponse::default().with_session_id(7).with_responses(vec![topic]);
    exchange(id, ApiKey::Fetch, FETCH, &request, &response)
}

/// A batch with so many records of so many bytes: its header is what is read of it.
fn batch((records, len): (i32, usize)) -> Bytes {
    let len = records as usize * len;
    let mut batch = vec![0; 61 + len];
    batch[8..12].copy_from_slice(&(49 + len as i32).to_be_bytes());
    batch[16] = 2;
    batch[23..27].copy_from_slice(&(records - 1).to_be_bytes());
    batch[57..61].copy_from_slice(&records.to_be_bytes());
    batch.into()
}

fn exchange(
    id: i32,
    api: ApiKey,
    version: i16,
    request: &impl Encodable,
    response: &impl Encodable,
) -> Exchange {
    let asks = RequestHeader::default()
        .with_request_api_key(api as i16)
        .with_request_api_version(version)
        .with_correlation_id(id)
        .with_client_id(Some(StrBytes::from_static_str("perf-client")));
    let answers = ResponseHeader::default().with_correlation_id(id);
    Exchange {
        request: frame(&asks, api.request_header_version(version), request, version),
        response: frame(&answers, api.response_header_version(version), response, version),
    }
}

fn frame(header: &impl Encodable, its: i16, body: &impl Encodable, version: i16) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    header.encode(&mut bytes, its).expect("a header that can be written");
    body.encode(&mut bytes, version).expect("a message that can be written");
    [&(bytes.len() as i32).to_be_bytes()[..], &bytes].concat()
}
