//! Where requests count: who asks what in; the labels, and what to count with, out. What was asked
//! before is found by one search, not by one for each label and each series.
//!
//! Only what has labels of its own is found so. What counts under `other`, because there are too many,
//! is searched each time, and each time counted as that.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::brokers::{self, Brokers};
use super::deprecated::Deprecated;
use super::labels::Labels;
use super::series::Key;
use super::{topics, traffic};
use crate::event::{Peers, RequestHeader};

/// Routes that are known at once; then all are found anew.
const MAX_ROUTES: usize = 10_000;

/// Routes that were used not long ago are found at these places.
const PLACES: usize = 64;

/// The routes that are known.
pub struct Routes {
    known: Vec<Route>,
    by_who: HashMap<Who, usize, RandomState>,
    /// Where some of them are among those known, by their [`Who::place`].
    recent: [usize; PLACES],
    lost: Option<Route>,
}

impl Default for Routes {
    fn default() -> Self {
        let recent = [0; PLACES];
        Self { known: Vec::new(), by_who: HashMap::default(), recent, lost: None }
    }
}

/// Where a request counts.
pub struct Route {
    who: Who,
    /// Its labels.
    pub key: Key,
    /// None of its labels is one that stands for others.
    is_certain: bool,
    /// What [`Deprecated::is_plain`] says of it.
    pub is_plain: bool,
    /// What to count with.
    pub broker: Arc<brokers::Handles>,
    /// The same, as far as it was used.
    pub traffic: traffic::Route,
    /// The same.
    pub topics: topics::Route,
    /// While it is here, its address is its own.
    _client_id: Option<Arc<str>>,
}

/// Who asks what, in few numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Who {
    /// Where the client id lies: texts that are equal may lie in several places.
    client_id: usize,
    /// API key, version and who fetches; the broker's port, and where that is seen from.
    what: u64,
    broker: [u64; 2],
}

impl Routes {
    /// The route of a request.
    #[inline(always)]
    pub fn find(
        &mut self,
        labels: &mut Labels,
        brokers: &mut Brokers,
        peers: &Peers,
        header: &RequestHeader,
    ) -> &mut Route {
        let who = Who::of(peers, header);
        let recent = self.recent.get(who.place()).copied().unwrap_or_default();
        let at = match self.known.get(recent) {
            Some(route) if route.is_certain && route.who == who => recent,
            _ => self.search(labels, brokers, peers, header),
        };
        match self.known.get_mut(at) {
            Some(route) => route,
            // There is always one.
            None => self.lost.insert(Route::find(labels, brokers, peers, header)),
        }
    }

    #[inline(never)]
    fn search(
        &mut self,
        labels: &mut Labels,
        brokers: &mut Brokers,
        peers: &Peers,
        header: &RequestHeader,
    ) -> usize {
        if self.known.len() >= MAX_ROUTES {
            self.forget();
        }
        let who = Who::of(peers, header);
        let at = *self.by_who.entry(who).or_insert(self.known.len());
        if let Some(recent) = self.recent.get_mut(who.place()) {
            *recent = at;
        }
        match self.known.get_mut(at) {
            Some(known) if known.is_certain => {}
            Some(known) => *known = Route::find(labels, brokers, peers, header),
            None => self.known.push(Route::find(labels, brokers, peers, header)),
        }
        at
    }

    /// Forgets all: labels or series may be gone.
    pub fn forget(&mut self) {
        self.known.clear();
        self.by_who.clear();
    }
}

impl Route {
    fn find(
        labels: &mut Labels,
        brokers: &mut Brokers,
        peers: &Peers,
        header: &RequestHeader,
    ) -> Self {
        let broker = labels.broker_key(peers);
        let key = labels.request_key(broker, header);
        Self {
            who: Who::of(peers, header),
            key,
            is_certain: key.is_certain(),
            is_plain: Deprecated::is_plain(header),
            broker: brokers.handles(labels, broker),
            traffic: traffic::Route::default(),
            topics: topics::Route::default(),
            _client_id: header.client_id.clone(),
        }
    }
}

impl Who {
    fn of(peers: &Peers, header: &RequestHeader) -> Self {
        let client_id = header.client_id.as_deref().map_or(0, |id| id.as_ptr().addr());
        let what = u64::from(header.api_key.cast_unsigned()) << 48
            | u64::from(header.api_version.cast_unsigned()) << 32
            | u64::from(peers.broker.port) << 16
            | (header.fetcher as u64) << 8
            | peers.vantage as u64;
        Self { client_id, what, broker: peers.broker.halves() }
    }

    /// Where it is looked for first: addresses differ in few of their bits.
    fn place(&self) -> usize {
        let api_key = self.what >> 48;
        let mixed = (self.client_id as u64 ^ api_key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize % PLACES
    }
}

/// By what nearly always tells them apart.
impl Hash for Who {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.client_id);
        state.write_u64(self.what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::metrics::Options;
    use crate::sink::metrics::family::{Families, Registry};
    use crate::sink::metrics::label::LabelId;
    use crate::sink::samples::{header, peers};

    fn brokers() -> Brokers {
        let registry = Registry::default();
        Brokers::new(&Families { registry: &registry, cluster: None }).unwrap()
    }

    #[test]
    fn equal_texts_in_several_places_are_one_client() {
        let (mut routes, mut brokers) = (Routes::default(), brokers());
        let mut labels = Labels::new(&Options::default());
        let mut key =
            |header: &RequestHeader| routes.find(&mut labels, &mut brokers, &peers(), header).key;
        let (a, same, b) = (header("a"), header("a"), header("b"));
        assert_eq!(key(&a), key(&same));
        assert_ne!(key(&a), key(&b));
        assert_ne!(key(&a), key(&RequestHeader { api_version: 8, ..a.clone() }));
        assert_eq!(routes.known.len(), 4);
    }

    #[test]
    fn a_client_without_a_label_is_counted_as_that_each_time() {
        let (mut routes, mut brokers) = (Routes::default(), brokers());
        let options = Options { max_label_values: 1, ..Options::default() };
        let mut labels = Labels::new(&options);
        for header in [&header("a"), &header("b"), &header("b")] {
            for _ in 0..2 {
                routes.find(&mut labels, &mut brokers, &peers(), header);
            }
        }
        let overflow = labels.overflows().find(|(label, _)| *label == "client_id");
        assert_eq!(overflow, Some(("client_id", 4)));
        let other = routes.find(&mut labels, &mut brokers, &peers(), &header("c"));
        assert_eq!(other.key.client, LabelId::OTHER);
    }
}
