//! The loads: frames of requests and their answers, made by another implementation of the protocol.

use bytes::BytesMut;
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{
    ApiKey, FetchRequest, FetchResponse, ProduceRequest, ProduceResponse, RequestHeader,
    ResponseHeader, TopicName,
};
use kafka_protocol::protocol::{Encodable, StrBytes};
use tests::talk::record_set;

const PRODUCE: i16 = 11;
const FETCH: i16 = 12;

/// A request, its answer, and how often they pass in a round.
pub struct Load {
    /// What it is called.
    pub name: &'static str,
    /// The request's frame.
    pub request: Vec<u8>,
    /// Its answer's.
    pub response: Vec<u8>,
    /// Exchanges in a round.
    pub exchanges: u32,
    /// Bytes that either side writes in its memory before it sends: what a broker does to the caches.
    pub sweep: usize,
}

/// All of them.
pub fn loads() -> [Load; 5] {
    let answered = |partitions| {
        let partition = |index| PartitionProduceResponse::default().with_index(index);
        let topic = TopicProduceResponse::default()
            .with_name(topic())
            .with_partition_responses((0..partitions).map(partition).collect());
        response(&ProduceResponse::default().with_responses(vec![topic]), PRODUCE, true)
    };
    let fetch = FetchRequest::default().with_max_wait_ms(500);
    [
        Load {
            name: "produce-1",
            request: produce(1, 16, 1_000),
            response: answered(1),
            exchanges: 20_000,
            sweep: 0,
        },
        Load {
            name: "produce-30",
            request: produce(30, 16, 1_000),
            response: answered(30),
            exchanges: 2_000,
            sweep: 0,
        },
        Load {
            name: "record",
            request: produce(1, 1, 200),
            response: answered(1),
            exchanges: 50_000,
            sweep: 0,
        },
        Load {
            name: "record-cold",
            request: produce(1, 1, 200),
            response: answered(1),
            exchanges: 5_000,
            sweep: 4 << 20,
        },
        Load {
            name: "fetch",
            request: request(&fetch, ApiKey::Fetch, FETCH),
            response: fetched(64),
            exchanges: 1_000,
            sweep: 0,
        },
    ]
}

/// A batch of so many records for each partition.
fn produce(partitions: i32, records: i32, len: usize) -> Vec<u8> {
    let partition = |index| {
        let set = record_set(records, records as usize * len);
        PartitionProduceData::default().with_index(index).with_records(Some(set.into()))
    };
    let data = TopicProduceData::default()
        .with_name(topic())
        .with_partition_data((0..partitions).map(partition).collect());
    let produce =
        ProduceRequest::default().with_acks(-1).with_timeout_ms(30_000).with_topic_data(vec![data]);
    request(&produce, ApiKey::Produce, PRODUCE)
}

/// A megabyte in so many batches.
fn fetched(batches: usize) -> Vec<u8> {
    let set = (0..batches).flat_map(|_| record_set(16, (1 << 20) / batches)).collect();
    let partition = PartitionData::default().with_high_watermark(1000).with_records(Some(set));
    let topic =
        FetchableTopicResponse::default().with_topic(topic()).with_partitions(vec![partition]);
    response(&FetchResponse::default().with_responses(vec![topic]), FETCH, true)
}

fn topic() -> TopicName {
    TopicName(StrBytes::from_static_str("orders-2026"))
}

fn request(body: &impl Encodable, api: ApiKey, version: i16) -> Vec<u8> {
    let header = RequestHeader::default()
        .with_request_api_key(api as i16)
        .with_request_api_version(version)
        .with_client_id(Some(StrBytes::from_static_str("producer-1")));
    framed(|frame| {
        header.encode(frame, api.request_header_version(version)).expect("a header");
        body.encode(frame, version).expect("a request");
    })
}

fn response(body: &impl Encodable, version: i16, is_flexible: bool) -> Vec<u8> {
    framed(|frame| {
        let header_version = i16::from(is_flexible);
        ResponseHeader::default().encode(frame, header_version).expect("a header");
        body.encode(frame, version).expect("a response");
    })
}

fn framed(write: impl FnOnce(&mut BytesMut)) -> Vec<u8> {
    let mut frame = BytesMut::new();
    write(&mut frame);
    [&(frame.len() as u32).to_be_bytes()[..], &frame].concat()
}
