//! What brokers say in, clusters out.

use super::*;
use crate::decode::Facts;
use crate::groups::samples::{answered, cluster};
use crate::protocol::api::ApiKey;

const VOTE: ApiKey = ApiKey(52);

struct Script(Clusters, Evictions);

const fn broker(n: u8) -> Endpoint {
    Endpoint::v4([10, 0, 0, n], 9092)
}

impl Script {
    fn new() -> Self {
        Self(Clusters::new(9), Evictions::default())
    }

    fn of(&mut self, n: u8) -> u64 {
        self.0.of(broker(n), &mut self.1).0
    }

    /// A broker answers Metadata, and names others.
    fn metadata(&mut self, n: u8, id: &str, brokers: &[Endpoint]) -> Vec<Finding> {
        self.learn(n, ApiKey::METADATA, Facts::default(), cluster(id, brokers))
    }

    fn learn(&mut self, n: u8, key: ApiKey, request: Facts, response: Facts) -> Vec<Finding> {
        let mut exchange = answered(key, request, response);
        exchange.peers.broker = broker(n);
        Word::of(&exchange).map(|word| self.0.learn(word, &mut self.1)).unwrap_or_default()
    }
}

#[test]
fn who_was_never_spoken_of_is_of_the_only_cluster_that_is_known() {
    let mut script = Script::new();
    assert_ne!(script.of(1), script.of(2), "none is known");
    assert_eq!(script.metadata(1, "a", &[]).len(), 2);
    let a = script.of(1);
    assert_eq!((script.of(2), script.of(3)), (a, a));
    let findings = script.metadata(4, "b", &[]);
    assert_eq!(findings, [Finding::Gone(Cluster(a))], "some of it may have been another's");
    let (b, alone) = (script.of(4), script.of(3));
    assert!(script.of(1) == a && b != a && alone != a && alone != b && script.of(2) != alone);
    assert_eq!(script.metadata(3, "b", &[]), [Finding::Same(Cluster(alone), Cluster(b))]);
    assert_eq!(script.of(3), b);
}

#[test]
fn what_was_seen_before_any_cluster_was_known_is_in_doubt_as_well() {
    let mut script = Script::new();
    script.of(2);
    script.metadata(1, "a", &[]);
    let a = script.of(1);
    assert_eq!(script.metadata(3, "b", &[]), [Finding::Gone(Cluster(a))]);
}

#[test]
fn a_cluster_of_which_all_brokers_are_known_is_not_in_doubt() {
    let mut script = Script::new();
    script.metadata(1, "a", &[broker(1), broker(2)]);
    assert_eq!(script.of(1), script.of(2));
    assert_eq!(script.metadata(3, "b", &[]), []);
    assert_ne!(script.of(1), script.of(3));
}

#[test]
fn what_an_answer_names_as_brokers_is_one_cluster() {
    let mut script = Script::new();
    script.metadata(1, "", &[broker(2)]);
    script.metadata(3, "", &[broker(4)]);
    let (a, b) = (script.of(1), script.of(3));
    assert!(script.of(2) == a && script.of(4) == b && a != b);
    let found = script.metadata(4, "", &[broker(2)]);
    assert!(found.len() == 1 && script.of(1) == script.of(3), "{found:?}");
    script.metadata(2, "a", &[]);
    let all = [1, 2, 3, 4].map(|n| script.of(n));
    assert_eq!(all, [all[0]; 4]);
    script.metadata(5, "", &[broker(1)]);
    assert_eq!((script.of(5), script.of(1)), (all[0], all[0]));
}

#[test]
fn an_address_may_come_to_be_another_clusters() {
    let mut script = Script::new();
    script.metadata(1, "a", &[broker(2)]);
    let a = script.of(1);
    assert_eq!(script.metadata(1, "b", &[]), [], "it has another broker");
    assert_eq!(script.metadata(2, "b", &[]), [Finding::Gone(Cluster(a))]);
    assert_eq!((script.of(1), script.of(9)), (script.of(2), script.of(2)), "the only one again");
}

#[test]
fn a_broker_names_the_cluster_that_it_wants() {
    let mut script = Script::new();
    script.metadata(1, "a", &[]);
    script.metadata(2, "b", &[]);
    let refused = Facts::default().with_error(104);
    script.learn(3, VOTE, cluster("a", &[]), refused);
    assert_ne!(script.of(3), script.of(1));
    script.learn(3, VOTE, cluster("a", &[]), Facts::default());
    assert_eq!(script.of(3), script.of(1));
}

#[test]
fn what_a_client_takes_the_cluster_to_be_is_not_believed() {
    let mut script = Script::new();
    script.metadata(1, "a", &[]);
    for key in [ApiKey::FETCH, ApiKey::METADATA] {
        assert_eq!(script.learn(1, key, cluster("none", &[]), Facts::default()), []);
    }
    script.metadata(2, "b", &[]);
    script.learn(1, ApiKey::FETCH, cluster("b", &[]), Facts::default());
    assert_ne!(script.of(1), script.of(2));
}

#[test]
fn a_loopback_address_is_here_only_if_the_answer_came_from_one() {
    let mut script = Script::new();
    let local = Endpoint::v4([127, 0, 0, 1], 9092);
    script.metadata(1, "a", &[local]);
    script.metadata(2, "b", &[]);
    assert_ne!(script.0.of(local, &mut script.1).0, script.of(1));
}

#[test]
fn the_tables_are_bounded_and_count() {
    let mut script = Script::new();
    for n in 0..20 {
        script.metadata(n, &format!("{n}"), &[]);
    }
    assert_eq!(script.0.brokers.len(), 9);
    assert_eq!(script.1.0[Table::BrokerClusters as usize], 11);
    for n in 0..300 {
        script.metadata(1, &format!("other {n}"), &[]);
    }
    assert!(script.0.by_id.len() <= MAX_IDS);
}
