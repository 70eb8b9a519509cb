//! Facts of topics whose name is not known yet: only their id (KIP-516).

use std::collections::HashMap;
use std::time::Duration;

use super::label::LabelId;
use super::measure::Measure;
use super::series::Key;
use crate::decode::TopicId;
use crate::time::Timestamp;
use foldhash::fast::RandomState;

/// What waits for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Under which labels it counts, without the topic.
    pub key: Key,
    /// What it is.
    pub measure: Measure,
    /// How much.
    pub n: u64,
    /// When the first of it came.
    pub since: Timestamp,
}

/// Amounts by topic id.
#[derive(Default)]
pub struct Unresolved {
    amounts: HashMap<TopicId, Vec<Amount>, RandomState>,
    len: usize,
}

/// Amounts that wait at once.
const MAX_WAITING: usize = 10_000;
/// How long: clients ask for metadata every five minutes at the latest.
const MAX_WAIT: Duration = Duration::from_mins(6);

impl Unresolved {
    /// Lets an amount wait; returns what can wait no longer.
    pub fn wait(&mut self, id: TopicId, amount: Amount) -> Vec<(TopicId, Amount)> {
        let amounts = self.amounts.entry(id).or_default();
        let same = |a: &&mut Amount| a.key == amount.key && a.measure == amount.measure;
        if let Some(sum) = amounts.iter_mut().find(same) {
            sum.n += amount.n;
            return Vec::new();
        }
        if self.len >= MAX_WAITING {
            return vec![(id, amount)];
        }
        amounts.push(amount);
        self.len += 1;
        Vec::new()
    }

    /// What waited for this topic's name.
    pub fn take(&mut self, id: TopicId) -> Vec<Amount> {
        let amounts = self.amounts.remove(&id).unwrap_or_default();
        self.len -= amounts.len();
        amounts
    }

    /// What has waited too long.
    pub fn expire(&mut self, now: Timestamp) -> Vec<(TopicId, Amount)> {
        self.give_up(|amount| now.since(amount.since) > MAX_WAIT)
    }

    /// What shall wait no longer.
    pub fn give_up(&mut self, shall: impl Fn(&Amount) -> bool) -> Vec<(TopicId, Amount)> {
        let mut given_up = Vec::new();
        self.amounts.retain(|id, amounts| {
            given_up.extend(amounts.extract_if(.., |amount| shall(amount)).map(|a| (*id, a)));
            !amounts.is_empty()
        });
        self.len -= given_up.len();
        given_up
    }

    /// Client ids that are still needed.
    pub fn clients(&self) -> impl Iterator<Item = LabelId> {
        self.amounts.values().flatten().map(|amount| amount.key.client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Vantage;

    fn amount(since: u64) -> Amount {
        let key = Key::of_broker(LabelId::OTHER, Vantage::Broker);
        Amount { key, measure: Measure::FetchedBytes, n: 5, since: Timestamp(since) }
    }

    #[test]
    fn amounts_add_up_until_the_name_comes() {
        let (mut waiting, id) = (Unresolved::default(), TopicId([1; 16]));
        assert!(waiting.wait(id, amount(0)).is_empty());
        assert!(waiting.wait(id, amount(9)).is_empty());
        assert_eq!(waiting.take(id), [Amount { n: 10, ..amount(0) }]);
        assert_eq!((waiting.take(id), waiting.len), (vec![], 0));
    }

    #[test]
    fn what_waits_too_long_is_given_up() {
        let (mut waiting, id) = (Unresolved::default(), TopicId([1; 16]));
        waiting.wait(id, amount(0));
        let late = u64::try_from(MAX_WAIT.as_nanos()).unwrap();
        assert!(waiting.expire(Timestamp(late)).is_empty());
        assert_eq!(waiting.expire(Timestamp(late + 1)), [(id, amount(0))]);
        assert_eq!(waiting.len, 0);
    }
}
