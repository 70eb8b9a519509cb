//! Exchanges for the tests of groups.

use std::sync::Arc;

use crate::decode::{Facts, Partition, Producer, Rare, Topic, TopicId};
use crate::event::{Endpoint, Exchange, Fetcher, Outcome, Peers, RequestHeader, Vantage};
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::time::{Timestamp, WallClock};

pub const BROKER: Endpoint = Endpoint::v4([10, 0, 0, 9], 9092);

/// Seconds of the script.
pub const fn at(seconds: u64) -> Timestamp {
    Timestamp(1_700_000_000_000_000_000 + seconds * 1_000_000_000)
}

/// An exchange of client `c` on 10.0.0.1, answered.
pub fn answered(api_key: ApiKey, request: Facts, response: Facts) -> Exchange {
    by("c", 1, api_key, request, response)
}

/// An exchange of a client on 10.0.0.`host`, answered.
pub fn by(client: &str, host: u8, key: ApiKey, request: Facts, response: Facts) -> Exchange {
    let client_end = Endpoint::v4([10, 0, 0, host], 40_000);
    Exchange {
        time: Some(at(0)),
        wall: WallClock::default(),
        peers: Peers { client: client_end, broker: BROKER, vantage: Vantage::Broker },
        header: RequestHeader {
            api_key: key.0,
            api_version: 1,
            correlation_id: 1,
            client_id: Some(Arc::from(client)),
            fetcher: Fetcher::Unknown,
        },
        outcome: Outcome::Answered,
        request_bytes: 1,
        response_bytes: Some(1),
        duration: None,
        answer_time: None,
        broker_time: None,
        wait: None,
        request: Some(Box::new(request)),
        session: None,
        response: Some(Box::new(response)),
        client_group: None,
    }
}

/// What a member says of itself, or hears.
pub fn member(group: &str, member: &str, generation: i32) -> Facts {
    Facts { generation: Some(generation), ..members(group, &[member]) }
}

/// Members of a group.
pub fn members(group: &str, members: &[&str]) -> Facts {
    Facts { members: members.iter().map(|&member| Arc::from(member)).collect(), ..of(group) }
}

/// What is said of a group; of none where its name is empty, as in most responses.
pub fn of(group: &str) -> Facts {
    let groups = (!group.is_empty()).then(|| Arc::from(group)).into_iter().collect();
    Facts { groups, ..Facts::default() }
}

/// What is said of a cluster: its id, if it is not empty, and brokers.
pub fn cluster(id: &str, brokers: &[Endpoint]) -> Facts {
    let id = (!id.is_empty()).then(|| Arc::from(id));
    let rare = Rare { cluster: id, brokers: brokers.to_vec(), ..Rare::default() };
    Facts { rare: Some(Box::new(rare)), ..Facts::default() }
}

impl Facts {
    /// And this error.
    pub(crate) fn with_error(mut self, code: i16) -> Self {
        self.errors.count(ErrorCode(code), None);
        self
    }

    /// And a producer, of which the topics behind it are said.
    pub(crate) fn by_producer(mut self, id: i64) -> Self {
        let first_topic = self.topics.len() as u32;
        self.producers.push(Producer { id, is_committed: None, first_topic });
        self
    }

    /// And a topic's partitions with their offsets.
    pub(crate) fn with(self, topic: &str, offsets: &[(i32, i64)]) -> Self {
        self.with_topic(Topic { name: Some(Arc::from(topic)), ..Topic::default() }, offsets)
    }

    /// The same, by the topic's id.
    pub(crate) fn with_id(self, id: u8, offsets: &[(i32, i64)]) -> Self {
        self.with_topic(Topic { id: Some(TopicId([id; 16])), ..Topic::default() }, offsets)
    }

    fn with_topic(mut self, topic: Topic, offsets: &[(i32, i64)]) -> Self {
        let number = self.topics.len() as u32;
        let group = (!self.groups.is_empty()).then_some(0);
        self.topics.push(Topic { group, ..topic });
        self.partitions.extend(offsets.iter().map(|&(index, offset)| Partition {
            topic: number,
            index,
            error: ErrorCode::NONE,
            bytes: None,
            records: None,
            offset: Some(offset),
        }));
        self
    }

    /// And an error of the last topic.
    pub(crate) fn with_failed(mut self, code: i16) -> Self {
        let topic = self.topics.len() as u32 - 1;
        self.errors.count(ErrorCode(code), Some(topic));
        self.topics.last_mut().unwrap().is_failed = true;
        self
    }

    /// And an error of the last topic's partition.
    pub(crate) fn with_refused(mut self, index: i32, code: i16) -> Self {
        let topic = self.topics.len() as u32 - 1;
        self.errors.count(ErrorCode(code), Some(topic));
        self.partitions.push(Partition {
            topic,
            index,
            error: ErrorCode(code),
            bytes: None,
            records: None,
            offset: None,
        });
        self
    }
}
