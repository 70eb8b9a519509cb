//! A table per API: how often it was called, how it ended, how long it took.
//!
//! In: events. Out: lines of text; the same table once for a capture, again and again for live
//! traffic.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::clock::millis;
use super::table::Table;
use crate::event::{ApiName, Event, Exchange, Handler, Outcome};

/// Known APIs, and room for as many that are not; further ones are shown together.
const MAX_APIS: usize = 256;

/// The longest time told apart, in microseconds: an hour.
const MAX_MICROS: u64 = 3_600_000_000;

/// Digits of a time that are kept: quantiles are right to a hundredth, in 25 KiB per histogram.
const DIGITS: u8 = 2;

/// Counts by API.
#[derive(Debug, Default)]
pub struct Summary {
    apis: BTreeMap<ApiRow, Row>,
}

/// An API, or the rest of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ApiRow {
    Api(ApiName),
    Other,
}

/// What was counted of one API.
#[derive(Debug)]
struct Row {
    requests: u64,
    outcomes: [u64; Outcome::ALL.len()],
    /// Requests whose frame has ended and which have not.
    inflight: u64,
    duration: Times,
    broker_time: Times,
}

/// Times in microseconds.
#[derive(Debug)]
struct Times(Option<Histogram<u64>>);

impl Summary {
    /// The table of a whole capture.
    pub fn table(&self) -> String {
        let mut table = Table::new(&[
            "API",
            "requests",
            "answered",
            "unanswered",
            "p50 ms",
            "p99 ms",
            "broker p50 ms",
            "broker p99 ms",
        ]);
        for (api, row) in &self.apis {
            table.row(vec![
                api.name(),
                row.requests.to_string(),
                row.outcome(Outcome::Answered).to_string(),
                row.unanswered(),
                row.duration.quantile(0.5),
                row.duration.quantile(0.99),
                row.broker_time.quantile(0.5),
                row.broker_time.quantile(0.99),
            ]);
        }
        table.text()
    }

    /// The table of live traffic, the rate over the time since [`Self::next_interval`].
    pub fn live_table(&self, since: &Requests, interval: Duration) -> String {
        let mut table = Table::new(&[
            "API",
            "requests",
            "rate/s",
            "p50 ms",
            "p99 ms",
            "in flight",
            "unanswered",
        ]);
        for (api, row) in &self.apis {
            let new = row.requests.saturating_sub(since.0.get(api).copied().unwrap_or(0));
            table.row(vec![
                api.name(),
                row.requests.to_string(),
                rate(new, interval),
                row.duration.quantile(0.5),
                row.duration.quantile(0.99),
                row.inflight.to_string(),
                row.unanswered(),
            ]);
        }
        table.text()
    }

    /// Begins an interval: times are those of the interval, counts those since the start.
    pub fn next_interval(&mut self) -> Requests {
        for row in self.apis.values_mut() {
            row.duration.reset();
            row.broker_time.reset();
        }
        Requests(self.apis.iter().map(|(api, row)| (*api, row.requests)).collect())
    }

    fn row(&mut self, api: ApiName) -> &mut Row {
        let api = ApiRow::Api(api);
        let is_room = self.apis.len() < MAX_APIS || self.apis.contains_key(&api);
        self.apis.entry(if is_room { api } else { ApiRow::Other }).or_insert_with(Row::new)
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let row = self.row(exchange.header.api());
        row.inflight = row.inflight.saturating_sub(1);
        if let Some(count) = row.outcomes.get_mut(exchange.outcome as usize) {
            *count += 1;
        }
        row.duration.record(exchange.duration);
        row.broker_time.record(exchange.broker_time);
    }
}

/// Requests by API at the start of an interval.
#[derive(Debug, Default)]
pub struct Requests(BTreeMap<ApiRow, u64>);

impl Handler for Summary {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Request(request) => {
                let row = self.row(request.header.api());
                row.requests += 1;
                row.inflight += 1;
            }
            Event::Exchange(exchange) => self.exchange(exchange),
            _ => {}
        }
    }
}

impl ApiRow {
    fn name(self) -> String {
        match self {
            Self::Api(api) => api.to_string(),
            Self::Other => "other".to_owned(),
        }
    }
}

