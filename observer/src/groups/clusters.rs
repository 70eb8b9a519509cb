//! Which cluster a broker is of: exchanges in; a cluster for each endpoint out. Groups and topics of
//! two clusters may have the same names, and producers the same numbers.
//!
//! A cluster's id is told by Metadata, DescribeCluster and others, and what a response names as
//! brokers is one cluster. An endpoint of which nothing was told is taken to be of the only cluster
//! that is known by its id; where that is none, or one of several, it is a cluster by itself.

use std::net::Ipv6Addr;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashlink::LruCache;

use super::answers;
use crate::decode::Facts;
use crate::event::{Endpoint, Exchange};
use crate::protocol::api::Api;
use crate::tables::{Evictions, Table};

/// A cluster, among those that were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cluster(u64);

/// The clusters of all brokers.
#[derive(Debug)]
pub struct Clusters {
    brokers: LruCache<Endpoint, Standing, RandomState>,
    by_id: LruCache<Arc<str>, Cluster, RandomState>,
    cap: usize,
    next: u64,
    /// Something was taken to be of the only cluster.
    has_presumed: bool,
}

/// How a broker's cluster is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// A message said it.
    Told(Cluster),
    /// Nothing was said of it: it is by itself.
    Alone(Cluster),
}

/// What became clear of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The first is the second.
    Same(Cluster, Cluster),
    /// It has no broker left, or what was taken to be of it may be another's.
    Gone(Cluster),
}

/// What an exchange says of its broker's cluster: these are of one, with this id if it says it.
pub struct Word<'a> {
    id: Option<&'a Arc<str>>,
    brokers: Vec<Endpoint>,
}

/// Clusters that are known by their ids.
const MAX_IDS: usize = 256;

impl Clusters {
    /// Nothing is known; room for so many brokers, and so many ids.
    pub fn new(cap: usize) -> Self {
        Self {
            brokers: LruCache::with_hasher(usize::MAX, RandomState::default()),
            by_id: LruCache::with_hasher(usize::MAX, RandomState::default()),
            cap,
            next: 0,
            has_presumed: false,
        }
    }

    /// The cluster of a broker.
    pub fn of(&mut self, broker: Endpoint, evictions: &mut Evictions) -> Cluster {
        if let Some(Standing::Told(cluster) | Standing::Alone(cluster)) = self.brokers.get(&broker)
        {
            return *cluster;
        }
        if let Some(only) = self.only() {
            self.has_presumed = true;
            return only;
        }
        let cluster = self.begin();
        self.set(broker, Standing::Alone(cluster), evictions);
        cluster
    }

    /// Learns what an exchange says.
    pub fn learn(&mut self, word: Word<'_>, evictions: &mut Evictions) -> Vec<Finding> {
        let Word { id, brokers } = word;
        let mut findings = Vec::new();
        let known = match id {
            Some(id) => self.by_id.get(id).copied(),
            None => self.told(&brokers),
        };
        let cluster = known.unwrap_or_else(|| self.begin());
        let is_new = id.filter(|_| known.is_none());
        if let Some(id) = is_new {
            self.name(id, cluster, &mut findings, evictions);
        }
        for broker in brokers {
            self.tell(broker, cluster, &mut findings, evictions);
        }
        if is_new.is_some() && self.only() == Some(cluster) {
            self.presume(cluster, &mut findings);
        }
        findings
    }

    /// A cluster's id is known.
    fn name(
        &mut self,
        id: &Arc<str>,
        cluster: Cluster,
        findings: &mut Vec<Finding>,
        evictions: &mut Evictions,
    ) {
        if let Some(only) = self.only()
            && std::mem::take(&mut self.has_presumed)
        {
            findings.push(Finding::Gone(only));
        }
        self.by_id.insert(Arc::clone(id), cluster);
        if self.by_id.len() > MAX_IDS {
            self.by_id.remove_lru();
            evictions.count(Table::BrokerClusters);
        }
    }

