//! Scripts: exchanges in, what is known of groups out.

mod clusters;
mod life;
mod presence;
mod progress;
mod refusals;

use super::samples::{answered, at, member};
use super::{Change, Groups, Limits};
use crate::decode::Facts;
use crate::event::Exchange;
use crate::protocol::api::ApiKey;
use crate::tables::Table;

const GROUP: &str = "g";

/// A script's state.
struct Script {
    groups: Groups,
    now: u64,
}

/// A group's partition: topic, number, offset, lag.
type Progress = (String, i32, i64, Option<i64>);

impl Script {
    fn new() -> Self {
        Self::within(Limits::default())
    }

    fn within(limits: Limits) -> Self {
        Self { groups: Groups::new(limits), now: 0 }
    }

    /// A second later, an exchange.
    fn then(&mut self, key: ApiKey, request: Facts, response: Facts) -> &mut Self {
        self.now += 1;
        let time = Some(at(self.now));
        let exchange = Exchange { time, ..answered(key, request, response) };
        self.groups.exchange(&exchange, at(self.now));
        self
    }

    /// A commit that is granted.
    fn commit(&mut self, group: &str, topic: &str, offsets: &[(i32, i64)]) -> &mut Self {
        let request = member(group, "m", 1).with(topic, offsets);
        self.then(ApiKey::OFFSET_COMMIT, request, Facts::default())
    }

    fn fetch(&mut self, topic: &str, watermarks: &[(i32, i64)]) -> &mut Self {
        self.then(ApiKey::FETCH, Facts::default(), Facts::default().with(topic, watermarks))
    }

    /// A group's partitions, in order.
    fn progress(&self, group: &str) -> Vec<Progress> {
        let reading = self.groups.read(at(self.now));
        let group = reading.groups.into_iter().find(|g| &*g.name == group);
        let partitions = group.into_iter().flat_map(|group| group.partitions);
        let mut progress: Vec<_> = partitions
            .map(|p| (p.topic.to_string(), p.index, p.offset, p.lag.map(|(lag, _)| lag)))
            .collect();
        progress.sort();
        progress
    }

    fn lags(&self, group: &str) -> Vec<Option<i64>> {
        self.progress(group).into_iter().map(|(.., lag)| lag).collect()
    }

    /// Members and generation of the only group.
    fn standing(&self) -> (Option<usize>, Option<i32>) {
        let group = self.groups.read(at(self.now)).groups.remove(0);
        (group.members, group.generation)
    }

    /// What is to be counted since the last call.
    fn counted(&mut self) -> Vec<Change> {
        let is_counted = |c: &Change| matches!(c, Change::Rebalanced(..) | Change::Committed(..));
        self.groups.take_changes().into_iter().filter(is_counted).collect()
    }

    fn evicted(&self, table: Table) -> u64 {
        self.groups.evictions().0[table as usize]
    }
}

/// A partition of the topic `t`.
fn t(index: i32, offset: i64, lag: Option<i64>) -> Progress {
    ("t".to_owned(), index, offset, lag)
}
