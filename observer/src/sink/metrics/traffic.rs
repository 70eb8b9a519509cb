//! Requests and their times, by API, version and client.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus::Result;

use super::Options;
use super::family::{Families, Family};
use super::labels::{Labels, Used};
use super::series::{Entry, Key, Series, Slot};
use super::value::{Counter, Histogram};
use crate::event::{Exchange, Request};
use crate::time::Timestamp;

/// Metrics of requests and exchanges.
pub struct Traffic {
    requests: Family<Counter>,
    request_bytes: Family<Counter>,
    response_bytes: Family<Counter>,
    versions: Family<Counter>,
    deprecated: Family<Counter>,
    duration: Family<Histogram>,
    broker_time: Family<Histogram>,
    wait: Family<Histogram>,
    fetch_wait: Family<Histogram>,
    by_client: Series<ByClient>,
    by_version: Series<ByVersion>,
    by_api: Series<ByApi>,
}

struct ByClient {
    requests: Counter,
    request_bytes: Counter,
    response_bytes: Counter,
}

struct ByVersion {
    requests: Counter,
    /// Only where there were such.
    deprecated: OnceLock<Counter>,
}

struct ByApi {
    duration: Histogram,
    broker_time: Histogram,
    wait: Histogram,
    /// Only where there were empty fetches.
    fetch_wait: OnceLock<Histogram>,
}

/// The series that a request counts in.
#[derive(Default)]
pub struct Route {
    client: Slot<ByClient>,
    version: Slot<ByVersion>,
    api: Slot<ByApi>,
}

impl Traffic {
    /// Registers the metrics.
    pub fn new(families: &Families<'_>, labels: &Labels, options: &Options) -> Result<Self> {
        let by_client = labels.names(&["api"]);
        let by_version = labels.names(&["api", "api_version"]);
        let by_api = ["broker", "vantage", "api"];
        Ok(Self {
            requests: families.counter(
                "requests_total",
                "Requests whose frame has ended.",
                &by_client,
            )?,
            request_bytes: families.counter(
                "request_bytes_total",
                "Bytes of request frames, without their length prefixes.",
                &by_client,
            )?,
            response_bytes: families.counter(
                "response_bytes_total",
                "Bytes of matched response frames, without their length prefixes.",
                &by_client,
            )?,
            versions: families.counter(
                "api_version_requests_total",
                "Requests whose frame has ended, by the version of their API.",
                &by_version,
            )?,
            deprecated: families.counter(
                "deprecated_requests_total",
                "Clients' requests whose frame has ended, of versions that brokers no longer take \
                 from 4.0 on (KIP-896).",
                &by_version,
            )?,
            duration: families.histogram(
                "request_duration_seconds",
                "From a request's first byte to its response's last.",
                &by_api,
            )?,
            broker_time: families.histogram(
                "broker_time_seconds",
                "From a request's last byte to its response's first, without the wait behind \
                 the previous response of the connection.",
                &by_api,
            )?,
            wait: families.histogram(
                "connection_wait_seconds",
                "Time that a whole request waited behind the previous response of its connection.",
                &by_api,
            )?,
            fetch_wait: families.histogram(
                "fetch_wait_seconds",
                "Broker time of fetches that were answered without records and errors; they are \
                 not in request_duration_seconds and broker_time_seconds.",
                &by_api,
            )?,
            by_client: Series::new(options.max_series),
            by_version: Series::new(options.max_series),
            by_api: Series::new(options.max_series),
        })
    }

    /// Counts a request whose frame has ended.
    pub fn request(
        &mut self,
        labels: &Labels,
        key: Key,
        route: &mut Route,
        request: &Request,
        now: Timestamp,
    ) {
        let by_client = route.client.get(now, || self.by_client(labels, key));
        by_client.handles.requests.inc();
        by_client.handles.request_bytes.inc_by(u64::from(request.bytes));
        let by_version = route.version.get(now, || self.by_version(labels, key));
        by_version.handles.requests.inc();
    }

    /// Counts a client's request of a version that was removed.
    pub fn deprecated(&mut self, labels: &Labels, key: Key, route: &mut Route, now: Timestamp) {
        let by_version = route.version.get(now, || self.by_version(labels, key));
        let make = || self.deprecated.with_label_values(&labels.values(&by_version.key));
        by_version.handles.deprecated.get_or_init(make).inc();
    }

