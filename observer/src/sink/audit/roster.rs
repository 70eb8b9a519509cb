//! Who sent what: requests in, a bounded table of their senders out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::event::{ApiName, Endpoint};
use crate::time::Timestamp;

/// A library, as a client names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Library {
    /// Its name.
    pub name: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
}

/// Whoever is told apart: a client's ports change with its connections.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sender {
    /// Client id.
    pub client_id: Option<Arc<str>>,
    /// Library, where one was named.
    pub library: Option<Library>,
    /// Address, as in [`Endpoint`].
    pub address: [u8; 16],
    /// Whom it asks.
    pub broker: Endpoint,
}

/// What a sender asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// When first, if that is known.
    pub first: Option<Timestamp>,
    /// When last.
    pub last: Option<Timestamp>,
    /// Requests.
    pub requests: u64,
    /// Of these, requests of removed versions, which are as many as the table has.
    pub versions: BTreeMap<(ApiName, i16), u64>,
}

/// Senders, within a bound.
#[derive(Clone, Debug)]
pub struct Roster {
    senders: HashMap<Sender, Usage, RandomState>,
    max: usize,
    overflow: u64,
}

impl Roster {
    /// Nobody yet, and never more than `max`.
    pub fn new(max: usize) -> Self {
        Self { senders: HashMap::default(), max, overflow: 0 }
    }

    /// Counts a request, which may be of a removed version.
    pub fn count(
        &mut self,
        sender: Sender,
        time: Option<Timestamp>,
        removed: Option<(ApiName, i16)>,
    ) {
        if self.senders.len() >= self.max && !self.senders.contains_key(&sender) {
            self.overflow = self.overflow.saturating_add(1);
            return;
        }
        self.senders.entry(sender).or_default().count(time, removed);
    }

    /// Everybody.
    pub fn iter(&self) -> impl Iterator<Item = (&Sender, &Usage)> {
        self.senders.iter()
    }

    /// Whether somebody is in it.
    pub fn contains(&self, sender: &Sender) -> bool {
        self.senders.contains_key(sender)
    }

    /// Requests of senders that found no room.
    pub const fn overflow(&self) -> u64 {
        self.overflow
    }
}

impl Usage {
    fn count(&mut self, time: Option<Timestamp>, removed: Option<(ApiName, i16)>) {
        self.first = earlier(self.first, time);
        self.last = self.last.max(time);
        self.requests = self.requests.saturating_add(1);
        if let Some(version) = removed {
            let count = self.versions.entry(version).or_default();
            *count = count.saturating_add(1);
        }
    }
}

/// The earlier of two times that may not be known.
pub fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    [a, b].into_iter().flatten().min()
}
