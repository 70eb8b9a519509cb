//! What a series counts. One thread counts, any may read; handles of a series share its value.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use prometheus::proto::{self, Bucket, Metric, MetricType};

/// The value of a series.
pub trait Value: Clone + Send + Sync + 'static {
    /// Its metric's type.
    const TYPE: MetricType;

    /// A value of nothing; upper bounds only where there are buckets.
    fn new(bounds: &'static [f64]) -> Self;

    /// What it is now. Quick: nothing is counted meanwhile.
    fn read(&self) -> Reading;
}

/// What a value was at a moment.
#[derive(Clone, Debug)]
pub enum Reading {
    /// Of a counter.
    Counter(u64),
    /// Of a time, in milliseconds.
    Millis(u64),
    /// Of a gauge.
    Gauge(i64),
    /// Of a histogram: what each bucket counted, beyond the last bound at the end, and the sum.
    Histogram(&'static [f64], Box<[u64]>, f64),
}

/// One thread counts, so nothing comes between; an addition that locks costs ten times as much.
fn grow(number: &AtomicU64, n: u64) {
    number.store(number.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

/// A number that grows.
#[derive(Clone, Debug)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Counts one.
    pub fn inc(&self) {
        self.inc_by(1);
    }

    /// Counts so many.
    pub fn inc_by(&self, n: u64) {
        grow(&self.0, n);
    }

    /// How many it counted.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Value for Counter {
    const TYPE: MetricType = MetricType::COUNTER;

    fn new(_: &'static [f64]) -> Self {
        Self(Arc::default())
    }

    fn read(&self) -> Reading {
        Reading::Counter(self.get())
    }
}

/// A time that grows, in whole milliseconds.
#[derive(Clone, Debug)]
pub struct Millis(Arc<AtomicU64>);

impl Millis {
    /// Adds so many.
    pub fn add(&self, ms: u64) {
        grow(&self.0, ms);
    }
}

impl Value for Millis {
    const TYPE: MetricType = MetricType::COUNTER;

    fn new(_: &'static [f64]) -> Self {
        Self(Arc::default())
    }

    fn read(&self) -> Reading {
        Reading::Millis(self.0.load(Ordering::Relaxed))
    }
}

/// A number that grows and shrinks.
#[derive(Clone, Debug)]
pub struct Gauge(Arc<AtomicI64>);

impl Gauge {
    /// One more.
    pub fn inc(&self) {
        self.add(1);
    }

    /// One less.
    pub fn dec(&self) {
        self.add(-1);
    }

    /// So many more, or less.
    pub fn add(&self, n: i64) {
        self.0.store(self.get().wrapping_add(n), Ordering::Relaxed);
    }

    /// What it is.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Value for Gauge {
    const TYPE: MetricType = MetricType::GAUGE;

    fn new(_: &'static [f64]) -> Self {
        Self(Arc::default())
    }

    fn read(&self) -> Reading {
        Reading::Gauge(self.get())
    }
}

/// How often something was how large.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Observed>);

#[derive(Debug)]
struct Observed {
    bounds: &'static [f64],
    /// One for each bound, and one for what is beyond the last.
    counts: Box<[AtomicU64]>,
    /// The bits of a number.
    sum: AtomicU64,
}

impl Histogram {
    /// Counts an observation.
    pub fn observe(&self, value: f64) {
        let Observed { bounds, counts, sum } = &*self.0;
        // Most are among the first.
        let bucket = bounds.iter().take_while(|bound| **bound < value).count();
        if let Some(count) = counts.get(bucket) {
            grow(count, 1);
        }
        let before = f64::from_bits(sum.load(Ordering::Relaxed));
        sum.store((before + value).to_bits(), Ordering::Relaxed);
    }
}

impl Value for Histogram {
    const TYPE: MetricType = MetricType::HISTOGRAM;

    fn new(bounds: &'static [f64]) -> Self {
        let counts = std::iter::repeat_with(AtomicU64::default).take(bounds.len() + 1).collect();
        Self(Arc::new(Observed { bounds, counts, sum: AtomicU64::new(0.0_f64.to_bits()) }))
    }

    fn read(&self) -> Reading {
        let Observed { bounds, counts, sum } = &*self.0;
        let counts = counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        Reading::Histogram(bounds, counts, f64::from_bits(sum.load(Ordering::Relaxed)))
    }
}

impl Reading {
    /// Writes it into a metric.
    pub fn fill(&self, metric: &mut Metric) {
        match self {
            Self::Counter(n) => metric.set_counter(counter(*n as f64)),
            Self::Millis(ms) => metric.set_counter(counter(*ms as f64 / 1e3)),
            Self::Gauge(n) => {
                let mut gauge = proto::Gauge::default();
                gauge.set_value(*n as f64);
                metric.set_gauge(gauge);
            }
            Self::Histogram(bounds, counts, sum) => {
                metric.set_histogram(histogram(bounds, counts, *sum));
            }
        }
    }
}

fn counter(value: f64) -> proto::Counter {
    let mut counter = proto::Counter::default();
    counter.set_value(value);
    counter
}

/// Buckets count what is within their bound, smaller ones included.
fn histogram(bounds: &[f64], counts: &[u64], sum: f64) -> proto::Histogram {
    let mut histogram = proto::Histogram::default();
    let mut total = 0;
    let buckets = bounds.iter().zip(counts).map(|(bound, count)| {
        total += count;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(total);
        bucket
    });
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(counts.iter().sum());
    histogram.set_sample_sum(sum);
    histogram
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_a_bound_is_within_it() {
        const BOUNDS: &[f64] = &[1.0, 2.0];
        let histogram = Histogram::new(BOUNDS);
        for value in [0.5, 1.0, 1.5, 2.0, 2.5, f64::INFINITY] {
            histogram.observe(value);
        }
        let Reading::Histogram(_, counts, sum) = histogram.read() else { panic!() };
        assert_eq!((&*counts, sum), (&[2, 2, 2][..], f64::INFINITY));
    }

    #[test]
    fn handles_of_a_series_share_its_value() {
        let (gauge, counter) = (Gauge::new(&[]), Counter::new(&[]));
        gauge.clone().inc();
        gauge.clone().add(-3);
        counter.clone().inc_by(7);
        assert_eq!(gauge.get(), -2);
        assert!(matches!(counter.read(), Reading::Counter(7)));
    }
}
