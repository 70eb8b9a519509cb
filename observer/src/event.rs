//! What leaves the pipeline: exchanges and what else there is to count, and commands to the source.

use std::sync::Arc;
use std::time::Duration;

pub use observer_common::{Endpoint, Flow, Seq};

use crate::time::Timestamp;

/// Something the pipeline learned. Sinks count, print or export it; the source obeys commands.
#[derive(Debug)]
pub enum Event<'a> {
    /// A request's frame has ended.
    Request(&'a Request),
    /// A request has ended, one way or another.
    Exchange(&'a Exchange),
    /// A response that no request in flight waits for.
    UnmatchedResponse {
        /// Connection it came on.
        peers: Peers,
        /// Why none waits.
        reason: Unmatched,
    },
    /// Bytes of a synchronised direction that are not what they should be.
    Malformed {
        /// Connection they came on.
        peers: Peers,
        /// Direction.
        side: Side,
        /// What is wrong.
        reason: Malformed,
    },
    /// A client named its library (ApiVersions v3 and later); once for each connection.
    ClientSoftware {
        /// Connection it came on.
        peers: Peers,
        /// What it said.
        software: &'a ClientSoftware,
    },
    /// A connection was seen for the first time; its security is `Unknown`.
    ConnectionOpened(Peers),
    /// It became clear how a connection is secured.
    ConnectionSecurity {
        /// Connection.
        peers: Peers,
        /// Before.
        was: Security,
        /// From now on.
        is: Security,
    },
    /// A connection is no longer followed.
    ConnectionClosed {
        /// Connection.
        peers: Peers,
        /// How it was secured.
        security: Security,
        /// The library its client had named.
        software: Option<&'a ClientSoftware>,
    },
    /// A direction lost its frame boundaries and found them again.
    Resynchronised {
        /// Connection.
        peers: Peers,
        /// Direction.
        side: Side,
    },
    /// A socket's smoothed round-trip time and retransmissions since the last measurement.
    Socket {
        /// Connection.
        peers: Peers,
        /// Smoothed round-trip time.
        rtt: Duration,
        /// Retransmitted segments.
        retransmits: u32,
    },
    /// Something the source should do.
    Command(Command),
}

/// Receives events. Implementations must be quick: they run on the draining thread.
pub trait Handler {
    /// Takes one event.
    fn event(&mut self, event: Event<'_>);
}

impl<F: FnMut(Event<'_>)> Handler for F {
    fn event(&mut self, event: Event<'_>) {
        self(event);
    }
}

/// What the pipeline asks of its source. A source that cannot obey ignores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Not Kafka, or encrypted: count the connection's bytes, copy none.
    CountOnly(Flow),
    /// A frame begins at this sequence number of this direction.
    ResumeAt(Flow, Seq),
}

/// The ends of a connection, and where it was seen from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peers {
    /// The end that sends requests.
    pub client: Endpoint,
    /// The end that answers them.
    pub broker: Endpoint,
    /// Which of them is on this host.
    pub vantage: Vantage,
}

/// Which ends of a 4-tuple are local.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vantage {
    /// The broker.
    Broker,
    /// The client.
    Client,
    /// Both; the exchange counts once.
    Both,
    /// Neither.
    Transit,
}

impl Vantage {
    /// This vantage, now that `end` (`Client` or `Broker`) is known to be local too.
    #[must_use]
    pub const fn and(self, end: Self) -> Self {
        match (self, end) {
            (Self::Transit, end) => end,
            (Self::Client, Self::Broker) | (Self::Broker, Self::Client) => Self::Both,
            (known, _) => known,
        }
    }

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Client => "client",
            Self::Both => "both",
            Self::Transit => "transit",
        }
    }
}

/// How a connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Security {
    /// Not seen yet.
    #[default]
    Unknown,
    /// Kafka in clear, without a login.
    Plaintext,
    /// Encrypted.
    Tls,
    /// Kafka in clear, with a login.
    SaslPlaintext,
}

impl Security {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Plaintext, Self::Tls, Self::SaslPlaintext];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Plaintext => "plaintext",
            Self::Tls => "tls",
            Self::SaslPlaintext => "sasl_plaintext",
        }
    }
}

/// What a client says of its library (KIP-511).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientSoftware {
    /// Library.
    pub name: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
    /// The client id it was said under.
    pub client_id: Option<Arc<str>>,
}

/// A direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Client to broker.
    Request,
    /// Broker to client.
    Response,
}

/// What a request's header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    /// API key as on the wire, known or not.
    pub api_key: i16,
    /// API version as on the wire, known or not.
    pub api_version: i16,
    /// Correlation id.
    pub correlation_id: i32,
    /// Client id; null where the wire says null or the header has none (request header v0).
    pub client_id: Option<Arc<str>>,
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
}

/// A request that has ended, with its response where it has one.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When the request's first byte passed (of those seen).
    pub time: Timestamp,
    /// Connection.
    pub peers: Peers,
    /// The request's header.
    pub header: RequestHeader,
    /// How it ended.
    pub outcome: Outcome,
    /// Request frame in bytes, without the length prefix.
    pub request_bytes: u32,
    /// Whether the request's frame had ended: it was told as an [`Event::Request`] before.
    pub is_request_whole: bool,
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
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The header of its response was matched.
    Answered,
    /// Produce with acks=0: there is no response.
    Unacknowledged,
    /// A gap in the response direction, and a later request already answered.
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
