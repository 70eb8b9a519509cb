//! Series by their labels: made on first use, forgotten when idle, capped in number.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use foldhash::fast::RandomState;

use super::family::Family;
use super::label::LabelId;
use super::labels::Labels;
use super::value::Counter;
use crate::event::Vantage;
use crate::time::Timestamp;

/// What tells a series apart; labels that it does not have are [`LabelId::NONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// `broker`.
    pub broker: LabelId,
    /// `vantage`.
    pub vantage: Vantage,
    /// `api`.
    pub api: LabelId,
    /// `api_version`.
    pub version: LabelId,
    /// `error`, `reason` or `codec`.
    pub detail: LabelId,
    /// `group`.
    pub group: LabelId,
    /// `topic`.
    pub topic: LabelId,
    /// `client_id`.
    pub client: LabelId,
}

impl Key {
    /// The key with only `broker` and `vantage`.
    pub const fn of_broker(broker: LabelId, vantage: Vantage) -> Self {
        let none = LabelId::NONE;
        Self {
            broker,
            vantage,
            api: none,
            version: none,
            detail: none,
            group: none,
            topic: none,
            client: none,
        }
    }

    /// The key of what no version tells apart.
    pub const fn by_client(self) -> Self {
        Self { version: LabelId::NONE, ..self }
    }

    /// The key of what only `api` tells apart.
    pub const fn by_api(self) -> Self {
        Self { client: LabelId::NONE, ..self.by_client() }
    }

    /// Whether none of its labels is one that stands for others.
    pub fn is_certain(&self) -> bool {
        let Self { broker, api, version, detail, group, topic, client, .. } = *self;
        ![broker, api, version, detail, group, topic, client].contains(&LabelId::OTHER)
    }

    /// The key whose labels from requests are all `other`.
    fn overflowed(self) -> Self {
        let other = |id| if id == LabelId::NONE { id } else { LabelId::OTHER };
        Self {
            api: other(self.api),
            version: other(self.version),
            detail: other(self.detail),
            group: other(self.group),
            topic: other(self.topic),
            client: other(self.client),
            ..self
        }
    }
}

/// The handles of a series, and when they were last used.
#[derive(Debug)]
pub struct Entry<H> {
    /// Under which labels it counts: not those asked for, where there was no room.
    pub key: Key,
    /// What to count with.
    pub handles: H,
    last_used: AtomicU64,
}

impl<H> Entry<H> {
    /// Notes that the series is in use.
    pub fn touch(&self, now: Timestamp) {
        self.last_used.store(now.0, Ordering::Relaxed);
    }

    fn last_used(&self) -> Timestamp {
        Timestamp(self.last_used.load(Ordering::Relaxed))
    }
}

/// A place for a series, where it is found without a search.
#[derive(Debug)]
pub struct Slot<H> {
    entry: Option<Arc<Entry<H>>>,
    /// It counts under the labels that were asked for; else it is searched each time.
    stays: bool,
}

impl<H> Default for Slot<H> {
    fn default() -> Self {
        Self { entry: None, stays: false }
    }
}

impl<H> Slot<H> {
    /// The series, in use now; `find` finds it by the key that it returns as well.
    pub fn get(
        &mut self,
        now: Timestamp,
        find: impl FnOnce() -> (Key, Arc<Entry<H>>),
    ) -> &Entry<H> {
        self.found(now, find)
    }

    /// The same, to keep.
    pub fn shared(
        &mut self,
        now: Timestamp,
        find: impl FnOnce() -> (Key, Arc<Entry<H>>),
    ) -> Arc<Entry<H>> {
        Arc::clone(self.found(now, find))
    }

    fn found(
        &mut self,
        now: Timestamp,
        find: impl FnOnce() -> (Key, Arc<Entry<H>>),
    ) -> &Arc<Entry<H>> {
        if !self.stays {
            self.entry = None;
        }
        let entry = self.entry.get_or_insert_with(|| {
            let (key, entry) = find();
            self.stays = entry.key == key && key.is_certain();
            entry
        });
        entry.touch(now);
        entry
    }
}

/// All series of some metrics that share their labels.
#[derive(Debug)]
pub struct Series<H> {
    cap: usize,
    entries: HashMap<Key, Arc<Entry<H>>, RandomState>,
    overflow: u64,
}

