//! The result of an audit as a document: findings in, JSON or text out. Its field names are stable.

use std::io::{self, Write};

use serde::Serialize;

use super::text;

/// What an audit found. Times are RFC 3339, null where no packet had one.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The release of Kafka whose versions were asked for.
    pub kafka: &'static str,
    /// When the first request was sent.
    pub first_time: Option<String>,
    /// When the last request was sent.
    pub last_time: Option<String>,
    /// Requests that were seen.
    pub requests: u64,
    /// Connections whose requests cannot be read.
    pub encrypted_connections: u64,
    /// Connections of which it was not seen what is spoken on them.
    pub unknown_connections: u64,
    /// Bytes that passed unseen, with requests in them, perhaps.
    pub missing_bytes: u64,
    /// Bytes that were seen, and in which no request could be told.
    pub unusable_bytes: u64,
    /// The findings: clients that used versions which are no longer taken.
    pub clients: Vec<SenderUsage>,
    /// Brokers and controllers that did; no findings.
    pub brokers: Vec<SenderUsage>,
    /// Clients that used early versions which were never meant to stay; no findings.
    pub early: Vec<SenderUsage>,
    /// Clients that named no library, beside the findings; a hint.
    pub unnamed: Vec<SenderUsage>,
    /// Requests of further senders, by list, which found no room in it.
    pub overflow: Overflow,
}

/// A sender, and what it sent.
#[derive(Clone, Debug, Serialize)]
pub struct SenderUsage {
    /// Client id.
    pub client_id: Option<String>,
    /// Library; null where none was named.
    pub library: Option<LibraryName>,
    /// The client's address.
    pub address: String,
    /// The broker's address and port.
    pub broker: String,
    /// When the first of these requests was sent.
    pub first_time: Option<String>,
    /// When the last of them was sent.
    pub last_time: Option<String>,
    /// How many they are: of removed versions, but for `unnamed`.
    pub requests: u64,
    /// The same by API and version.
    pub versions: Vec<VersionUsed>,
    /// What to do; null where there is nothing.
    pub upgrade: Option<String>,
}

/// A library.
#[derive(Clone, Debug, Serialize)]
pub struct LibraryName {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A version that was used.
#[derive(Clone, Debug, Serialize)]
pub struct VersionUsed {
    /// API key.
    pub api_key: i16,
    /// The API's name, as the broker's own metrics have it.
    pub api: String,
    /// The version.
    pub api_version: i16,
    /// The lowest that is taken; null where the API is gone.
    pub lowest_version: Option<i16>,
    /// Requests.
    pub requests: u64,
}

/// Requests of senders that found no room.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Overflow {
    /// Findings.
    pub clients: u64,
    /// Requests of brokers, of any version.
    pub brokers: u64,
    /// Requests of early versions.
    pub early: u64,
    /// Requests of clients that named no library.
    pub unnamed: u64,
    /// How often there was no room to tell a broker from a client: the findings may hold brokers.
    pub senders: u64,
}

impl Overflow {
    /// Whether there was room for everything.
    pub const fn is_none(&self) -> bool {
        matches!(self, Self { clients: 0, brokers: 0, early: 0, unnamed: 0, senders: 0 })
    }
}

impl Report {
    /// Whether a client used a version that is no longer taken.
    pub const fn has_findings(&self) -> bool {
        !self.clients.is_empty() || self.overflow.clients > 0
    }

    /// Writes it as one JSON document.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// The same for people.
    pub fn text(&self) -> String {
        text::text(self)
    }
}
