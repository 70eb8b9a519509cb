//! Facts of topics whose name is not known yet: only their id (KIP-516).

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use foldhash::fast::RandomState;
use prometheus::Result;

use super::family::{Families, Family};
use super::labels::{Labels, Used};
use super::measure::Measure;
use super::series::Key;
use super::value::Counter;
use crate::decode::TopicId;
use crate::time::Timestamp;

/// What waits for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Under which labels it counts: without the topic, or, of errors, with its id.
    pub key: Key,
    /// What it is.
    pub kind: Kind,
    /// How much.
    pub n: u64,
    /// When the first of it came.
    pub since: Timestamp,
}

/// What an amount is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Bytes or records, which count when the name has come.
    Moved(Measure),
    /// Errors, which count under the id meanwhile: an alert must not wait.
    Errors,
}

/// Amounts by topic id.
pub struct Unresolved {
    amounts: HashMap<TopicId, HashMap<(Key, Kind), Amount, RandomState>, RandomState>,
    len: usize,
    next_look: Timestamp,
    given_up: Family<Counter>,
}

/// Amounts that wait at once.
const MAX_WAITING: usize = 10_000;
/// How long: clients ask for metadata every five minutes at the latest.
const MAX_WAIT: Duration = Duration::from_mins(6);
/// How often it looks for what has waited too long.
const LOOKS: Duration = Duration::from_secs(1);

impl Unresolved {
    /// Nothing waits.
    pub fn new(families: &Families<'_>) -> Result<Self> {
        let given_up = families.counter(
            "topic_id_unresolved_total",
            "Amounts that count under a topic's id, as its name was not seen.",
            &["broker", "vantage"],
        )?;
        Ok(Self { amounts: HashMap::default(), len: 0, next_look: Timestamp(0), given_up })
    }

    /// Lets an amount wait; gives it back where there is no room.
    pub fn wait(&mut self, labels: &Labels, id: TopicId, amount: Amount) -> Option<Amount> {
        let place = (amount.key, amount.kind);
        let waiting = self.amounts.get_mut(&id).and_then(|amounts| amounts.get_mut(&place));
        if let Some(waiting) = waiting {
            waiting.n = waiting.n.saturating_add(amount.n);
            return None;
        }
        if self.len >= MAX_WAITING {
            self.count(labels, &[(id, amount)]);
            return Some(amount);
        }
        self.amounts.entry(id).or_default().insert(place, amount);
        self.len = self.len.saturating_add(1);
        None
    }

    /// What waited for this topic's name.
    pub fn take(&mut self, id: TopicId) -> impl Iterator<Item = Amount> + use<> {
        let amounts = self.amounts.remove(&id).unwrap_or_default();
        self.len = self.len.saturating_sub(amounts.len());
        amounts.into_values()
    }

    /// What has waited too long.
    pub fn expire(&mut self, labels: &Labels, now: Timestamp) -> Vec<(TopicId, Amount)> {
        if self.amounts.is_empty() || now < self.next_look {
            return Vec::new();
        }
        self.next_look = now.plus(LOOKS);
        self.give_up(labels, |amount| now.since(amount.since) > MAX_WAIT)
    }

    /// What shall wait no longer.
    pub fn give_up(
        &mut self,
        labels: &Labels,
        shall: impl Fn(&Amount) -> bool,
    ) -> Vec<(TopicId, Amount)> {
        let mut given_up = Vec::new();
        self.amounts.retain(|id, amounts| {
            let old = amounts.extract_if(|_, amount| shall(amount));
            given_up.extend(old.map(|(_, amount)| (*id, amount)));
            !amounts.is_empty()
        });
        self.len = self.len.saturating_sub(given_up.len());
        self.count(labels, &given_up);
        given_up
    }

    /// Says which label values are still needed.
    pub fn mark(&self, used: &mut Used) {
        for Amount { key, .. } in self.amounts.values().flat_map(HashMap::values) {
            used.api.insert(key.api);
            used.detail.insert(key.detail);
            used.topic.insert(key.topic);
            used.client.insert(key.client);
        }
    }

    fn count(&self, labels: &Labels, given_up: &[(TopicId, Amount)]) {
        let mut sums: BTreeMap<Vec<&str>, u64> = BTreeMap::new();
        for (_, Amount { key, .. }) in given_up {
            let place = labels.values(&Key::of_broker(key.broker, key.vantage));
            let sum = sums.entry(place).or_default();
            *sum = sum.saturating_add(1);
        }
        for (place, n) in sums {
            self.given_up.with_label_values(&place).inc_by(n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Vantage;
    use crate::sink::metrics::family::Registry;
    use crate::sink::metrics::label::LabelId;
    use crate::sink::metrics::options::Options;

    fn amount(since: u64) -> Amount {
        let key = Key::of_broker(LabelId::OTHER, Vantage::Broker);
        let kind = Kind::Moved(Measure::FetchedBytes);
        Amount { key, kind, n: 5, since: Timestamp(since) }
    }

    fn unresolved() -> (Unresolved, Labels) {
        let registry = Registry::default();
        let waiting = Unresolved::new(&Families { registry: &registry, cluster: None }).unwrap();
        (waiting, Labels::new(&Options::default()))
    }

    #[test]
    fn amounts_add_up_until_the_name_comes() {
        let ((mut waiting, labels), id) = (unresolved(), TopicId([1; 16]));
        let errors = Amount { kind: Kind::Errors, ..amount(3) };
        for amount in [amount(0), errors, amount(9)] {
            assert_eq!(waiting.wait(&labels, id, amount), None);
        }
        let mut taken: Vec<_> = waiting.take(id).collect();
        taken.sort_by_key(|amount| amount.since);
        assert_eq!(taken, [Amount { n: 10, ..amount(0) }, errors]);
        assert_eq!((waiting.take(id).count(), waiting.len), (0, 0));
    }

    #[test]
    fn what_waits_too_long_is_given_up() {
        let ((mut waiting, labels), id) = (unresolved(), TopicId([1; 16]));
        waiting.wait(&labels, id, amount(0));
        let late = Timestamp(0).plus(MAX_WAIT);
        assert!(waiting.expire(&labels, late).is_empty());
        assert!(waiting.expire(&labels, Timestamp(late.0 + 1)).is_empty(), "it has just looked");
        assert_eq!(waiting.expire(&labels, late.plus(LOOKS)), [(id, amount(0))]);
        assert_eq!(waiting.len, 0);
    }

    #[test]
    fn what_finds_no_room_is_given_back_and_counted() {
        let (mut waiting, labels) = unresolved();
        waiting.len = MAX_WAITING;
        assert_eq!(waiting.wait(&labels, TopicId([1; 16]), amount(0)), Some(amount(0)));
        let place = labels.values(&Key::of_broker(LabelId::OTHER, Vantage::Broker));
        assert_eq!(waiting.given_up.with_label_values(&place).get(), 1);
    }
}