impl Row {
    fn new() -> Self {
        Self {
            requests: 0,
            outcomes: [0; Outcome::ALL.len()],
            inflight: 0,
            duration: Times::new(),
            broker_time: Times::new(),
        }
    }

    fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(outcome as usize).copied().unwrap_or(0)
    }

    /// How many ended without an answer, and how.
    fn unanswered(&self) -> String {
        let others = Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Answered);
        let text: Vec<_> = others
            .map(|outcome| (outcome, self.outcome(outcome)))
            .filter(|(_, n)| *n > 0)
            .map(|(outcome, n)| format!("{n} {}", outcome.as_str()))
            .collect();
        if text.is_empty() { "0".to_owned() } else { text.join(", ") }
    }
}

impl Times {
    /// None yet. The bounds, which could be refused, are constants that are not.
    fn new() -> Self {
        Self(Histogram::new_with_max(MAX_MICROS, DIGITS).ok())
    }

    fn record(&mut self, time: Option<Duration>) {
        if let (Some(histogram), Some(time)) = (&mut self.0, time) {
            let micros = u64::try_from(time.as_micros()).unwrap_or(MAX_MICROS);
            histogram.saturating_record(micros.min(MAX_MICROS));
        }
    }

    fn reset(&mut self) {
        if let Some(histogram) = &mut self.0 {
            histogram.reset();
        }
    }

    fn quantile(&self, quantile: f64) -> String {
        match &self.0 {
            Some(histogram) if !histogram.is_empty() => {
                millis(Duration::from_micros(histogram.value_at_quantile(quantile)))
            }
            _ => "-".to_owned(),
        }
    }
}

fn rate(n: u64, interval: Duration) -> String {
    let seconds = interval.as_secs_f64();
    if seconds == 0.0 { "-".to_owned() } else { format!("{:.1}", n as f64 / seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::samples::{exchange, header, peers, request};
    use crate::time::WallClock;

    fn produce(summary: &mut Summary, times: &[u64]) {
        for ms in times {
            let mut exchange = exchange("a");
            exchange.duration = Some(Duration::from_millis(*ms));
            exchange.broker_time = Some(Duration::from_micros(500));
            summary.event(Event::Request(&request("a")));
            summary.event(Event::Exchange(&exchange));
        }
    }

    #[test]
    fn a_capture_is_a_table_by_api() {
        let mut summary = Summary::default();
        produce(&mut summary, &[1, 2, 3]);
        let mut lost = exchange("a");
        (lost.header.api_key, lost.outcome) = (3, Outcome::Lost);
        (lost.duration, lost.broker_time) = (None, None);
        let mut asked = request("a");
        asked.header.api_key = lost.header.api_key;
        summary.event(Event::Request(&asked));
        summary.event(Event::Exchange(&lost));
        assert_eq!(
            summary.table(),
            "\
API       requests  answered  unanswered  p50 ms  p99 ms  broker p50 ms  broker p99 ms
Produce          3         3           0   2.007   3.007          0.501          0.501
Metadata         1         0      1 lost       -       -              -              -
"
        );
    }

    #[test]
    fn live_counts_stay_and_live_times_are_of_the_interval() {
        let mut summary = Summary::default();
        produce(&mut summary, &[1000; 4]);
        let since = summary.next_interval();
        produce(&mut summary, &[1; 6]);
        summary.event(Event::Request(&request("a")));
        assert_eq!(
            summary.live_table(&since, Duration::from_secs(2)),
            "\
API      requests  rate/s  p50 ms  p99 ms  in flight  unanswered
Produce        11     3.5   1.003   1.003          1           0
"
        );
    }

    #[test]
    fn a_million_apis_are_few_rows() {
        let mut summary = Summary::default();
        for api_key in i16::MIN..i16::MAX {
            let header = crate::event::RequestHeader { api_key, ..header("a") };
            let peers = peers();
            let request = crate::event::Request {
                peers,
                header,
                bytes: 1,
                time: None,
                wall: WallClock::default(),
                replica: None,
                forwarded: None,
            };
            summary.event(Event::Request(&request));
        }
        assert_eq!(summary.apis.len(), MAX_APIS + 1);
        assert!(summary.table().lines().last().unwrap().starts_with("other "));
    }
}
