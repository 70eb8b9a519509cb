//! The observer's own state as metrics: the byte ledger, the capture, the tables.

mod capture;
mod replay;

use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

pub use self::capture::{CaptureStats, Hook};
pub use self::replay::ReplayStats;
use super::family::PREFIX;
use crate::ledger::{GapReason, Ledger};
use crate::tables::{Evictions, Table};
use crate::time::WallClock;

/// The pipeline's and the capture's state at one moment.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Where the bytes went that the pipeline saw.
    pub ledger: Ledger,
    /// Topics whose ids are known.
    pub topics: usize,
    /// What the tables evicted.
    pub evictions: Evictions,
    /// What the wall clock shows.
    pub wall: WallClock,
    /// What the kernel says; `None` in a replay.
    pub capture: Option<CaptureStats>,
    /// What a replay has read; `None` where traffic is live.
    pub replay: Option<ReplayStats>,
}

impl Health {
    /// Bytes seen at the hooks, or in the file.
    pub fn payload_bytes(&self) -> u64 {
        let seen = self.capture.as_ref().map_or(0, |capture| capture.seen_bytes);
        // The kernel's counters are not read all in one instant.
        seen.max(self.delivered())
    }

    /// Bytes by fate; their sum is [`Self::payload_bytes`].
    pub fn fates(&self) -> [(&'static str, u64); 7] {
        let Ledger { decoded, elided, opaque, duplicate, discarded, pending, .. } = self.ledger;
        let count_only = self.capture.as_ref().map_or(0, |capture| capture.count_only_bytes);
        let again = self.capture.as_ref().map_or(0, |capture| capture.duplicate_bytes);
        let lost = self.capture.as_ref().map_or(0, CaptureStats::lost);
        let in_ring = self.payload_bytes().saturating_sub(self.delivered());
        [
            ("decoded", decoded),
            ("elided", elided),
            ("opaque", opaque.saturating_add(count_only)),
            ("duplicate", duplicate.saturating_add(again)),
            ("discarded", discarded),
            ("lost", lost),
            ("pending", pending.saturating_add(in_ring)),
        ]
    }

    /// Bytes that are no longer in the ring, nor left out before the next record.
    fn delivered(&self) -> u64 {
        let at_hooks = self.capture.as_ref().map_or(0, CaptureStats::settled);
        self.ledger.seen.saturating_add(at_hooks)
    }

    /// The metrics.
    pub fn families(&self) -> Vec<MetricFamily> {
        let mut families = vec![
            counter(
                "stream_payload_bytes_total",
                "TCP payload bytes on watched ports.",
                vec![sample(&[], self.payload_bytes())],
            ),
            counter(
                "stream_bytes_total",
                "TCP payload bytes on watched ports, by what became of them.",
                self.fates().map(|(fate, n)| sample(&[("fate", fate)], n)).to_vec(),
            ),
            counter(
                "stream_gap_bytes_total",
                "Bytes that nobody saw, by why they are no longer waited for.",
                GapReason::ALL
                    .iter()
                    .zip(self.ledger.gaps)
                    .map(|(reason, n)| sample(&[("reason", reason.as_str())], n))
                    .collect(),
            ),
            gauge("topics", "Topics whose ids are known.", vec![value(&[], self.topics as f64)]),
            counter(
                "table_evictions_total",
                "Entries dropped because a table was full.",
                Table::ALL
                    .iter()
                    .zip(self.evictions.0)
                    .map(|(table, n)| sample(&[("table", table.as_str())], n))
                    .collect(),
            ),
        ];
        if self.capture.is_some() {
            families.push(gauge(
                "capture_directions_out_of_step",
                "Directions of connections that are copied whole now, and need not be.",
                vec![value(&[], self.ledger.out_of_step as f64)],
            ));
            families.push(counter(
                "capture_out_of_step_seconds_total",
                "Time that directions were copied whole and need not have been, summed over them.",
                vec![seconds(&[], self.ledger.out_of_step_ns)],
            ));
        }
        families.extend(self.capture.as_ref().map(CaptureStats::families).into_iter().flatten());
        families.extend(self.replay.as_ref().map(ReplayStats::families).into_iter().flatten());
        families
    }
}

/// A counter's family; `name` without the prefix.
pub fn counter(name: &str, help: &str, samples: Vec<Metric>) -> MetricFamily {
    family(name, help, MetricType::COUNTER, samples)
}

/// A gauge's family.
pub fn gauge(name: &str, help: &str, samples: Vec<Metric>) -> MetricFamily {
    family(name, help, MetricType::GAUGE, samples)
}

/// A counter's value.
pub fn sample(labels: &[(&str, &str)], value: u64) -> Metric {
    count(labels, value as f64)
}

/// The value of a counter of time.
fn seconds(labels: &[(&str, &str)], ns: u64) -> Metric {
    count(labels, ns as f64 / 1e9)
}

fn count(labels: &[(&str, &str)], value: f64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(value);
    let mut metric = Metric::from_label(pairs(labels));
    metric.set_counter(counter);
    metric
}

/// A gauge of 1.
pub fn presence(labels: &[(&str, &str)]) -> Metric {
    value(labels, 1.0)
}

/// A gauge's value.
fn value(labels: &[(&str, &str)], value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut metric = Metric::from_label(pairs(labels));
    metric.set_gauge(gauge);
    metric
}

fn family(name: &str, help: &str, kind: MetricType, samples: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(format!("{PREFIX}{name}"));
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(samples);
    family
}

/// Labels with these names and values.
pub fn pairs(labels: &[(&str, &str)]) -> Vec<LabelPair> {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    labels.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fates_sum_to_what_was_seen_at_the_hooks() {
        let ledger = Ledger { seen: 70, decoded: 60, pending: 10, ..Ledger::default() };
        let capture = CaptureStats {
            seen_bytes: 100,
            lost_bytes: vec![("ring_full", 5)],
            count_only_bytes: 7,
            ..CaptureStats::default()
        };
        let health = Health { ledger, capture: Some(capture), ..Health::default() };
        let fates = health.fates();
        assert_eq!(fates.iter().map(|(_, n)| n).sum::<u64>(), health.payload_bytes());
        assert!(fates.contains(&("pending", 10 + 18)), "what is still in the ring is pending");
    }

    #[test]
    fn a_capture_says_how_long_directions_were_out_of_step() {
        let ledger = Ledger { out_of_step: 2, out_of_step_ns: 1_500_000_000, ..Ledger::default() };
        let capture = Some(CaptureStats::default());
        let families = Health { ledger, capture, ..Health::default() }.families();
        let of = |name: &str| {
            let family = families.iter().find(|family| family.name().ends_with(name));
            family.expect("a family").get_metric()[0].clone()
        };
        let directions = of("_capture_directions_out_of_step").get_gauge().get_value();
        let seconds = of("_capture_out_of_step_seconds_total").get_counter().get_value();
        assert_eq!((directions.to_string(), seconds.to_string()), ("2".into(), "1.5".into()));
    }

    #[test]
    fn in_a_replay_the_file_is_what_was_seen() {
        let ledger = Ledger { seen: 9, decoded: 4, discarded: 5, ..Ledger::default() };
        let health = Health { ledger, ..Health::default() };
        assert_eq!(health.payload_bytes(), 9);
        assert_eq!(health.fates().iter().map(|(_, n)| n).sum::<u64>(), 9);
    }
}
