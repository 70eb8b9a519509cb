//! Exchanges of clients in, the group that each belongs to out.

use super::*;
use crate::event::Endpoint;
use crate::groups::samples::{at, by, member};

fn clients() -> (Clients, Evictions) {
    (Clients::new(2, SharedClusters::new(2)), Evictions::default())
}

fn heartbeat(client: &str, host: u8, group: &str) -> Exchange {
    by(client, host, ApiKey::HEARTBEAT, member(group, "m", 1), member("", "", 0))
}

fn fetch(client: &str, host: u8) -> Exchange {
    by(client, host, ApiKey::FETCH, Facts::default(), Facts::default())
}

fn group(clients: &mut Clients, client: &str, host: u8, seconds: u64) -> Option<String> {
    let mut evictions = Evictions::default();
    let group = clients.group(&fetch(client, host), at(seconds), &mut evictions);
    group.map(ToString::to_string)
}

#[test]
fn the_group_of_a_client_is_that_of_its_id_and_address() {
    let (mut clients, mut evictions) = clients();
    clients.learn(&heartbeat("c", 1, "g"), at(0), &mut evictions);
    assert_eq!(group(&mut clients, "c", 1, 1).as_deref(), Some("g"));
    assert_eq!(group(&mut clients, "c", 2, 1), None, "another address");
    assert_eq!(group(&mut clients, "d", 1, 1), None, "another client id");
    assert_eq!(group(&mut clients, "c", 1, 45).as_deref(), Some("g"));
    assert_eq!(group(&mut clients, "c", 1, 46), None, "silent for longer than a session");
    let request = Facts { session_timeout_ms: Some(6000), ..member("g", "m", -1) };
    let join = by("c", 1, ApiKey::JOIN_GROUP, request, member("", "m", 1));
    clients.learn(&join, at(50), &mut evictions);
    clients.learn(&heartbeat("c", 1, "g"), at(51), &mut evictions);
    assert_eq!(group(&mut clients, "c", 1, 57).as_deref(), Some("g"));
    assert_eq!(group(&mut clients, "c", 1, 58), None, "than its own");
}

#[test]
fn a_client_may_be_one_of_two_clusters() {
    let (mut clients, mut evictions) = clients();
    clients.learn(&heartbeat("c", 1, "g"), at(0), &mut evictions);
    let mut other = fetch("c", 1);
    other.peers.broker = Endpoint::v4([10, 9, 9, 9], 9092);
    assert_eq!(clients.group(&other, at(1), &mut evictions), None);
    assert_eq!(group(&mut clients, "c", 1, 1).as_deref(), Some("g"));
}

#[test]
fn who_is_thrown_out_is_no_member() {
    for code in [25, 82, 110, 113] {
        let (mut clients, mut evictions) = clients();
        let refused =
            |request| by("c", 1, ApiKey::HEARTBEAT, request, Facts::default().with_error(code));
        clients.learn(&heartbeat("c", 1, "g"), at(0), &mut evictions);
        clients.learn(&refused(member("g", "", -1)), at(1), &mut evictions);
        assert_eq!(group(&mut clients, "c", 1, 1).as_deref(), Some("g"), "{code}: a stranger");
        clients.learn(&refused(member("g", "m", 1)), at(1), &mut evictions);
        assert_eq!(group(&mut clients, "c", 1, 1), None, "{code}");
    }
}

#[test]
fn a_client_of_two_groups_belongs_to_none_for_certain() {
    let (mut clients, mut evictions) = clients();
    clients.learn(&heartbeat("c", 1, "g"), at(0), &mut evictions);
    clients.learn(&heartbeat("c", 1, "h"), at(30), &mut evictions);
    assert_eq!(group(&mut clients, "c", 1, 31), None);
    let leave = by("c", 1, ApiKey::LEAVE_GROUP, member("h", "m", 1), Facts::default());
    clients.learn(&leave, at(32), &mut evictions);
    assert_eq!(group(&mut clients, "c", 1, 33).as_deref(), Some("g"));
}

#[test]
fn groups_of_a_client_are_bounded_and_counted() {
    let (mut clients, mut evictions) = clients();
    for group in 0..=MAX_GROUPS {
        assert_eq!(evictions, Evictions::default());
        clients.learn(&heartbeat("c", 1, &group.to_string()), at(0), &mut evictions);
    }
    let mut expected = Evictions::default();
    expected.count(Table::GroupClients);
    assert_eq!(evictions, expected);
}

#[test]
fn who_is_refused_or_only_asks_is_no_member() {
    let (mut clients, mut evictions) = clients();
    let mut refused = heartbeat("c", 1, "g");
    refused.response = Some(Box::new(Facts::default().with_error(25)));
    clients.learn(&refused, at(0), &mut evictions);
    let asks = by("c", 1, ApiKey::DESCRIBE_GROUPS, member("g", "m", 1), Facts::default());
    clients.learn(&asks, at(0), &mut evictions);
    let stranger = by("c", 1, ApiKey::OFFSET_COMMIT, member("g", "", -1), Facts::default());
    clients.learn(&stranger, at(0), &mut evictions);
    assert_eq!(group(&mut clients, "c", 1, 1), None);
}

#[test]
fn the_table_is_bounded_and_counts_what_it_forgets() {
    let (mut clients, mut evictions) = clients();
    for host in 1..=3 {
        clients.learn(&heartbeat("c", host, "g"), at(0), &mut evictions);
    }
    assert_eq!(group(&mut clients, "c", 1, 1), None);
    assert_eq!(group(&mut clients, "c", 3, 1).as_deref(), Some("g"));
    let mut expected = Evictions::default();
    expected.count(Table::GroupClients);
    assert_eq!(evictions, expected);
}
