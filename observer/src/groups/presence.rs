//! The requests of members and their answers: who is there, and who is gone.

use super::membership::Step;
use super::{Change, GroupKey, Groups, Place, answers};
use crate::event::Exchange;
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::tables::Table;
use crate::time::Timestamp;

impl Groups {
    /// The requests of members.
    pub(super) fn member(&mut self, exchange: &Exchange, now: Timestamp) {
        self.thrown_out(exchange);
        let Some((request, response)) = answers::both(exchange) else {
            return;
        };
        let (api, place) = (exchange.api_key(), Place::of(exchange));
        let Some(name) = request.groups.first().filter(|_| is_granted(exchange)) else {
            return;
        };
        let key = self.key(exchange, name);
        let membership = &mut self.group(&key, place, now).membership;
        let step = match api {
            ApiKey::JOIN_GROUP => membership.joined(request, response, now),
            ApiKey::SYNC_GROUP | ApiKey::HEARTBEAT => membership.stayed(request, response, now),
            ApiKey::LEAVE_GROUP => {
                membership.left_but(request, &answers::stay(response));
                Step::default()
            }
            _ => membership.beaten(request, response, now),
        };
        self.note(&key, step);
    }

    /// Who is told that the group does not know it is no member, though nobody saw it leave.
    fn thrown_out(&mut self, exchange: &Exchange) {
        let is_unknown = answers::answered(exchange).is_some_and(|response| {
            response.errors.iter().any(|error| error.code == ErrorCode::UNKNOWN_MEMBER_ID)
        });
        // LeaveGroup is of several, and says so itself.
        if !is_unknown || exchange.api_key() == ApiKey::LEAVE_GROUP {
            return;
        }
        let Some(request) = exchange.request.as_deref() else {
            return;
        };
        let (Some(name), Some(member)) = (request.groups.first(), request.members.first()) else {
            return;
        };
        let key = self.key(exchange, name);
        if let Some(group) = self.by_name.peek_mut(&key) {
            group.membership.lost(member);
        }
    }

    pub(super) fn note(&mut self, key: &GroupKey, step: Step) {
        self.evictions.add(Table::GroupMembers, step.evicted);
        if step.is_rebalanced
            && let Some(place) = self.place(key)
        {
            self.changes.push(Change::Rebalanced(key.1.clone(), place));
        }
    }
}

/// A member that shall join again is one all the same; one that is not known has left in any case.
fn is_granted(exchange: &Exchange) -> bool {
    let api = exchange.api_key();
    let is_harmless = |code| match code {
        ErrorCode::REBALANCE_IN_PROGRESS => api == ApiKey::HEARTBEAT,
        ErrorCode::UNKNOWN_MEMBER_ID => api == ApiKey::LEAVE_GROUP,
        _ => false,
    };
    answers::answered(exchange).is_some_and(|response| {
        // Where each has an answer of its own, that is no other's.
        !response.failed_members().is_empty()
            || response.errors.iter().all(|error| is_harmless(error.code))
    })
}
