//! Events for the tests of sinks.

use std::sync::Arc;
use std::time::Duration;

use crate::decode::{Facts, Partition, Topic};
use crate::event::{Endpoint, Exchange, Fetcher, Outcome, Peers, Request, RequestHeader, Vantage};
use crate::protocol::error_code::ErrorCode;
use crate::time::{Timestamp, WallClock};

/// 2026-01-02T03:04:05.000000006Z.
pub const TIME: Timestamp = Timestamp(1_767_323_045_000_000_006);

pub fn peers() -> Peers {
    Peers {
        client: Endpoint::v4([10, 0, 0, 1], 40000),
        broker: Endpoint::v4([10, 0, 0, 2], 9092),
        vantage: Vantage::Broker,
    }
}

pub fn header(client_id: &str) -> RequestHeader {
    RequestHeader {
        api_key: 0,
        api_version: 9,
        correlation_id: 7,
        client_id: Some(Arc::from(client_id)),
        fetcher: Fetcher::Unknown,
    }
}

pub fn request(client_id: &str) -> Request {
    Request {
        peers: peers(),
        header: header(client_id),
        bytes: 1234,
        wall: WallClock::default(),
        time: Some(TIME),
        replica: None,
        forwarded: None,
    }
}

/// Ten records of 1100 bytes to two partitions of `orders`.
fn produced() -> Facts {
    let partition = |index| Partition {
        topic: 0,
        index,
        error: ErrorCode::NONE,
        bytes: Some(550),
        records: Some(5),
        offset: None,
    };
    Facts {
        topics: vec![Topic { name: Some("orders".into()), partitions: 2, ..Topic::default() }],
        partitions: vec![partition(0), partition(1)],
        acks: Some(-1),
        ..Facts::default()
    }
}

/// The answer: not the leader of the second.
fn refused() -> Facts {
    let mut facts = Facts {
        topics: vec![Topic { name: Some("orders".into()), partitions: 2, ..Topic::default() }],
        partitions: vec![Partition {
            topic: 0,
            index: 1,
            error: ErrorCode(6),
            bytes: None,
            records: None,
            offset: None,
        }],
        throttle_ms: Some(0),
        ..Facts::default()
    };
    facts.errors.count(ErrorCode(6), Some(0));
    facts
}

/// Answered in 1.2345 ms, 1.1 ms of it in the broker.
pub fn exchange(client_id: &str) -> Exchange {
    Exchange {
        time: Some(TIME),
        wall: WallClock::default(),
        peers: peers(),
        header: header(client_id),
        outcome: Outcome::Answered,
        request_bytes: 1234,
        response_bytes: Some(56),
        duration: Some(Duration::from_nanos(1_234_500)),
        answer_time: Some(Duration::from_micros(1200)),
        broker_time: Some(Duration::from_nanos(1_100_200)),
        wait: Some(Duration::ZERO),
        request: Some(Box::new(produced())),
        response: Some(Box::new(refused())),
        session: None,
        client_group: None,
    }
}
