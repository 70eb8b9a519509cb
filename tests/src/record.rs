//! Exchange records as the observer prints them: JSON lines in, one value per ended request out.

use std::collections::BTreeMap;
use std::io::BufRead;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Deserialize;

use crate::oracle::{REFUSED_INSIDE, UNCOUNTED_API};

/// An exchange record, with the fields that the tests look at.
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    /// When the request's first byte passed.
    pub time: Timestamp,
    /// The client's address and port.
    pub client: String,
    /// The broker's address and port.
    pub broker: String,
    /// API key as on the wire.
    pub api_key: i16,
    /// The API's name, as the broker's JMX has it.
    pub api: String,
    /// API version as on the wire.
    pub api_version: i16,
    /// Correlation id.
    pub correlation_id: i32,
    /// Client id.
    pub client_id: Option<String>,
    /// How the request ended.
    pub outcome: String,
    /// Request frame in bytes, without the length prefix.
    pub request_bytes: u64,
    /// Response frame in bytes, without the length prefix.
    pub response_bytes: Option<u64>,
    /// Response's last byte minus request's first byte.
    pub duration_us: Option<f64>,
    /// What the broker needed.
    pub broker_time_us: Option<f64>,
    /// Time behind the previous response.
    pub wait_us: Option<f64>,
    /// Errors of the response by name; none where it could not be decoded whole.
    pub errors: Option<BTreeMap<String, u64>>,
    /// Topics that records went to, or came from, or that were asked about.
    pub topics: Option<Vec<Topic>>,
    /// What an Envelope holds.
    pub forwarded: Option<Forwarded>,
    /// Why a body was not decoded whole.
    pub undecoded: Option<String>,
}

/// A topic of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Topic {
    /// Its name, where it is known.
    pub name: Option<String>,
    /// Its id, where the exchange says it.
    pub id: Option<String>,
    /// Partitions named, where all of them were seen.
    pub partitions: Option<u64>,
    /// Bytes of record sets sent.
    pub bytes: Option<u64>,
    /// Records sent, of Produce.
    pub records: Option<u64>,
}

/// A request inside an Envelope.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Forwarded {
    /// The API's name.
    pub api: String,
    /// API version as on the wire.
    pub api_version: i16,
    /// Errors of the response inside.
    pub errors: Option<BTreeMap<String, u64>>,
}

impl Record {
    /// Whether the request was answered, whole and without an error.
    pub fn is_clean(&self) -> bool {
        self.outcome == "answered" && self.errors.as_ref().is_some_and(BTreeMap::is_empty)
    }

    /// Whether the connection ended within the response.
    pub fn is_cut(&self) -> bool {
        self.outcome == "answered" && self.duration_us.is_none()
    }

    /// Whether an Envelope was answered without a response inside, because of the request inside.
    pub fn is_refused_inside(&self) -> bool {
        self.api == UNCOUNTED_API
            && self.errors.as_ref().is_some_and(|errors| errors.contains_key(REFUSED_INSIDE))
    }

    /// The errors of the response and of the one inside it, each under its API.
    pub fn told(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, u64>)> {
        let own = self.errors.as_ref().map(|errors| (&*self.api, errors));
        let inside = self.forwarded.as_ref().and_then(|f| Some((&*f.api, f.errors.as_ref()?)));
        own.into_iter().chain(inside)
    }
}

/// Reads records, one a line.
pub fn read(lines: impl BufRead) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for (number, line) in lines.lines().enumerate() {
        let line = line?;
        let record = serde_json::from_str(&line)
            .with_context(|| format!("line {} is no exchange record: {line}", number + 1))?;
        records.push(record);
    }
    Ok(records)
}

/// How many records there are of each outcome.
pub fn outcomes(records: &[Record]) -> BTreeMap<&str, usize> {
    let mut outcomes = BTreeMap::new();
    for record in records {
        *outcomes.entry(&*record.outcome).or_default() += 1;
    }
    outcomes
}
