//! Requests and how they end: the records that sinks count and print.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Peers;
use crate::decode::{Facts, Forwarded, SessionTopics};
use crate::protocol::api::ApiKey;
use crate::time::{Timestamp, WallClock};

/// What a request's header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    /// API key as on the wire, known or not.
    pub api_key: i16,
    /// API version as on the wire, known or not.
    pub api_version: i16,
    /// Correlation id.
    pub correlation_id: i32,
    /// Client id, cut and marked where it is longer than [`MAX_KEPT`](crate::decode::MAX_KEPT)
    /// bytes; null where the wire says null or the header has none (request header v0).
    pub client_id: Option<Arc<str>>,
    /// Who fetches, if it is a Fetch.
    pub fetcher: Fetcher,
}

/// Who sends a Fetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fetcher {
    /// It is not known, or not a Fetch.
    #[default]
    Unknown,
    /// A consumer.
    Consumer,
    /// A broker or controller that follows a leader.
    Follower,
}

/// An API as the broker's own request metrics call it: they tell fetches of consumers and followers
/// apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiName {
    /// API key.
    pub key: ApiKey,
    /// Who fetches.
    pub fetcher: Fetcher,
}

impl RequestHeader {
    /// What the request is called.
    pub fn api(&self) -> ApiName {
        ApiName { key: ApiKey(self.api_key), fetcher: self.fetcher }
    }
}

impl fmt::Display for ApiName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.key, self.fetcher) {
            (ApiKey::FETCH, Fetcher::Consumer) => f.pad("FetchConsumer"),
            (ApiKey::FETCH, Fetcher::Follower) => f.pad("FetchFollower"),
            (key, _) => key.fmt(f),
        }
    }
}

/// A request whose frame has ended.
#[derive(Clone, Debug)]
pub struct Request {
    /// Connection.
    pub peers: Peers,
    /// Header.
    pub header: RequestHeader,
    /// Frame size in bytes, without the length prefix.
    pub bytes: u32,
    /// When its first byte passed (of those seen), if its packet has a time.
    pub time: Option<Timestamp>,
    /// The wall clock when its frame ended.
    pub wall: WallClock,
    /// The replica that it names; below 0 where a client asks, `None` where it names none or that was
    /// not seen.
    pub replica: Option<i32>,
    /// The request that it carries for another client (Envelope).
    pub forwarded: Option<Inner>,
}

/// The request inside an Envelope: what its own header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inner {
    /// API key.
    pub api_key: ApiKey,
    /// Version.
    pub api_version: i16,
    /// Client id of the client for which a broker forwards it.
    pub client_id: Option<Arc<str>>,
}

impl Inner {
    /// What a request's body says of it.
    pub fn of(facts: &Facts) -> Option<Self> {
        let Forwarded { api_key, api_version, client_id, .. } = facts.forwarded.as_deref()?;
        let (api_key, api_version, client_id) = (*api_key, *api_version, client_id.clone());
        Some(Self { api_key, api_version, client_id })
    }
}

impl Request {
    /// The request that it carries, as if its client had sent it from where it was forwarded.
    pub fn inner(&self) -> Option<Self> {
        let Inner { api_key, api_version, client_id } = self.forwarded.clone()?;
        let header = RequestHeader {
            api_key: api_key.0,
            api_version,
            client_id,
            fetcher: Fetcher::Unknown,
            ..self.header
        };
        let Self { peers, bytes, time, wall, .. } = *self;
        Some(Self { peers, header, bytes, time, wall, replica: None, forwarded: None })
    }

    /// When it began, as people read it.
    pub fn wall_time(&self) -> Option<Timestamp> {
        self.time.map(|time| self.wall.at(time))
    }
}

/// A request that has ended, with its response where it has one. It was told as an
/// [`Event::Request`](super::Event::Request) before, also where its frame was cut short.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When the request's first byte passed (of those seen), if its packet has a time.
    pub time: Option<Timestamp>,
    /// The wall clock when it ended.
    pub wall: WallClock,
    /// Connection.
    pub peers: Peers,
    /// The request's header.
    pub header: RequestHeader,
    /// How it ended.
    pub outcome: Outcome,
    /// Request frame in bytes, without the length prefix.
    pub request_bytes: u32,
    /// Response frame in bytes, without the length prefix.
    pub response_bytes: Option<u32>,
    /// Response's last byte minus request's first byte; null where either was not seen.
    pub duration: Option<Duration>,
    /// Response's last byte minus request's last byte.
    pub answer_time: Option<Duration>,
    /// Response's first byte minus request's last byte minus `wait`.
    pub broker_time: Option<Duration>,
    /// Time behind the previous response of the connection.
    pub wait: Option<Duration>,
    /// What the request's body says; null where none of it was seen.
    pub request: Option<Box<Facts>>,
    /// What the response's body says.
    pub response: Option<Box<Facts>>,
    /// What the session of a Fetch holds, with what the request changed (KIP-227).
    pub session: Option<Arc<SessionTopics>>,
    /// The one group to which the client's id and address belong, where the request names none.
    pub client_group: Option<Arc<str>>,
}

impl Exchange {
    /// When it began, as people read it.
    pub fn wall_time(&self) -> Option<Timestamp> {
        self.time.map(|time| self.wall.at(time))
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The header of its response was matched.
    Answered,
    /// Produce with acks=0: there is no response.
    Unacknowledged,
    /// A gap in the response direction, and a later request already answered; or its response may as well
    /// be another's with the same id.
    Lost,
    /// The connection ended first.
    Abandoned,
    /// No answer in time.
    Expired,
    /// A cap was reached.
    Evicted,
    /// Still in flight when a file ended.
    Open,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 7] = [
        Self::Answered,
        Self::Unacknowledged,
        Self::Lost,
        Self::Abandoned,
        Self::Expired,
        Self::Evicted,
        Self::Open,
    ];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unacknowledged => "unacknowledged",
            Self::Lost => "lost",
            Self::Abandoned => "abandoned",
            Self::Expired => "expired",
            Self::Evicted => "evicted",
            Self::Open => "open",
        }
    }
}

/// Why no request waits for a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unmatched {
    /// Its request was sent before the observer saw the connection.
    BeforeAttach,
    /// Its request had expired.
    Late,
    /// Its request had been evicted.
    Evicted,
    /// None of these: its request was not seen, or never sent.
    UnknownId,
}

impl Unmatched {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::BeforeAttach, Self::Late, Self::Evicted, Self::UnknownId];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BeforeAttach => "before_attach",
            Self::Late => "late",
            Self::Evicted => "evicted",
            Self::UnknownId => "unknown_id",
        }
    }
}

/// What is wrong with bytes where a frame or a header should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Malformed {
    /// A frame's length is negative or below its header's size.
    LengthTooSmall,
    /// A request's length is above the limit.
    LengthTooLarge,
    /// A header contradicts itself or its frame.
    Header,
}

impl Malformed {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::LengthTooSmall, Self::LengthTooLarge, Self::Header];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LengthTooSmall => "length_too_small",
            Self::LengthTooLarge => "length_too_large",
            Self::Header => "header",
        }
    }
}
