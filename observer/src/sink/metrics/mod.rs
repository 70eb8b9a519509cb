//! Prometheus metrics.
//!
//! In: events, the time, and the pipeline's state when somebody reads. Out: a snapshot, and its
//! text. Everything is counted on one thread and read there too, between two inputs, so what a
//! reader sees is consistent: the ledgers balance in every scrape. Labels are shared, not copied,
//! and the text is another thread's work, so reading holds counting up for as little as can be.

mod brokers;
mod clients;
mod deprecated;
mod envoy;
mod errors;
mod family;
mod groups;
pub mod health;
mod label;
mod labels;
mod measure;
mod mechanisms;
mod naming;
mod options;
mod progress;
mod routes;
mod series;
mod snapshot;
#[cfg(test)]
mod tests;
mod topics;
mod traffic;
mod unresolved;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use prometheus::Result;
use prometheus::proto::MetricFamily;

use self::brokers::Brokers;
use self::clients::Clients;
use self::deprecated::Deprecated;
use self::envoy::Envoy;
use self::errors::Errors;
use self::family::{Families, Registry};
use self::groups::Groups;
use self::health::{Health, counter, gauge, presence, sample};
use self::labels::{Labels, Used};
use self::mechanisms::Mechanisms;
pub use self::options::Options;
use self::routes::Routes;
use self::series::Key;
pub use self::snapshot::{CONTENT_TYPE, Snapshot, text};
use self::topics::Topics;
use self::traffic::Traffic;
use self::unresolved::Unresolved;
use crate::event::{Event, Exchange, Handler, Request};
use crate::tables::{Evictions, Table};
use crate::time::Timestamp;

/// Within the idle time: often enough, and seldom enough to cost nothing.
const SWEEPS: u32 = 10;

/// Counts events.
pub struct Metrics {
    options: Options,
    registry: Registry,
    process: Option<Arc<prometheus::Registry>>,
    labels: Labels,
    routes: Routes,
    traffic: Traffic,
    deprecated: Deprecated,
    errors: Errors,
    topics: Topics,
    unresolved: Unresolved,
    groups: Groups,
    brokers: Brokers,
    clients: Clients,
    mechanisms: Mechanisms,
    envoy: Option<Envoy>,
    resyncs: u64,
    now: Timestamp,
    /// After which it looks for what is idle.
    next_sweep: Timestamp,
}

impl Metrics {
    /// Nothing counted yet. Fails where the options cannot be part of a metric.
    pub fn new(options: Options) -> Result<Self> {
        let registry = Registry::default();
        let families = Families { registry: &registry, cluster: options.cluster.as_deref() };
        let labels = Labels::new(&options);
        let envoy = options.envoy_prefix.as_deref().map(|prefix| Envoy::new(&registry, prefix));
        Ok(Self {
            traffic: Traffic::new(&families, &labels, &options)?,
            errors: Errors::new(&families, &labels, &options)?,
            topics: Topics::new(&families, &labels, &options)?,
            unresolved: Unresolved::new(&families)?,
            groups: Groups::new(&families, &options)?,
            brokers: Brokers::new(&families)?,
            clients: Clients::new(&families, &labels, &options)?,
            mechanisms: Mechanisms::new(&families, &options)?,
            labels,
            routes: Routes::default(),
            deprecated: Deprecated::default(),
            envoy: envoy.transpose()?,
            resyncs: 0,
            now: Timestamp(0),
            next_sweep: Timestamp(0).plus(options.idle / SWEEPS),
            registry,
            process: None,
            options,
        })
    }

    /// Metrics of this process (memory, CPU, file descriptors) are read as well.
    pub fn with_process(self) -> Result<Self> {
        let registry = prometheus::Registry::new();
        let process = prometheus::process_collector::ProcessCollector::for_self();
        registry.register(Box::new(process))?;
        Ok(Self { process: Some(Arc::new(registry)), ..self })
    }

