//! Making metrics: one place for names, buckets and implied labels.

use prometheus::core::Collector;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, Result};

/// Upper bounds in seconds.
pub const BUCKETS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The prefix of every name.
pub const PREFIX: &str = "kafka_observer_";

/// Makes metrics and registers them.
pub struct Families<'a> {
    /// Where they are registered.
    pub registry: &'a Registry,
    /// Value of the `cluster` label; absent where not set.
    pub cluster: Option<&'a str>,
}

impl Families<'_> {
    /// A counter; `name` without the prefix.
    pub fn counter(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec> {
        self.register(IntCounterVec::new(self.opts(name, help), labels)?)
    }

    /// A gauge.
    pub fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec> {
        self.register(IntGaugeVec::new(self.opts(name, help), labels)?)
    }

    /// A histogram of seconds.
    pub fn histogram(&self, name: &str, help: &str, labels: &[&str]) -> Result<HistogramVec> {
        let opts = HistogramOpts::from(self.opts(name, help)).buckets(BUCKETS.to_vec());
        self.register(HistogramVec::new(opts, labels)?)
    }

    fn opts(&self, name: &str, help: &str) -> Opts {
        let opts = Opts::new(format!("{PREFIX}{name}"), help);
        match self.cluster {
            Some(cluster) => opts.const_label("cluster", cluster),
            None => opts,
        }
    }

    fn register<C: Collector + Clone + 'static>(&self, collector: C) -> Result<C> {
        self.registry.register(Box::new(collector.clone()))?;
        Ok(collector)
    }
}