    /// Counts and times an exchange.
    pub fn exchange(
        &mut self,
        labels: &Labels,
        key: Key,
        route: &mut Route,
        exchange: &Exchange,
        now: Timestamp,
    ) {
        if let Some(bytes) = exchange.response_bytes {
            let by_client = route.client.get(now, || self.by_client(labels, key));
            by_client.handles.response_bytes.inc_by(u64::from(bytes));
        }
        let times = [exchange.duration, exchange.broker_time, exchange.wait];
        if times == [None; 3] {
            return;
        }
        let by_api = route.api.get(now, || self.by_api(labels, key));
        let ByApi { duration, broker_time, wait, .. } = &by_api.handles;
        observe(wait, exchange.wait);
        if exchange.is_empty_fetch() == Some(true) {
            let make = || self.fetch_wait.with_label_values(&labels.values(&by_api.key));
            observe(by_api.handles.fetch_wait.get_or_init(make), exchange.broker_time);
        } else {
            observe(duration, exchange.duration);
            observe(broker_time, exchange.broker_time);
        }
    }

    /// Forgets idle series, and says which label values the others use.
    pub fn expire(&mut self, labels: &Labels, now: Timestamp, idle: Duration, used: &mut Used) {
        let Self { requests, request_bytes, response_bytes, .. } = self;
        self.by_client.expire(now, idle, |key| {
            for family in [&*requests, request_bytes, response_bytes] {
                family.remove_label_values(&labels.values(&key));
            }
        });
        let Self { versions, deprecated, .. } = self;
        self.by_version.expire(now, idle, |key| {
            for family in [&*versions, deprecated] {
                family.remove_label_values(&labels.values(&key));
            }
        });
        let Self { duration, broker_time, wait, fetch_wait, .. } = self;
        self.by_api.expire(now, idle, |key| {
            for family in [&*duration, broker_time, wait, fetch_wait] {
                family.remove_label_values(&labels.values(&key));
            }
        });
        self.by_client.mark(|key| key.api, &mut used.api);
        self.by_client.mark(|key| key.client, &mut used.client);
        self.by_version.mark(|key| key.api, &mut used.api);
        self.by_version.mark(|key| key.version, &mut used.version);
        self.by_version.mark(|key| key.client, &mut used.client);
        self.by_api.mark(|key| key.api, &mut used.api);
    }

    /// How often a set of labels found no room.
    pub const fn overflow(&self) -> u64 {
        self.by_client.overflow() + self.by_version.overflow() + self.by_api.overflow()
    }

    fn by_client(&mut self, labels: &Labels, key: Key) -> (Key, Arc<Entry<ByClient>>) {
        let Self { requests, request_bytes, response_bytes, .. } = self;
        let key = key.by_client();
        let entry = self.by_client.entry(key, |key| {
            let values = labels.values(&key);
            ByClient {
                requests: requests.with_label_values(&values),
                request_bytes: request_bytes.with_label_values(&values),
                response_bytes: response_bytes.with_label_values(&values),
            }
        });
        (key, entry)
    }

    fn by_version(&mut self, labels: &Labels, key: Key) -> (Key, Arc<Entry<ByVersion>>) {
        let versions = &self.versions;
        let entry = self.by_version.entry(key, |key| ByVersion {
            requests: versions.with_label_values(&labels.values(&key)),
            deprecated: OnceLock::new(),
        });
        (key, entry)
    }

    fn by_api(&mut self, labels: &Labels, key: Key) -> (Key, Arc<Entry<ByApi>>) {
        let Self { duration, broker_time, wait, .. } = self;
        let key = key.by_api();
        let entry = self.by_api.entry(key, |key| {
            let values = labels.values(&key);
            ByApi {
                duration: duration.with_label_values(&values),
                broker_time: broker_time.with_label_values(&values),
                wait: wait.with_label_values(&values),
                fetch_wait: OnceLock::new(),
            }
        });
        (key, entry)
    }
}

fn observe(histogram: &Histogram, time: Option<Duration>) {
    if let Some(time) = time {
        histogram.observe(time.as_secs_f64());
    }
}