impl<H> Series<H> {
    /// At most `cap` series, and for each broker and vantage one more for what is above.
    pub fn new(cap: usize) -> Self {
        Self { cap, entries: HashMap::default(), overflow: 0 }
    }

    /// How often a set of labels was replaced because there were too many.
    pub const fn overflow(&self) -> u64 {
        self.overflow
    }

    /// The series of a key, which `make` makes where it is new.
    pub fn entry(&mut self, key: Key, make: impl FnOnce(Key) -> H) -> Arc<Entry<H>> {
        if let Some(entry) = self.entries.get(&key) {
            return Arc::clone(entry);
        }
        let full = self.entries.len() >= self.cap;
        self.overflow += u64::from(full);
        let key = if full { key.overflowed() } else { key };
        let entry = self.entries.entry(key).or_insert_with(|| {
            Arc::new(Entry { key, handles: make(key), last_used: AtomicU64::new(0) })
        });
        Arc::clone(entry)
    }

    /// Forgets, and hands to `forget`, the series that nothing used for `idle`.
    pub fn expire(&mut self, now: Timestamp, idle: Duration, mut forget: impl FnMut(Key)) {
        self.entries.retain(|key, entry| {
            let keep = now.since(entry.last_used()) <= idle;
            if !keep {
                forget(*key);
            }
            keep
        });
    }

    /// Adds the label values that a key yields to `used`.
    pub fn mark(&self, label: impl Fn(&Key) -> LabelId, used: &mut HashSet<LabelId, RandomState>) {
        used.extend(self.entries.keys().map(label));
    }
}

impl Series<Counter> {
    /// Counts `n` more in a metric's series; gives the labels under which it did.
    pub fn count(
        &mut self,
        family: &Family<Counter>,
        labels: &Labels,
        key: Key,
        n: u64,
        now: Timestamp,
    ) -> Key {
        let entry = self.entry(key, |key| family.with_label_values(&labels.values(&key)));
        entry.touch(now);
        entry.handles.inc_by(n);
        entry.key
    }

    /// Forgets a series; gives what it had counted.
    pub fn take(&mut self, family: &Family<Counter>, labels: &Labels, key: Key) -> u64 {
        let Some(entry) = self.entries.remove(&key) else { return 0 };
        family.remove_label_values(&labels.values(&key));
        entry.handles.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::metrics::label::LabelTable;

    fn key(client: LabelId) -> Key {
        Key { client, ..Key::of_broker(LabelId::OTHER, Vantage::Broker) }
    }

    #[test]
    fn idle_series_are_forgotten() {
        let mut labels = LabelTable::<String>::new("client_id", 9);
        let (a, b) = (key(labels.text("a", 9)), key(labels.text("b", 9)));
        let mut series = Series::new(9);
        series.entry(a, |_| ()).touch(Timestamp(10));
        series.entry(b, |_| ()).touch(Timestamp(11));
        let mut forgotten = Vec::new();
        series.expire(Timestamp(20), Duration::from_nanos(9), |key| forgotten.push(key));
        assert_eq!(forgotten, [a]);
    }

    #[test]
    fn what_has_its_own_labels_is_searched_once() {
        let mut labels = LabelTable::<String>::new("client_id", 9);
        let broker = labels.text("broker", 9);
        let mut series = Series::new(1);
        let mut searches = |client: LabelId| {
            let key = Key { client, ..Key::of_broker(broker, Vantage::Broker) };
            let (mut slot, mut n) = (Slot::default(), 0);
            for now in 1..=3 {
                let find = || {
                    n += 1;
                    (key, series.entry(key, |_| ()))
                };
                assert_eq!(slot.get(Timestamp(now), find).last_used(), Timestamp(now));
            }
            (n, series.overflow())
        };
        assert_eq!(searches(labels.text("a", 9)), (1, 0));
        assert_eq!(searches(labels.text("b", 9)), (3, 3), "no room");
        assert_eq!(searches(LabelId::OTHER), (3, 3), "one of many");
    }

    #[test]
    fn a_full_table_counts_under_other() {
        let mut labels = LabelTable::<String>::new("client_id", 9);
        let mut series = Series::new(1);
        series.entry(key(labels.text("a", 9)), |_| ());
        for client in ["b", "c"] {
            series.entry(key(labels.text(client, 9)), |made| {
                assert_eq!(made, key(LabelId::OTHER));
            });
        }
        assert_eq!((series.entries.len(), series.overflow()), (2, 2));
    }
}
