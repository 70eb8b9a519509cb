//! Metrics: one place for names, buckets and implied labels, and for their series, a value for each
//! set of labels.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use prometheus::core::Desc;
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Error, Result};

use super::value::{Counter, Gauge, Histogram, Millis, Reading, Value};

/// Upper bounds in seconds.
pub const BUCKETS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The prefix of every name.
pub const PREFIX: &str = "kafka_observer_";

/// All metrics, by name.
#[derive(Clone, Default)]
pub struct Registry(Arc<Mutex<BTreeMap<String, Box<dyn Collect>>>>);

/// A metric: its series by the values of their labels, in the order of their names.
pub struct Family<V>(Arc<Inner<V>>);

struct Inner<V> {
    head: Arc<Head>,
    labels: Vec<String>,
    implied: Vec<LabelPair>,
    bounds: &'static [f64],
    series: Mutex<HashMap<Vec<String>, (Labels, V), RandomState>>,
}

/// What a metric's first two lines say.
#[derive(Debug)]
struct Head {
    name: String,
    help: String,
    kind: MetricType,
}

/// The labels of a series, in alphabetical order.
type Labels = Arc<[LabelPair]>;

/// A metric at a moment.
#[derive(Debug)]
pub struct Readings {
    head: Arc<Head>,
    series: Vec<(Labels, Reading)>,
}

/// A metric whose values can be read.
trait Collect: Send {
    fn read(&self) -> Readings;
}

impl Registry {
    /// A metric with its whole name. Fails where the name is none, or taken.
    pub fn family<V: Value>(
        &self,
        name: String,
        help: &str,
        labels: &[&str],
        cluster: Option<&str>,
        bounds: &'static [f64],
    ) -> Result<Family<V>> {
        let labels: Vec<_> = labels.iter().map(|&label| label.to_owned()).collect();
        let implied: Vec<_> = cluster.map(|value| pair("cluster", value)).into_iter().collect();
        let constant = cluster.map(|value| ("cluster".to_owned(), value.to_owned()));
        // It knows what a name may be made of.
        Desc::new(name.clone(), help.to_owned(), labels.clone(), constant.into_iter().collect())?;
        let mut metrics = self.metrics();
        if metrics.contains_key(&name) {
            return Err(Error::AlreadyReg);
        }
        let head = Arc::new(Head { name: name.clone(), help: help.to_owned(), kind: V::TYPE });
        let series = Mutex::default();
        let family = Family(Arc::new(Inner { head, labels, implied, bounds, series }));
        metrics.insert(name, Box::new(family.clone()));
        Ok(family)
    }

    /// All values at this moment.
    pub fn read(&self) -> Vec<Readings> {
        self.metrics().values().map(|metric| metric.read()).collect()
    }

    fn metrics(&self) -> MutexGuard<'_, BTreeMap<String, Box<dyn Collect>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Clone for Family<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V: Value> Family<V> {
    /// The series with these labels, made on first use. Values stand in the order of their names.
    pub fn with_label_values(&self, values: &[&str]) -> V {
        let key: Vec<_> = values.iter().map(|&value| value.to_owned()).collect();
        let mut series = self.series();
        let (_, value) =
            series.entry(key).or_insert_with(|| (self.0.labels(values), V::new(self.0.bounds)));
        value.clone()
    }

    /// Forgets a series; handles of it count for nobody any more.
    pub fn remove_label_values(&self, values: &[&str]) {
        let key: Vec<_> = values.iter().map(|&value| value.to_owned()).collect();
        self.series().remove(&key);
    }

