//! All metrics at one moment: taken quickly by the thread that counts, turned into text by another.

use std::sync::Arc;

use prometheus::proto::MetricFamily;
use prometheus::{Encoder, Result, TextEncoder};

use super::family::Readings;
use super::health::Health;
use super::progress::Progress;

/// All metrics at one moment.
#[derive(Debug)]
pub struct Snapshot {
    pub(super) readings: Vec<Readings>,
    pub(super) progress: Progress,
    pub(super) health: Health,
    /// What metrics say of themselves.
    pub(super) own: Vec<MetricFamily>,
    /// Those of this process, which are read when they are exported.
    pub(super) process: Option<Arc<prometheus::Registry>>,
}

impl Snapshot {
    /// Adds a metric of whoever exports it.
    pub fn add(&mut self, family: MetricFamily) {
        self.own.push(family);
    }

    /// The metrics that have a value, sorted by name.
    pub fn families(&self) -> Vec<MetricFamily> {
        let mut families: Vec<_> = self.readings.iter().map(Readings::family).collect();
        families.extend(self.progress.families());
        families.extend(self.health.families());
        families.extend(self.own.iter().cloned());
        families.extend(self.process.iter().flat_map(|process| process.gather()));
        families.retain(|family| !family.get_metric().is_empty());
        families.sort_by(|a, b| a.name().cmp(b.name()));
        families
    }
}

/// A snapshot in Prometheus's text format.
pub fn text(snapshot: &Snapshot) -> Result<String> {
    encode(&snapshot.families())
}

/// The content type of [`text`].
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

pub(super) fn encode(families: &[MetricFamily]) -> Result<String> {
    let mut text = Vec::new();
    TextEncoder::new().encode(families, &mut text)?;
    String::from_utf8(text).map_err(|error| prometheus::Error::Msg(error.to_string()))
}
