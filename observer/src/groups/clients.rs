//! Which clients belong to which group: exchanges with group APIs in; the group of a client whose
//! other requests name none out, where it is certain.

use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use hashlink::LruCache;

use super::clusters::Cluster;
use super::members::SESSION;
use super::membership;
use super::shared::SharedClusters;
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
    clusters: SharedClusters,
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

/// What an exchange shows of its client.
enum Shown<'a> {
    /// And its session's length, if it says it.
    Member(&'a Arc<str>, Option<Duration>),
    Left(&'a Arc<str>),
}

impl Clients {
    /// Knows at most `cap` clients of these clusters, each until its session has ended.
    pub fn new(cap: usize, clusters: SharedClusters) -> Self {
        let groups = LruCache::with_hasher(usize::MAX, RandomState::default());
        Self { groups, cap, clusters }
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
        } else {
            evictions.count(Table::GroupClients);
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
mod tests;
