//! What only `broker` and `vantage` tell apart: outcomes, connections, the network. These totals
//! never expire.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use prometheus::Result;

use super::family::{Families, Family};
use super::labels::Labels;
use super::series::Key;
use super::value::{Counter, Gauge, Histogram};
use crate::event::{
    Exchange, Malformed, Outcome, Request, RequestHeader, Security, Side, Unmatched,
};
use crate::protocol::api::ApiKey;

/// Metrics of brokers.
pub struct Brokers {
    families: BrokerFamilies,
    handles: HashMap<Key, Arc<Handles>, RandomState>,
}

struct BrokerFamilies {
    outcomes: Family<Counter>,
    inflight: Family<Gauge>,
    inflight_produce: Family<Gauge>,
    unmatched: Family<Counter>,
    malformed_requests: Family<Counter>,
    malformed_responses: Family<Counter>,
    connections: Family<Gauge>,
    opened: Family<Counter>,
    closed: Family<Counter>,
    rtt: Family<Histogram>,
    retransmits: Family<Counter>,
}

/// What to count with, of a broker and vantage.
pub struct Handles {
    outcomes: [Counter; Outcome::ALL.len()],
    inflight: Gauge,
    inflight_produce: Gauge,
    unmatched: [Counter; Unmatched::ALL.len()],
    malformed_requests: [Counter; Malformed::ALL.len()],
    malformed_responses: [Counter; Malformed::ALL.len()],
    connections: [Gauge; Security::ALL.len()],
    opened: Counter,
    closed: Counter,
    /// Only where sockets are measured.
    network: OnceLock<(Histogram, Counter)>,
}

impl Brokers {
    /// Registers the metrics.
    pub fn new(families: &Families<'_>) -> Result<Self> {
        Ok(Self { families: BrokerFamilies::new(families)?, handles: HashMap::default() })
    }

    /// A response that no request waits for.
    pub fn unmatched(&mut self, labels: &Labels, key: Key, reason: Unmatched) {
        inc(&self.handles(labels, key).unmatched, reason as usize);
    }

    /// Bytes that are not what they should be.
    pub fn malformed(&mut self, labels: &Labels, key: Key, side: Side, why: Malformed) {
        let handles = self.handles(labels, key);
        let reasons = match side {
            Side::Request => &handles.malformed_requests,
            Side::Response => &handles.malformed_responses,
        };
        inc(reasons, why as usize);
    }

    /// A connection was seen for the first time.
    pub fn opened(&mut self, labels: &Labels, key: Key) {
        let handles = self.handles(labels, key);
        handles.opened.inc();
        add(&handles.connections, Security::Unknown, 1);
    }

    /// It became clear how a connection is secured.
    pub fn secured(&mut self, labels: &Labels, key: Key, was: Security, is: Security) {
        let handles = self.handles(labels, key);
        add(&handles.connections, was, -1);
        add(&handles.connections, is, 1);
    }

    /// A connection is no longer followed.
    pub fn closed(&mut self, labels: &Labels, key: Key, security: Security) {
        let handles = self.handles(labels, key);
        handles.closed.inc();
        add(&handles.connections, security, -1);
    }

    /// A socket was measured.
    pub fn socket(&mut self, labels: &Labels, key: Key, rtt: Duration, retransmits: u32) {
        let handles = self.handles(labels, key);
        let (histogram, counter) = handles.network.get_or_init(|| {
            let values = labels.values(&key);
            let retransmits = self.families.retransmits.with_label_values(&values);
            (self.families.rtt.with_label_values(&values), retransmits)
        });
        histogram.observe(rtt.as_secs_f64());
        counter.inc_by(u64::from(retransmits));
    }

    /// What to count with, of a broker and vantage.
    pub fn handles(&mut self, labels: &Labels, key: Key) -> Arc<Handles> {
        let make = || Arc::new(self.families.handles(labels, &key));
        Arc::clone(self.handles.entry(key).or_insert_with(make))
    }
}

