//! Exchange records as the observer prints them: JSON lines in, one value per ended request out.

use std::collections::BTreeMap;
use std::io::BufRead;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Deserialize;

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
