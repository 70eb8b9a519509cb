//! Two clusters with groups, topics and producers of the same names and numbers.

use std::sync::Arc;

use super::{GROUP, Script, t};
use crate::decode::{Facts, TopicId};
use crate::event::{Endpoint, Exchange};
use crate::groups::samples::{answered, at, cluster, member, of};
use crate::protocol::api::ApiKey;

/// A broker of another cluster than the script's.
const OTHER: Endpoint = Endpoint::v4([10, 9, 9, 9], 9092);
/// A second one of the script's.
const SECOND: Endpoint = Endpoint::v4([10, 0, 0, 8], 9092);

impl Script {
    /// A second later, an exchange with this broker.
    fn with(
        &mut self,
        broker: Endpoint,
        key: ApiKey,
        request: Facts,
        response: Facts,
    ) -> &mut Self {
        self.now += 1;
        let mut exchange =
            Exchange { time: Some(at(self.now)), ..answered(key, request, response) };
        exchange.peers.broker = broker;
        self.groups.exchange(&exchange, at(self.now));
        self
    }

    /// Metadata tell what both clusters are.
    fn told(&mut self) -> &mut Self {
        let nothing = Facts::default;
        self.then(ApiKey::METADATA, nothing(), cluster("a", &[SECOND]));
        self.with(OTHER, ApiKey::METADATA, nothing(), cluster("b", &[]))
    }

    fn fetch_from(&mut self, broker: Endpoint, watermark: i64) -> &mut Self {
        let fetched = Facts::default().with("t", &[(0, watermark)]);
        self.with(broker, ApiKey::FETCH, Facts::default(), fetched)
    }
}

#[test]
fn lag_is_that_of_one_cluster() {
    for is_told in [true, false] {
        let mut script = Script::new();
        if is_told {
            script.told();
        }
        script.commit(GROUP, "t", &[(0, 100)]).fetch_from(OTHER, 5_000_000);
        assert_eq!(script.progress(GROUP), [t(0, 100, None)]);
        script.fetch("t", &[(0, 110)]).fetch_from(OTHER, 6_000_000);
        assert_eq!(script.progress(GROUP), [t(0, 100, Some(10))]);
    }
}

#[test]
fn brokers_of_one_cluster_know_of_each_other() {
    let mut script = Script::new();
    script.told().commit(GROUP, "t", &[(0, 100)]).fetch_from(SECOND, 110);
    assert_eq!(script.progress(GROUP), [t(0, 100, Some(10))]);
}

#[test]
fn what_was_seen_before_its_cluster_was_known_is_of_it() {
    let mut script = Script::new();
    script.commit(GROUP, "t", &[(0, 100)]).fetch_from(SECOND, 110);
    let promise = of(GROUP).with("t", &[(1, 7)]).by_producer(7);
    script.then(ApiKey::TXN_OFFSET_COMMIT, promise, Facts::default());
    script.commit(GROUP, "t", &[(2, 3)]);
    let by_id = Facts::default().with_id(1, &[(0, 120)]);
    script.with(SECOND, ApiKey::FETCH, Facts::default(), by_id);
    let partitions = script.groups.partitions;
    assert_eq!(script.progress(GROUP), [t(0, 100, None), t(2, 3, None)]);
    script.told();
    assert_eq!(script.progress(GROUP), [t(0, 100, Some(10)), t(2, 3, None)]);
    let mut end = Facts::default().by_producer(7);
    end.producers[0].is_committed = Some(true);
    script.with(SECOND, ApiKey::END_TXN, end, Facts::default());
    script.groups.named(TopicId([1; 16]), &Arc::from("t"));
    assert_eq!(script.progress(GROUP), [t(0, 100, Some(20)), t(1, 7, None), t(2, 3, None)]);
    assert_eq!(script.groups.partitions, partitions + 1);
}

#[test]
fn of_a_group_in_both_halves_the_last_word_is_known() {
    let mut script = Script::new();
    let commit = |offset| member(GROUP, "m", 1).with("t", &[(0, offset)]);
    script.with(SECOND, ApiKey::OFFSET_COMMIT, commit(1), Facts::default());
    script.commit(GROUP, "t", &[(0, 2)]).told();
    assert_eq!((script.progress(GROUP), script.groups.partitions), (vec![t(0, 2, None)], 1));
}

#[test]
fn what_may_be_another_clusters_is_forgotten() {
    let mut script = Script::new();
    script.then(ApiKey::METADATA, Facts::default(), cluster("a", &[]));
    script.commit(GROUP, "t", &[(0, 100)]).fetch_from(OTHER, 110);
    let promise = of(GROUP).with("t", &[(0, 101)]).by_producer(7);
    script.with(OTHER, ApiKey::TXN_OFFSET_COMMIT, promise, Facts::default());
    assert_eq!(script.lags(GROUP), [Some(10)], "the only cluster that is known");
    script.with(OTHER, ApiKey::METADATA, Facts::default(), cluster("b", &[]));
    assert_eq!((script.progress(GROUP), script.groups.partitions), (vec![], 0));
    assert_eq!(script.groups.topics().count(), 0);
    let mut end = Facts::default().by_producer(7);
    end.producers[0].is_committed = Some(true);
    script.then(ApiKey::END_TXN, end, Facts::default());
    assert_eq!(script.progress(GROUP), [], "it was promised to another, perhaps");
}

#[test]
fn groups_of_one_name_are_two() {
    let mut script = Script::new();
    script.told().commit(GROUP, "t", &[(0, 1)]);
    let commit = member(GROUP, "m", 9).with("t", &[(0, 2)]);
    script.with(OTHER, ApiKey::OFFSET_COMMIT, commit, Facts::default());
    let groups = script.groups.read(at(9)).groups;
    let mut offsets: Vec<_> = groups.iter().map(|group| group.partitions[0].offset).collect();
    offsets.sort_unstable();
    assert_eq!(offsets, [1, 2]);
    // What is deleted in the one stays in the other.
    script.with(OTHER, ApiKey::DELETE_TOPICS, Facts::default(), Facts::default().with("t", &[]));
    assert_eq!(script.groups.partitions, 1);
    script.then(ApiKey::DELETE_GROUPS, of(GROUP), of(GROUP));
    assert_eq!((script.groups.names().count(), script.groups.partitions), (1, 0));
}

#[test]
fn a_producer_is_that_of_one_cluster() {
    let mut script = Script::new();
    script.told();
    let promise = of(GROUP).with("t", &[(0, 100)]).by_producer(1);
    script.then(ApiKey::TXN_OFFSET_COMMIT, promise, Facts::default());
    let mut end = Facts::default().by_producer(1);
    end.producers[0].is_committed = Some(true);
    script.with(OTHER, ApiKey::END_TXN, end.clone(), Facts::default());
    assert_eq!(script.progress(GROUP), []);
    script.with(OTHER, ApiKey::INIT_PRODUCER_ID, Facts::default(), end.clone());
    script.with(SECOND, ApiKey::END_TXN, end, Facts::default());
    assert_eq!(script.progress(GROUP), [t(0, 100, None)]);
}
