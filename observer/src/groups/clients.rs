//! Which clients belong to which group: exchanges with group APIs in; the group of a client whose
//! other requests name none out, where it is certain.

use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use hashlink::LruCache;

use super::clusters::{Cluster, Clusters};
use super::members::SESSION;
use super::membership;
use crate::decode::Facts;
use crate::event::{Exchange, Outcome};
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::tables::{Evictions, Table};
use crate::time::Timestamp;

/// A client: its cluster, its id and its address.
type Client = (Cluster, Arc<str>, [u8; 16]);

/// The groups of each client.
#[derive(Debug)]
pub struct Clients {
    groups: LruCache<Client, Vec<Membership>, RandomState>,
    cap: usize,
    clusters: Clusters,
}

#[derive(Debug)]
struct Membership {
    group: Arc<str>,
    seen: Timestamp,
    /// How long it stays without a word.
    session: Duration,
}

/// Groups of a client that are told apart: two are too many to be certain of one.
const MAX_GROUPS: usize = 8;

/// Brokers whose cluster is known.
const MAX_BROKERS: usize = 10_000;

/// What an exchange shows of its client.
enum Shown<'a> {
    /// And its session's length, if it says it.
    Member(&'a Arc<str>, Option<Duration>),
    Left(&'a Arc<str>),
}

impl Clients {
    /// Knows at most `cap` clients, each until its session has ended.
    pub fn new(cap: usize) -> Self {
        let groups = LruCache::with_hasher(usize::MAX, RandomState::default());
        Self { groups, cap, clusters: Clusters::new(cap.min(MAX_BROKERS)) }
    }

    /// Learns what an exchange shows of its client.
    pub fn learn(&mut self, exchange: &Exchange, now: Timestamp, evictions: &mut Evictions) {
        // What was noted under what shows to be another cluster ends with the session.
        self.clusters.learn(exchange, evictions);
        let Some(shown) = shown(exchange) else {
            return;
        };
        let Some(client) = self.client(exchange, evictions) else {
            return;
        };
        match shown {
            Shown::Member(group, session) => self.join(client, group, session, now, evictions),
            Shown::Left(group) => self.leave(&client, group),
        }
    }

    /// The one group to which the client of an exchange belongs.
    pub fn group(
        &mut self,
        exchange: &Exchange,
        now: Timestamp,
        evictions: &mut Evictions,
    ) -> Option<&Arc<str>> {
        if self.groups.is_empty() {
            return None;
        }
        let client = self.client(exchange, evictions)?;
        let memberships = self.groups.peek(&client)?;
        let mut current = memberships.iter().filter(|m| m.is_current(now));
        match (current.next(), current.next()) {
            (Some(only), None) => Some(&only.group),
            _ => None,
        }
    }

    fn client(&mut self, exchange: &Exchange, evictions: &mut Evictions) -> Option<Client> {
        let id = exchange.header.client_id.clone()?;
        let cluster = self.clusters.of(exchange.peers.broker, evictions);
        Some((cluster, id, exchange.peers.client.addr))
    }

    fn join(
        &mut self,
        client: Client,
        group: &Arc<str>,
        session: Option<Duration>,
        now: Timestamp,
        evictions: &mut Evictions,
    ) {
        let memberships = self.groups.entry(client).or_insert_with(Vec::new);
        memberships.retain(|m| m.is_current(now));
        if let Some(membership) = memberships.iter_mut().find(|m| m.group == *group) {
            membership.seen = now;
            membership.session = session.unwrap_or(membership.session);
        } else if memberships.len() < MAX_GROUPS {
            let (group, session) = (Arc::clone(group), session.unwrap_or(SESSION));
            memberships.push(Membership { group, seen: now, session });
        }
        if self.groups.len() > self.cap {
            self.groups.remove_lru();
            evictions.count(Table::GroupClients);
        }
    }

    fn leave(&mut self, client: &Client, group: &Arc<str>) {
        let Some(memberships) = self.groups.get_mut(client) else {
            return;
        };
        memberships.retain(|m| m.group != *group);
        if memberships.is_empty() {
            self.groups.remove(client);
        }
    }
}

impl Membership {
    fn is_current(&self, now: Timestamp) -> bool {
        now.since(self.seen) <= self.session
    }
}

/// Only members send these; others may ask about a group, commit for it, or throw members out.
fn shown(exchange: &Exchange) -> Option<Shown<'_>> {
    if exchange.outcome != Outcome::Answered {
        return None;
    }
    let is_heartbeat = match exchange.api_key() {
        ApiKey::CONSUMER_GROUP_HEARTBEAT
        | ApiKey::SHARE_GROUP_HEARTBEAT
        | ApiKey::STREAMS_GROUP_HEARTBEAT => true,
        ApiKey::JOIN_GROUP
        | ApiKey::SYNC_GROUP
        | ApiKey::HEARTBEAT
        | ApiKey::LEAVE_GROUP
        | ApiKey::OFFSET_COMMIT
        | ApiKey::SHARE_FETCH
        | ApiKey::SHARE_ACKNOWLEDGE => false,
        _ => return None,
    };
    let (request, response) = (exchange.request.as_deref()?, exchange.response.as_deref()?);
    let group = request.groups.first()?;
    let is_member = |facts: &Facts| facts.members.iter().any(|member| !member.is_empty());
    // Also where the rest of it was not seen.
    if response.errors.iter().any(|error| is_thrown_out(error.code)) {
        return is_member(request).then_some(Shown::Left(group));
    }
    let is_fine = |code| code == ErrorCode::REBALANCE_IN_PROGRESS;
    if response.undecoded.is_some() || response.errors.iter().any(|error| !is_fine(error.code)) {
        return None;
    }
    let has_left = exchange.api_key() == ApiKey::LEAVE_GROUP
        || is_heartbeat && request.generation.is_some_and(|epoch| epoch < 0);
    if has_left {
        return Some(Shown::Left(group));
    }
    (is_member(request) || is_member(response))
        .then_some(Shown::Member(group, membership::session(request)))
}

/// What a member is told that is none any more.
fn is_thrown_out(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::UNKNOWN_MEMBER_ID
            | ErrorCode::FENCED_INSTANCE_ID
            | ErrorCode::FENCED_MEMBER_EPOCH
            | ErrorCode::STALE_MEMBER_EPOCH
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Endpoint;
    use crate::groups::samples::{at, by, member};

    fn clients() -> (Clients, Evictions) {
        (Clients::new(2), Evictions::default())
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
}