    /// Time has passed: forgets what was idle for long.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.expire_unresolved();
        if self.now > self.next_sweep {
            self.next_sweep = self.now.plus(self.options.idle / SWEEPS);
            self.expire();
        }
    }

    /// No more will come: what waited for a topic's name counts under its id, and who has not shown
    /// itself to be a broker is a client.
    pub fn settle(&mut self) {
        let clients = self.deprecated.settle();
        self.count_deprecated(&clients);
        self.settle_unresolved();
    }

    /// All metrics at this moment. Takes little time; what is made of them is another thread's work.
    pub fn gather(&self, health: &Health) -> Snapshot {
        Snapshot {
            readings: self.registry.read(),
            progress: self.groups.progress(&self.labels, (self.now, health.wall), &self.options),
            health: Health { evictions: self.evictions(&health.evictions), ..health.clone() },
            own: self.own(),
            process: self.process.clone(),
        }
    }

    fn evictions(&self, others: &Evictions) -> Evictions {
        let mut evictions = others.plus(self.groups.evictions());
        evictions.add(Table::Senders, self.deprecated.overflow());
        evictions
    }

    fn request(&mut self, request: &Request) {
        let Self { labels, routes, traffic, brokers, clients, now, .. } = self;
        let Request { peers, header, .. } = request;
        let route = routes.find(labels, brokers, peers, header);
        route.broker.request(request);
        traffic.request(labels, route.key, &mut route.traffic, request, *now);
        clients.request(labels, peers, header.client_id.as_ref());
        if !(route.is_plain && self.deprecated.passes(request)) {
            let clients = self.deprecated.request(request);
            self.count_deprecated(&clients);
        }
    }

    /// Counts clients' requests of removed versions.
    fn count_deprecated(&mut self, requests: &[Request]) {
        let Self { labels, routes, traffic, brokers, now, .. } = self;
        for Request { peers, header, .. } in requests {
            let route = routes.find(labels, brokers, peers, header);
            traffic.deprecated(labels, route.key, &mut route.traffic, *now);
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let Self { labels, routes, traffic, errors, topics, unresolved, brokers, now, .. } = self;
        let route = routes.find(labels, brokers, &exchange.peers, &exchange.header);
        let key = route.key;
        route.broker.exchange(exchange);
        traffic.exchange(labels, key, &mut route.traffic, exchange, *now);
        errors.exchange(labels, unresolved, key, exchange, *now);
        topics.exchange(labels, unresolved, (key, &mut route.topics), exchange, *now);
        let broker = Key::of_broker(key.broker, key.vantage);
        self.mechanisms.exchange(labels, broker, exchange);
        self.groups.exchange(labels, exchange, *now);
    }

    fn own(&self) -> Vec<MetricFamily> {
        let mut overflows: BTreeMap<_, u64> = BTreeMap::new();
        let series = [
            self.traffic.overflow(),
            self.errors.overflow(),
            self.topics.overflow(),
            self.groups.overflow(),
        ];
        let series = series.map(|n| ("series", n));
        let known = self.labels.overflows().chain(self.clients.overflows());
        for (label, n) in known.chain([self.mechanisms.overflow()]).chain(series) {
            *overflows.entry(label).or_default() += n;
        }
        let overflows = overflows.into_iter().map(|(label, n)| sample(&[("label", label)], n));
        let build = presence(&[("version", env!("CARGO_PKG_VERSION"))]);
        vec![
            gauge("build_info", "1, and which version this is.", vec![build]),
            counter(
                "resyncs_total",
                "Times that a direction lost its frame boundaries and found them again.",
                vec![sample(&[], self.resyncs)],
            ),
            counter(
                "series_overflow_total",
                "Times that a label's value (or, for label=\"series\", a set of labels) was \
                 counted as other because there were too many.",
                overflows.collect(),
            ),
        ]
    }

    fn expire(&mut self) {
        let clients = self.deprecated.sweep();
        self.count_deprecated(&clients);
        let mut used = Used::default();
        self.routes.forget();
        let Self { labels, now, options, .. } = self;
        self.traffic.expire(labels, *now, options.idle, &mut used);
        self.errors.expire(labels, *now, options.idle, &mut used);
        self.topics.expire(labels, *now, options.idle, &mut used);
        self.groups.expire(labels, *now, options.idle, &mut used);
        self.unresolved.mark(&mut used);
        self.clients.expire(&mut used);
        self.mechanisms.expire();
        self.labels.retain(&used);
    }
}

impl Handler for Metrics {
    fn time(&mut self, now: Timestamp) {
        self.advance(now);
    }

    fn event(&mut self, event: Event<'_>) {
        if let Some(envoy) = &mut self.envoy
            && let Err(error) = envoy.event(&event)
        {
            tracing::error!("an Envoy-compatible statistic cannot be counted: {error}");
        }
        let Self { labels, brokers, clients, mechanisms, .. } = self;
        match event {
            Event::Request(request) => self.request(request),
            Event::Exchange(exchange) => self.exchange(exchange),
            Event::UnmatchedResponse { peers, reason } => {
                let broker = labels.broker_key(&peers);
                brokers.unmatched(labels, broker, reason);
            }
            Event::Malformed { peers, side, reason } => {
                let broker = labels.broker_key(&peers);
                brokers.malformed(labels, broker, side, reason);
            }
            Event::ClientSoftware { peers, software } => clients.named(labels, &peers, software),
            Event::ConnectionOpened(peers) => {
                let broker = labels.broker_key(&peers);
                brokers.opened(labels, broker);
                clients.opened(labels, &peers);
            }
            Event::ConnectionSecurity { peers, was, is } => {
                let broker = labels.broker_key(&peers);
                brokers.secured(labels, broker, was, is);
            }
            Event::ConnectionClosed { peers, security } => {
                let broker = labels.broker_key(&peers);
                brokers.closed(labels, broker, security);
                clients.closed(labels, &peers);
                mechanisms.closed(labels, &peers);
            }
            Event::Resynchronised { .. } => self.resyncs += 1,
            Event::Socket { peers, rtt, retransmits } => {
                let broker = labels.broker_key(&peers);
                brokers.socket(labels, broker, rtt, retransmits);
            }
            Event::TopicNamed { id, name } => self.named(id, name),
            Event::Command(_) => {}
        }
    }
}
