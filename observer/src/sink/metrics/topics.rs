//! Bytes and records by topic.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use prometheus::Result;

use super::Options;
use super::family::{Families, Family};
use super::label::LabelId;
use super::labels::{Labels, Used};
use super::measure::Measure;
use super::series::{Entry, Key, Series, Slot};
use super::unresolved::{Amount, Kind, Unresolved};
use super::value::Counter;
use crate::decode::TopicId;
use crate::event::{Exchange, TopicTotals, Vantage};
use crate::protocol::api::ApiKey;
use crate::time::Timestamp;

/// Names of the codecs, by number.
const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// Metrics of topics.
pub struct Topics {
    /// By measure, as the cells of a series.
    families: Vec<Family<Counter>>,
    series: Series<Cells>,
    /// Some of the series, by what does not take a search for the topic's label.
    found: HashMap<Place, (Arc<str>, Slot<Cells>), RandomState>,
    /// Memory for what an exchange moved.
    moved: Vec<TopicTotals>,
    batches: Family<Counter>,
    by_codec: Series<Counter>,
}

/// A counter for each measure that there is something of.
type Cells = [OnceLock<Counter>; Measure::ALL.len()];

/// Where a topic's name lies, which is its own as long as the name is kept beside; `broker`, `vantage`
/// and `client_id`.
type Place = (usize, LabelId, Vantage, LabelId);

/// Series that are found without a search for their topic's label; then all are searched anew.
const MAX_FOUND: usize = 10_000;

/// Where a request's batches count, by their codec, and what it moves.
#[derive(Default)]
pub struct Route {
    codecs: [Slot<Counter>; 8],
    /// The topic that it moved something of last, and where that counts.
    last: Option<Named>,
}

/// A topic's name, and where what is moved of it counts.
struct Named {
    name: Arc<str>,
    entry: Arc<Entry<Cells>>,
}

impl Topics {
    /// Registers the metrics.
    pub fn new(families: &Families<'_>, labels: &Labels, options: &Options) -> Result<Self> {
        let names = labels.names(&["topic"]);
        let family = |measure: Measure| {
            let (name, help) = measure.name_and_help();
            families.counter(name, help, &names)
        };
        Ok(Self {
            families: Measure::ALL.into_iter().map(family).collect::<Result<_>>()?,
            series: Series::new(options.max_series),
            found: HashMap::default(),
            moved: Vec::new(),
            batches: families.counter(
                "produced_batches_total",
                "Record batches (and sets of magic 0 and 1) in Produce requests, by compression.",
                &["broker", "vantage", "codec"],
            )?,
            by_codec: Series::new(options.max_series),
        })
    }

    /// Counts what an exchange moved.
    pub fn exchange(
        &mut self,
        labels: &mut Labels,
        unresolved: &mut Unresolved,
        (key, route): (Key, &mut Route),
        exchange: &Exchange,
        now: Timestamp,
    ) {
        self.codecs(labels, key, route, exchange, now);
        let Some(measure) = Measure::of(exchange) else {
            return;
        };
        let key = Key { api: LabelId::NONE, version: LabelId::NONE, ..key };
        let mut moved = std::mem::take(&mut self.moved);
        exchange.add_moved(&mut moved);
        for topic in moved.drain(..) {
            let amounts = measure.amounts(&topic);
            match &topic.name {
                Some(name) => self.add_shared(labels, (key, &mut route.last), &amounts, name, now),
                None => self.add_nameless(labels, unresolved, key, &amounts, topic.id, now),
            }
        }
        self.moved = moved;
    }

    fn codecs(
        &mut self,
        labels: &mut Labels,
        key: Key,
        route: &mut Route,
        exchange: &Exchange,
        now: Timestamp,
    ) {
        let Some(facts) =
            exchange.request.as_ref().filter(|_| exchange.api_key() == ApiKey::PRODUCE)
        else {
            return;
        };
        let Self { by_codec, batches, .. } = self;
        let mut some = non_zero(facts.codecs);
        while some != 0 {
            let codec = some.trailing_zeros() as usize;
            some &= some - 1;
            let (Some(slot), Some(count)) = (route.codecs.get_mut(codec), facts.codecs.get(codec))
            else {
                continue;
            };
            let entry = slot.get(now, || {
                let detail = labels.detail(CODECS.get(codec).copied().unwrap_or("unknown"));
                let key = Key { detail, ..Key::of_broker(key.broker, key.vantage) };
                let make = |key: Key| batches.with_label_values(&labels.values(&key));
                (key, by_codec.entry(key, make))
            });
            entry.handles.inc_by(u64::from(*count));
        }
    }

