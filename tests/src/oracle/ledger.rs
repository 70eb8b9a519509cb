//! The observer's metrics: Prometheus text in, sums over labels and the state of both ledgers out.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// Samples of the observer's own metrics.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Vec<Sample>);

#[derive(Clone, Debug)]
struct Sample {
    name: String,
    labels: String,
    value: f64,
}

impl Metrics {
    /// Reads the text format.
    pub fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(Sample::parse).collect::<Result<_>>().map(Self)
    }

    /// The sum of a metric, by its name without `kafka_observer_`, over all samples whose labels
    /// contain `label` (such as `fate="lost"`, or nothing); 0 where there are none.
    pub fn sum(&self, name: &str, label: &str) -> u64 {
        let is_meant = |s: &&Sample| {
            s.name.strip_prefix("kafka_observer_") == Some(name) && s.labels.contains(label)
        };
        self.0.iter().filter(is_meant).map(|sample| sample.value).sum::<f64>() as u64
    }

    /// The sums of a metric, by the values of some of its labels; a label that a series does not have
    /// is empty.
    pub fn by<const N: usize>(&self, name: &str, labels: [&str; N]) -> BTreeMap<[String; N], u64> {
        let mut sums = BTreeMap::new();
        let of = |s: &&Sample| s.name.strip_prefix("kafka_observer_") == Some(name);
        for sample in self.0.iter().filter(of) {
            *sums.entry(labels.map(|label| sample.label(label))).or_default() +=
                sample.value as u64;
        }
        sums
    }

    /// Whether every byte that was seen has come to its fate.
    pub fn is_settled(&self) -> bool {
        self.sum("stream_bytes_total", r#"fate="pending""#) == 0
    }

    /// Fails unless both ledgers balance, to the byte and to the request, with nothing on its way: what
    /// is missing between kernel and pipeline would count as that.
    pub fn check_balance(&self) -> Result<()> {
        let (seen, fates) =
            (self.sum("stream_payload_bytes_total", ""), self.sum("stream_bytes_total", ""));
        if seen == 0 || seen != fates {
            bail!("{seen} bytes were seen, and {fates} have a fate");
        }
        if !self.is_settled() {
            bail!("bytes are still on their way");
        }
        let (requests, ended) =
            (self.sum("requests_total", ""), self.sum("request_outcomes_total", ""));
        let inflight = self.sum("inflight_requests", "");
        if requests == 0 || requests != ended + inflight {
            bail!("{requests} requests, but {ended} ended and {inflight} in flight");
        }
        Ok(())
    }

    /// Fails if anything was lost, not understood or not matched.
    pub fn check_nothing_lost(&self) -> Result<()> {
        let never = [
            ("stream_bytes_total", r#"fate="lost""#),
            ("stream_bytes_total", r#"fate="discarded""#),
            ("stream_bytes_total", r#"fate="opaque""#),
            ("stream_gap_bytes_total", ""),
            ("capture_lost_bytes_total", ""),
            ("request_outcomes_total", r#"outcome="lost""#),
            ("request_outcomes_total", r#"outcome="expired""#),
            ("request_outcomes_total", r#"outcome="evicted""#),
            ("unmatched_responses_total", ""),
            ("malformed_requests_total", ""),
            ("malformed_responses_total", ""),
            ("resyncs_total", ""),
            ("table_evictions_total", ""),
        ];
        for (name, label) in never {
            let count = self.sum(name, label);
            if count != 0 {
                bail!("{name}{{{label}}} is {count}");
            }
        }
        Ok(())
    }
}

impl Sample {
    /// The value of a label, unescaped.
    fn label(&self, label: &str) -> String {
        let begin = format!("{label}=\"");
        let at = self.labels.match_indices(&begin).map(|(at, _)| at);
        let is_name = |at: &usize| *at == 0 || self.labels[..*at].ends_with(',');
        let Some(at) = at.into_iter().find(is_name) else {
            return String::new();
        };
        let mut value = String::new();
        let mut chars = self.labels[at + begin.len()..].chars();
        while let Some(c) = chars.next().filter(|c| *c != '"') {
            value.push(match c {
                '\\' => match chars.next() {
                    Some('n') => '\n',
                    escaped => escaped.unwrap_or('\\'),
                },
                c => c,
            });
        }
        value
    }

    fn parse(line: &str) -> Result<Self> {
        let (series, value) =
            line.rsplit_once(' ').with_context(|| format!("no sample: {line}"))?;
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let value = value.parse().with_context(|| format!("no sample: {line}"))?;
        Ok(Self { name: name.to_owned(), labels: labels.to_owned(), value })
    }
}
