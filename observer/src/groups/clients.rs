//! Which clients belong to which group: exchanges with group APIs in; the group of a client whose
//! other requests name none out, where it is certain.

use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use hashlink::LruCache;

use crate::event::{Exchange, Outcome};
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::tables::{Evictions, Table};
use crate::time::Timestamp;

/// A client: its id and its address.
type Client = (Arc<str>, [u8; 16]);

/// The groups of each client.
#[derive(Debug)]
pub struct Clients {
    groups: LruCache<Client, Vec<Membership>, RandomState>,
    cap: usize,
    /// How long a client that is silent is taken for a member.
    idle: Duration,
}

#[derive(Debug)]
struct Membership {
    group: Arc<str>,
    seen: Timestamp,
}

/// Groups of a client that are told apart: two are too many to be certain of one.
const MAX_GROUPS: usize = 8;

/// What an exchange shows of its client.
enum Shown<'a> {
    Member(&'a Arc<str>),
    Left(&'a Arc<str>),
}

impl Clients {
    /// Knows at most `cap` clients, each until it was silent for `idle`.
    pub fn new(cap: usize, idle: Duration) -> Self {
        let groups = LruCache::with_hasher(usize::MAX, RandomState::default());
        Self { groups, cap, idle }
    }

    /// Knows none.
    pub fn none() -> Self {
        Self::new(0, Duration::ZERO)
    }

    /// Learns what an exchange shows of its client.
    pub fn learn(&mut self, exchange: &Exchange, now: Timestamp, evictions: &mut Evictions) {
        let Some(shown) = shown(exchange) else {
            return;
        };
        let Some(client) = client(exchange) else {
            return;
        };
        match shown {
            Shown::Member(group) => self.join(client, group, now, evictions),
            Shown::Left(group) => self.leave(&client, group),
        }
    }

    /// The one group to which the client of an exchange belongs.
    pub fn group(&self, exchange: &Exchange, now: Timestamp) -> Option<&Arc<str>> {
        if self.groups.is_empty() {
            return None;
        }
        let memberships = self.groups.peek(&client(exchange)?)?;
        let mut current = memberships.iter().filter(|m| now.since(m.seen) <= self.idle);
        match (current.next(), current.next()) {
            (Some(only), None) => Some(&only.group),
            _ => None,
        }
    }

    fn join(
        &mut self,
        client: Client,
        group: &Arc<str>,
        now: Timestamp,
        evictions: &mut Evictions,
    ) {
        let memberships = self.groups.entry(client).or_insert_with(Vec::new);
        memberships.retain(|m| now.since(m.seen) <= self.idle);
        if let Some(membership) = memberships.iter_mut().find(|m| m.group == *group) {
            membership.seen = now;
        } else if memberships.len() < MAX_GROUPS {
            memberships.push(Membership { group: Arc::clone(group), seen: now });
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

fn client(exchange: &Exchange) -> Option<Client> {
    Some((exchange.header.client_id.clone()?, exchange.peers.client.addr))
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
    let is_fine = |code| matches!(code, ErrorCode::NONE | ErrorCode::REBALANCE_IN_PROGRESS);
    if response.undecoded.is_some() || response.errors.iter().any(|error| !is_fine(error.code)) {
        return None;
    }
    let has_left = exchange.api_key() == ApiKey::LEAVE_GROUP
        || is_heartbeat && request.generation.is_some_and(|epoch| epoch < 0);
    if has_left {
        return Some(Shown::Left(group));
    }
    let named = [request, response].into_iter().flat_map(|facts| &facts.members);
    named.into_iter().any(|member| !member.is_empty()).then_some(Shown::Member(group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Facts;
    use crate::groups::samples::{at, by, member};

    const IDLE: Duration = Duration::from_mins(1);

    fn clients() -> (Clients, Evictions) {
        (Clients::new(2, IDLE), Evictions::default())
    }

    fn heartbeat(client: &str, host: u8, group: &str) -> Exchange {
        by(client, host, ApiKey::HEARTBEAT, member(group, "m", 1), member("", "", 0))
    }

    fn fetch(client: &str, host: u8) -> Exchange {
        by(client, host, ApiKey::FETCH, Facts::default(), Facts::default())
    }

    fn group(clients: &Clients, client: &str, host: u8, seconds: u64) -> Option<String> {
        clients.group(&fetch(client, host), at(seconds)).map(ToString::to_string)
    }

    #[test]
    fn the_group_of_a_client_is_that_of_its_id_and_address() {
        let (mut clients, mut evictions) = clients();
        clients.learn(&heartbeat("c", 1, "g"), at(0), &mut evictions);
        assert_eq!(group(&clients, "c", 1, 1).as_deref(), Some("g"));
        assert_eq!(group(&clients, "c", 2, 1), None, "another address");
        assert_eq!(group(&clients, "d", 1, 1), None, "another client id");
        assert_eq!(group(&clients, "c", 1, 61), None, "silent for long");
    }

    #[test]
    fn a_client_of_two_groups_belongs_to_none_for_certain() {
        let (mut clients, mut evictions) = clients();
        clients.learn(&heartbeat("c", 1, "g"), at(0), &mut evictions);
        clients.learn(&heartbeat("c", 1, "h"), at(30), &mut evictions);
        assert_eq!(group(&clients, "c", 1, 31), None);
        let leave = by("c", 1, ApiKey::LEAVE_GROUP, member("h", "m", 1), Facts::default());
        clients.learn(&leave, at(32), &mut evictions);
        assert_eq!(group(&clients, "c", 1, 33).as_deref(), Some("g"));
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
        assert_eq!(group(&clients, "c", 1, 1), None);
    }

    #[test]
    fn the_table_is_bounded_and_counts_what_it_forgets() {
        let (mut clients, mut evictions) = clients();
        for host in 1..=3 {
            clients.learn(&heartbeat("c", host, "g"), at(0), &mut evictions);
        }
        assert_eq!(group(&clients, "c", 1, 1), None);
        assert_eq!(group(&clients, "c", 3, 1).as_deref(), Some("g"));
        let mut expected = Evictions::default();
        expected.count(Table::GroupClients);
        assert_eq!(evictions, expected);
    }
}