    /// Counts what was moved of a topic whose name is not known.
    fn add_nameless(
        &mut self,
        labels: &mut Labels,
        unresolved: &mut Unresolved,
        key: Key,
        amounts: &[(Measure, u64)],
        id: Option<TopicId>,
        now: Timestamp,
    ) {
        for (measure, n) in amounts.iter().copied().filter(|(_, n)| *n > 0) {
            let amount = Amount { key, kind: Kind::Moved(measure), n, since: now };
            if let Some(id) = id {
                if let Some(amount) = unresolved.wait(labels, id, amount) {
                    self.add(labels, amount, &id.to_string(), now);
                }
            } else {
                let key = Key { topic: LabelId::OTHER, ..amount.key };
                self.add_to(labels, Amount { key, ..amount }, now);
            }
        }
    }

    /// Counts an amount of a topic, by name or by id.
    pub fn add(&mut self, labels: &mut Labels, amount: Amount, topic: &str, now: Timestamp) {
        let key = Key { topic: labels.topic(topic), ..amount.key };
        self.add_to(labels, Amount { key, ..amount }, now);
    }

    /// Counts what was moved of a topic by a name that many messages share; it was often the one before.
    fn add_shared(
        &mut self,
        labels: &mut Labels,
        (key, last): (Key, &mut Option<Named>),
        amounts: &[(Measure, u64)],
        topic: &Arc<str>,
        now: Timestamp,
    ) {
        if amounts.iter().all(|(_, n)| *n == 0) {
            return;
        }
        match last {
            Some(named) if Arc::ptr_eq(&named.name, topic) => {
                named.entry.touch(now);
                for (measure, n) in amounts.iter().filter(|(_, n)| *n > 0) {
                    count(&self.families, labels, &named.entry, *measure, *n);
                }
            }
            _ => *last = self.add_other(labels, key, amounts, topic, now),
        }
    }

    /// The same of another topic; returns where it counts, if that is so next time.
    #[inline(never)]
    fn add_other(
        &mut self,
        labels: &mut Labels,
        key: Key,
        amounts: &[(Measure, u64)],
        topic: &Arc<str>,
        now: Timestamp,
    ) -> Option<Named> {
        let mut last = None;
        for (measure, n) in amounts.iter().copied().filter(|(_, n)| *n > 0) {
            // What counts under other labels is searched each time.
            let named = self.find(labels, key, topic, now);
            count(&self.families, labels, &named.entry, measure, n);
            last = named.entry.key.is_certain().then_some(named);
        }
        last
    }

    /// Where a topic's counts are, with its name, which is its own as long as that is kept.
    fn find(&mut self, labels: &mut Labels, key: Key, topic: &Arc<str>, now: Timestamp) -> Named {
        let Self { series, found, .. } = self;
        if found.len() >= MAX_FOUND {
            found.clear();
        }
        let place = (topic.as_ptr().addr(), key.broker, key.vantage, key.client);
        let make = || (Arc::clone(topic), Slot::default());
        let (name, slot) = found.entry(place).or_insert_with(make);
        let entry = slot.shared(now, || {
            let key = Key { topic: labels.topic(topic), ..key };
            (key, series.entry(key, |_| Cells::default()))
        });
        Named { name: Arc::clone(name), entry }
    }

    fn add_to(&mut self, labels: &Labels, amount: Amount, now: Timestamp) {
        let entry = self.series.entry(amount.key, |_| Cells::default());
        entry.touch(now);
        if let Kind::Moved(measure) = amount.kind {
            count(&self.families, labels, &entry, measure, amount.n);
        }
    }

    /// Forgets idle series, and says which label values the others use.
    pub fn expire(&mut self, labels: &Labels, now: Timestamp, idle: Duration, used: &mut Used) {
        self.found.clear();
        let families = &self.families;
        self.series.expire(now, idle, |key| {
            for family in families {
                family.remove_label_values(&labels.values(&key));
            }
        });
        let batches = &self.batches;
        self.by_codec.expire(now, idle, |key| batches.remove_label_values(&labels.values(&key)));
        self.by_codec.mark(|key| key.detail, &mut used.detail);
        self.series.mark(|key| key.topic, &mut used.topic);
        self.series.mark(|key| key.client, &mut used.client);
    }

    /// How often a set of labels found no room.
    pub const fn overflow(&self) -> u64 {
        self.series.overflow()
    }
}

/// A bit for each that is not zero: one comparison where there are vectors of eight.
fn non_zero(counts: [u32; 8]) -> u32 {
    let bits = counts.into_iter().zip(0..).map(|(n, place)| u32::from(n > 0) << place);
    bits.fold(0, |all, bit| all | bit)
}

fn count(
    families: &[Family<Counter>],
    labels: &Labels,
    entry: &Entry<Cells>,
    measure: Measure,
    n: u64,
) {
    let place = measure as usize;
    if let (Some(cell), Some(family)) = (entry.handles.get(place), families.get(place)) {
        let make = || family.with_label_values(&labels.values(&entry.key));
        cell.get_or_init(make).inc_by(n);
    }
}
