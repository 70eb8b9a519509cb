//! A connection's ends: who talks to whom, seen from where, and how it is secured.

use std::sync::Arc;

use observer_common::Endpoint;

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
