//! What few messages say, apart from the facts that many say.

use std::sync::Arc;

use super::Facts;
use crate::event::Endpoint;
use crate::protocol::error_code::ErrorCode;

/// What few messages say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rare {
    /// The cluster's id.
    pub cluster: Option<Arc<str>>,
    /// Brokers, those that are told by their address.
    pub brokers: Vec<Endpoint>,
    /// Static members' own ids, in the order of the message.
    pub instances: Vec<Arc<str>>,
    /// FindCoordinator: what coordinators are looked for, in the order of the message.
    pub coordinator_keys: Vec<Arc<str>>,
    /// FindCoordinator: what these are; 0: groups. The oldest version knows nothing else, and does not
    /// say it.
    pub key_type: Option<i8>,
    /// JoinGroup: how long the group waits for a member to join again, in ms.
    pub rebalance_timeout_ms: Option<i32>,
    /// Indices of members that an error is said of, each alone, and which (LeaveGroup).
    pub failed_members: Vec<(u32, ErrorCode)>,
    /// Whether nothing shall be changed, only tried (CreateTopics and other admin calls).
    pub is_validation: Option<bool>,
    /// InitProducerId: whether a transaction that the producer has prepared goes on (KIP-939).
    pub keeps_transaction: Option<bool>,
}

impl Facts {
    /// The cluster's id.
    pub fn cluster(&self) -> Option<&Arc<str>> {
        self.rare.as_ref()?.cluster.as_ref()
    }

    /// Brokers, those that are told by their address.
    pub fn brokers(&self) -> &[Endpoint] {
        self.rare.as_ref().map_or(&[], |rare| &rare.brokers)
    }

    /// Static members' own ids, in the order of the message.
    pub fn instances(&self) -> &[Arc<str>] {
        self.rare.as_ref().map_or(&[], |rare| &rare.instances)
    }

    /// Indices of members that an error is said of, each alone, and which (LeaveGroup).
    pub fn failed_members(&self) -> &[(u32, ErrorCode)] {
        self.rare.as_ref().map_or(&[], |rare| &rare.failed_members)
    }

    /// Whether a request shall change nothing, and only be tried; `None` where it does not say.
    pub fn is_validation(&self) -> Option<bool> {
        self.rare.as_ref()?.is_validation
    }

    /// InitProducerId: whether a transaction that the producer has prepared goes on (KIP-939).
    pub fn keeps_transaction(&self) -> Option<bool> {
        self.rare.as_ref()?.keeps_transaction
    }

    /// JoinGroup: how long the group waits for a member to join again, in ms.
    pub fn rebalance_timeout_ms(&self) -> Option<i32> {
        self.rare.as_ref()?.rebalance_timeout_ms
    }
}