    fn series(&self) -> MutexGuard<'_, HashMap<Vec<String>, (Labels, V), RandomState>> {
        self.0.series.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Inner<V> {
    fn labels(&self, values: &[&str]) -> Labels {
        let own = self.labels.iter().zip(values).map(|(name, value)| pair(name, value));
        let mut pairs: Vec<_> = own.chain(self.implied.iter().cloned()).collect();
        pairs.sort_by(|a, b| a.name().cmp(b.name()));
        pairs.into()
    }
}

impl<V: Value> Collect for Family<V> {
    fn read(&self) -> Readings {
        let series = self.series();
        let read = series.values().map(|(labels, value)| (Arc::clone(labels), value.read()));
        Readings { head: Arc::clone(&self.0.head), series: read.collect() }
    }
}

impl Readings {
    /// The metric as it is exported, its series in the order of their labels.
    pub fn family(&self) -> MetricFamily {
        let mut series: Vec<_> = self.series.iter().collect();
        series.sort_by(|(a, _), (b, _)| values(a).cmp(values(b)));
        let metrics = series.into_iter().map(|(labels, reading)| {
            let mut metric = Metric::from_label(labels.to_vec());
            reading.fill(&mut metric);
            metric
        });
        let Head { name, help, kind } = &*self.head;
        let mut family = MetricFamily::default();
        family.set_name(name.clone());
        family.set_help(help.clone());
        family.set_field_type(*kind);
        family.set_metric(metrics.collect());
        family
    }
}

fn values(labels: &Labels) -> impl Iterator<Item = &str> {
    labels.iter().map(LabelPair::value)
}

fn pair(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

/// Makes metrics of ours.
pub struct Families<'a> {
    /// Where they are registered.
    pub registry: &'a Registry,
    /// Value of the `cluster` label; absent where not set.
    pub cluster: Option<&'a str>,
}

impl Families<'_> {
    /// A counter; `name` without the prefix.
    pub fn counter(&self, name: &str, help: &str, labels: &[&str]) -> Result<Family<Counter>> {
        self.family(name, help, labels, &[])
    }

    /// A counter of seconds.
    pub fn seconds(&self, name: &str, help: &str, labels: &[&str]) -> Result<Family<Millis>> {
        self.family(name, help, labels, &[])
    }

    /// A gauge.
    pub fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> Result<Family<Gauge>> {
        self.family(name, help, labels, &[])
    }

    /// A histogram of seconds.
    pub fn histogram(&self, name: &str, help: &str, labels: &[&str]) -> Result<Family<Histogram>> {
        self.family(name, help, labels, &BUCKETS)
    }

    fn family<V: Value>(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        bounds: &'static [f64],
    ) -> Result<Family<V>> {
        self.registry.family(format!("{PREFIX}{name}"), help, labels, self.cluster, bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_once_and_must_be_one() {
        let registry = Registry::default();
        let family = |name: &str| registry.family::<Counter>(name.to_owned(), "h", &[], None, &[]);
        assert!(family("a_b").is_ok());
        assert!(matches!(family("a_b"), Err(Error::AlreadyReg)));
        assert!(family("a-b").is_err() && family("").is_err());
    }

    #[test]
    fn what_is_read_stays_while_more_is_counted() {
        let registry = Registry::default();
        let families = Families { registry: &registry, cluster: Some("c") };
        let counter = families.counter("n_total", "Help.", &["z", "a"]).unwrap();
        counter.with_label_values(&["2", "x"]).inc();
        counter.with_label_values(&["1", "x"]).inc_by(5);
        let read = registry.read();
        counter.with_label_values(&["1", "x"]).inc();
        counter.remove_label_values(&["2", "x"]);
        let told = |readings: &[Readings]| -> Vec<String> {
            let family = readings.first().unwrap().family();
            let one = |metric: &Metric| {
                let labels = metric.get_label().iter();
                let labels: Vec<_> =
                    labels.map(|l| format!("{}={}", l.name(), l.value())).collect();
                format!("{} {}", labels.join(","), metric.get_counter().get_value())
            };
            family.get_metric().iter().map(one).collect()
        };
        assert_eq!(told(&read), ["a=x,cluster=c,z=1 5", "a=x,cluster=c,z=2 1"]);
        assert_eq!(told(&registry.read()), ["a=x,cluster=c,z=1 6"]);
    }
}