impl Handles {
    /// A request is in flight.
    pub fn request(&self, request: &Request) {
        self.inflight.inc();
        self.inflight_produce.add(produced(&request.header, request.bytes));
    }

    /// A request has ended.
    pub fn exchange(&self, exchange: &Exchange) {
        self.inflight.dec();
        self.inflight_produce.add(-produced(&exchange.header, exchange.request_bytes));
        inc(&self.outcomes, exchange.outcome as usize);
    }
}

impl BrokerFamilies {
    fn new(families: &Families<'_>) -> Result<Self> {
        let plain = ["broker", "vantage"];
        let reason = ["broker", "vantage", "reason"];
        Ok(Self {
            outcomes: families.counter(
                "request_outcomes_total",
                "Requests that have ended, by how.",
                &["broker", "vantage", "outcome"],
            )?,
            inflight: families.gauge("inflight_requests", "Requests in flight.", &plain)?,
            inflight_produce: families.gauge(
                "inflight_produce_bytes",
                "Bytes of Produce requests in flight.",
                &plain,
            )?,
            unmatched: families.counter(
                "unmatched_responses_total",
                "Responses that no request waited for, by why.",
                &reason,
            )?,
            malformed_requests: families.counter(
                "malformed_requests_total",
                "Places in request streams that are no frame, by why.",
                &reason,
            )?,
            malformed_responses: families.counter(
                "malformed_responses_total",
                "Places in response streams that are no frame, by why.",
                &reason,
            )?,
            connections: families.gauge(
                "connections",
                "Connections followed, by how they are secured.",
                &["broker", "vantage", "security"],
            )?,
            opened: families.counter(
                "connections_opened_total",
                "Connections seen for the first time.",
                &plain,
            )?,
            closed: families.counter(
                "connections_closed_total",
                "Connections no longer followed.",
                &plain,
            )?,
            rtt: families.histogram(
                "tcp_rtt_seconds",
                "Smoothed round-trip times of local sockets.",
                &plain,
            )?,
            retransmits: families.counter(
                "tcp_retransmits_total",
                "Segments that local sockets sent again.",
                &plain,
            )?,
        })
    }

    fn handles(&self, labels: &Labels, key: &Key) -> Handles {
        let values = labels.values(key);
        let with = |value: &'static str| [values.as_slice(), &[value]].concat();
        Handles {
            outcomes: Outcome::ALL
                .map(|outcome| self.outcomes.with_label_values(&with(outcome.as_str()))),
            inflight: self.inflight.with_label_values(&values),
            inflight_produce: self.inflight_produce.with_label_values(&values),
            unmatched: Unmatched::ALL
                .map(|reason| self.unmatched.with_label_values(&with(reason.as_str()))),
            malformed_requests: Malformed::ALL
                .map(|why| self.malformed_requests.with_label_values(&with(why.as_str()))),
            malformed_responses: Malformed::ALL
                .map(|why| self.malformed_responses.with_label_values(&with(why.as_str()))),
            connections: Security::ALL
                .map(|kind| self.connections.with_label_values(&with(kind.as_str()))),
            opened: self.opened.with_label_values(&values),
            closed: self.closed.with_label_values(&values),
            network: OnceLock::new(),
        }
    }
}

/// The size of a request, if it is a Produce.
fn produced(header: &RequestHeader, bytes: u32) -> i64 {
    if ApiKey(header.api_key) == ApiKey::PRODUCE { bytes.into() } else { 0 }
}

/// The order of `ALL` is that of the variants, so a variant's number is its place.
fn inc(counters: &[Counter], place: usize) {
    if let Some(counter) = counters.get(place) {
        counter.inc();
    }
}

fn add(gauges: &[Gauge], security: Security, n: i64) {
    if let Some(gauge) = gauges.get(security as usize) {
        gauge.add(n);
    }
}