    /// A broker is of this cluster.
    fn tell(
        &mut self,
        broker: Endpoint,
        cluster: Cluster,
        findings: &mut Vec<Finding>,
        evictions: &mut Evictions,
    ) {
        let before = self.brokers.get(&broker).copied();
        self.set(broker, Standing::Told(cluster), evictions);
        match before {
            Some(Standing::Alone(alone)) => findings.push(Finding::Same(alone, cluster)),
            Some(Standing::Told(told)) if told != cluster && !self.has_id(told) => {
                self.join(told, cluster);
                findings.push(Finding::Same(told, cluster));
            }
            // Its address was that of another cluster's broker before.
            Some(Standing::Told(told)) if told != cluster && !self.has_broker(told) => {
                self.by_id.retain(|_, known| *known != told);
                findings.push(Finding::Gone(told));
            }
            Some(Standing::Told(_)) | None => {}
        }
    }

    /// Brokers of which nothing was said are of the only cluster, as long as it is that.
    fn presume(&mut self, only: Cluster, findings: &mut Vec<Finding>) {
        self.brokers.retain(|_, standing| match standing {
            Standing::Alone(alone) => {
                findings.push(Finding::Same(*alone, only));
                self.has_presumed = true;
                false
            }
            Standing::Told(_) => true,
        });
    }

    /// The cluster of one of these brokers, if any was told; better one with an id.
    fn told(&self, brokers: &[Endpoint]) -> Option<Cluster> {
        let told = brokers.iter().filter_map(|broker| match self.brokers.peek(broker)? {
            Standing::Told(cluster) => Some(*cluster),
            Standing::Alone(_) => None,
        });
        told.max_by_key(|cluster| self.has_id(*cluster))
    }

    /// All brokers of one cluster are those of another.
    fn join(&mut self, from: Cluster, to: Cluster) {
        for (_, standing) in &mut self.brokers {
            if *standing == Standing::Told(from) {
                *standing = Standing::Told(to);
            }
        }
    }

    /// The only cluster that is known by its id.
    fn only(&self) -> Option<Cluster> {
        let mut clusters = self.by_id.iter().map(|(_, cluster)| *cluster);
        clusters.next().filter(|_| clusters.next().is_none())
    }

    fn has_id(&self, cluster: Cluster) -> bool {
        self.by_id.iter().any(|(_, known)| *known == cluster)
    }

    fn has_broker(&self, cluster: Cluster) -> bool {
        self.brokers.iter().any(|(_, standing)| *standing == Standing::Told(cluster))
    }

    fn begin(&mut self) -> Cluster {
        self.next = self.next.wrapping_add(1);
        Cluster(self.next)
    }

    fn set(&mut self, broker: Endpoint, standing: Standing, evictions: &mut Evictions) {
        self.brokers.insert(broker, standing);
        if self.brokers.len() > self.cap {
            self.brokers.remove_lru();
            evictions.count(Table::BrokerClusters);
        }
    }
}

impl<'a> Word<'a> {
    /// Whether an exchange may say something of it: most do not.
    #[inline]
    pub fn may_be_in(exchange: &Exchange) -> bool {
        let says_rare =
            |facts: &Option<Box<Facts>>| facts.as_ref().is_some_and(|facts| facts.rare.is_some());
        says_rare(&exchange.response) || says_rare(&exchange.request)
    }

    /// Most exchanges say nothing of it.
    pub fn of(exchange: &'a Exchange) -> Option<Self> {
        let response = answers::answered(exchange)?;
        // Brokers name the cluster that they mean (KIP-595), and one of another refuses. What a client
        // says is not always looked at, as in Fetch.
        let is_brokers = || exchange.api_key().lookup().is_some_and(Api::is_between_brokers);
        let named = exchange.request.as_ref().and_then(|request| request.cluster());
        let wanted = named.filter(|_| is_brokers());
        let is_granted = response.undecoded.is_none() && response.errors.is_empty();
        let id = response.cluster().or(wanted.filter(|_| is_granted));
        if id.is_none() && response.brokers().is_empty() {
            return None;
        }
        let broker = exchange.peers.broker;
        // A loopback address is another host's.
        let is_here = |named: &&Endpoint| is_loopback(broker) || !is_loopback(**named);
        let named = response.brokers().iter().filter(is_here).copied();
        Some(Self { id, brokers: [broker].into_iter().chain(named).collect() })
    }
}

fn is_loopback(Endpoint { addr, .. }: Endpoint) -> bool {
    Ipv6Addr::from(addr).to_canonical().is_loopback()
}

#[cfg(test)]
mod tests;
