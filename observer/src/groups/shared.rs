//! The one table of clusters: the pipeline asks it for the groups of clients, and whoever follows groups
//! asks it for theirs. Only then is its bound one bound, and what it forgets counted once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clusters::{Cluster, Clusters, Finding, Word};
use crate::event::{Endpoint, Exchange};
use crate::tables::Evictions;

/// A handle of the table.
#[derive(Clone, Debug)]
pub struct SharedClusters(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Whether there are findings; of what is nearly always not so, no lock need be taken.
    has_findings: AtomicBool,
}

#[derive(Debug)]
struct State {
    clusters: Clusters,
    /// Whether somebody takes the findings.
    is_followed: bool,
    findings: Vec<Finding>,
}

impl SharedClusters {
    /// Nothing is known; room for so many brokers.
    pub fn new(cap: usize) -> Self {
        let clusters = Clusters::new(cap);
        let state = State { clusters, is_followed: false, findings: Vec::new() };
        let has_findings = AtomicBool::new(false);
        Self(Arc::new(Shared { state: Mutex::new(state), has_findings }))
    }

    /// The same table, of which one takes all findings from now on.
    pub(super) fn followed(self) -> Self {
        self.state().is_followed = true;
        self
    }

    /// The cluster of a broker.
    pub(super) fn of(&self, broker: Endpoint, evictions: &mut Evictions) -> Cluster {
        self.state().clusters.of(broker, evictions)
    }

    /// Learns what an exchange says of its broker's cluster; of one that it has learned from just
    /// before, nothing.
    #[inline]
    pub(super) fn learn(&self, exchange: &Exchange, evictions: &mut Evictions) {
        if Word::may_be_in(exchange) {
            self.learn_word(exchange, evictions);
        }
    }

    #[inline(never)]
    fn learn_word(&self, exchange: &Exchange, evictions: &mut Evictions) {
        let Some(word) = Word::of(exchange) else {
            return;
        };
        let mut state = self.state();
        let findings = state.clusters.learn(word, evictions);
        if state.is_followed {
            state.findings.extend(findings);
            self.0.has_findings.store(!state.findings.is_empty(), Ordering::Release);
        }
    }

    /// What became clear since the last call, whoever learned it.
    pub(super) fn take_findings(&self) -> Vec<Finding> {
        if !self.0.has_findings.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut state = self.state();
        self.0.has_findings.store(false, Ordering::Release);
        std::mem::take(&mut state.findings)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Facts;
    use crate::groups::samples::{answered, at, cluster, member};
    use crate::groups::{Clients, Groups, Limits};
    use crate::protocol::api::ApiKey;
    use crate::tables::Table;

    /// As the pipeline and the metrics do: the one learns from each exchange before the other.
    fn seen(
        clients: &mut Clients,
        groups: &mut Groups,
        host: u8,
        told: Option<Facts>,
    ) -> Evictions {
        let mut evictions = Evictions::default();
        let mut exchange = answered(ApiKey::HEARTBEAT, member("g", "m", 1), member("", "", 0));
        if let Some(told) = told {
            exchange = answered(ApiKey::METADATA, Facts::default(), told);
        }
        exchange.header.client_id = Some("c".into());
        exchange.peers.broker = broker(host);
        clients.learn(&exchange, at(1), &mut evictions);
        groups.exchange(&exchange, at(1));
        evictions
    }

    fn broker(host: u8) -> Endpoint {
        Endpoint::v4([10, 1, 1, host], 9092)
    }

    fn shared(brokers: usize) -> (Clients, Groups) {
        let groups = Groups::new(Limits { brokers, ..Limits::default() });
        (Clients::new(1000, groups.clusters()), groups)
    }

    #[test]
    fn what_is_forgotten_is_counted_once() {
        let (mut clients, mut groups) = shared(2);
        let mut all = Evictions::default();
        for host in 1..=6 {
            all = all.plus(&seen(&mut clients, &mut groups, host, None));
        }
        let mut expected = Evictions::default();
        expected.add(Table::BrokerClusters, 4);
        assert_eq!(all.plus(groups.evictions()), expected);
    }

    #[test]
    fn what_one_learns_the_other_follows() {
        let (mut clients, mut groups) = shared(100);
        for host in [1, 2] {
            seen(&mut clients, &mut groups, host, None);
        }
        assert_eq!(groups.names().count(), 2, "as far as is known, of two clusters");
        seen(&mut clients, &mut groups, 1, Some(cluster("a", &[broker(2)])));
        assert_eq!(groups.names().count(), 1);
    }
}
