//! Kafka's APIs: an API key and version as the wire has them in; names, valid versions and header
//! versions out.
//!
//! The facts come from the table that `cargo xtask schema` writes. A key or version that the table
//! does not know stays representable and has its headers by rule.

use std::fmt;

use super::table::{APIS, RELEASES};
use crate::event::Side;

/// An API key, known or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiKey(pub i16);

/// What is known of an API. Requests and responses have the same versions.
#[derive(Debug, PartialEq, Eq)]
pub struct Api {
    /// Its key.
    pub key: ApiKey,
    /// The name the broker's own request metrics use, but for `Fetch`, which they divide further.
    pub name: &'static str,
    /// Valid versions by release, in the order of [`RELEASES`].
    pub valid: [Versions; RELEASES.len()],
    /// Whether the highest of them is an early one that may still change, by release.
    pub unstable: [bool; RELEASES.len()],
    /// Versions with tagged fields and compact lengths (KIP-482).
    pub flexible: Versions,
    /// Header of the request.
    pub request_header: HeaderSince,
    /// Header of the response.
    pub response_header: HeaderSince,
    /// Kafka's own mark for what brokers and controllers send each other. It stands at
    /// DescribeQuorum and UpdateFeatures too, which admin clients send as well.
    pub cluster_action: bool,
    /// Where it is accepted.
    pub listeners: &'static [Listener],
}

/// Where an API is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listener {
    /// Brokers.
    Broker,
    /// KRaft controllers.
    Controller,
    /// Brokers that use ZooKeeper.
    ZkBroker,
}

/// What kind of version was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Removal {
    /// One that was meant to stay.
    Stable,
    /// An early one, which was never meant to stay.
    Early,
}

/// An inclusive range of versions; empty where `first > last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// Lowest version.
    pub first: i16,
    /// Highest version; `i16::MAX` where every later one belongs to it.
    pub last: i16,
}

/// The message versions from which header version 1, and 2, is in use; [`NEVER`] where none is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderSince(pub [i16; 2]);

/// A version that no message reaches.
pub const NEVER: i16 = i16::MAX;

/// The headers of an API that the table does not know: the newest ones.
const NEWEST_REQUEST_HEADER: i16 = 2;
const NEWEST_RESPONSE_HEADER: i16 = 1;

impl ApiKey {
    /// What the table knows of it.
    #[inline]
    pub fn lookup(self) -> Option<&'static Api> {
        APIS.get(usize::from(self.0.cast_unsigned()))
    }

    /// The API's name, if the key is known; `Display` gives a name for every key.
    pub fn name(self) -> Option<&'static str> {
        self.lookup().map(|api| api.name)
    }

    /// Whether some release of the table has this version of this API.
    #[inline]
    pub fn is_known(self, version: i16) -> bool {
        self.lookup().is_some_and(|api| api.is_known(version))
    }

    /// Version of the request's or response's header. A later version of a known API has the header
    /// of its newest, an unknown API has the newest header.
    #[inline]
    pub fn header_version(self, side: Side, version: i16) -> i16 {
        match (self.lookup(), side) {
            (Some(api), Side::Request) => api.request_header.of(version),
            (Some(api), Side::Response) => api.response_header.of(version),
            (None, Side::Request) => NEWEST_REQUEST_HEADER,
            (None, Side::Response) => NEWEST_RESPONSE_HEADER,
        }
    }

    /// [`Self::header_version`] of the request.
    #[inline]
    pub fn request_header_version(self, version: i16) -> i16 {
        self.header_version(Side::Request, version)
    }

    /// [`Self::header_version`] of the response.
    #[inline]
    pub fn response_header_version(self, version: i16) -> i16 {
        self.header_version(Side::Response, version)
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => f.pad(&format!("Unknown({})", self.0)),
        }
    }
}

impl Api {
    /// Whether some release of the table has this version.
    #[inline]
    pub fn is_known(&self, version: i16) -> bool {
        self.valid.iter().any(|valid| valid.contains(version))
    }

    /// Whether clients could use this version once, and the newest release no longer takes it
    /// (KIP-896). What only brokers send each other, and early versions, are no client's problem.
    pub fn is_removed(&self, version: i16) -> bool {
        self.removal(version) == Some(Removal::Stable) && !self.is_between_brokers()
    }

    /// Which kind of version the newest release no longer takes; `None` if it does, or if no release did.
    pub fn removal(&self, version: i16) -> Option<Removal> {
        let mut releases = self.valid.iter().zip(self.unstable);
        let is_in_newest = releases.next().is_some_and(|(valid, _)| valid.contains(version));
        if is_in_newest || !self.is_known(version) {
            return None;
        }
        let was_stable = |(valid, early): (&Versions, bool)| {
            valid.contains(version) && !(early && version == valid.last)
        };
        Some(if releases.any(was_stable) { Removal::Stable } else { Removal::Early })
    }

    /// Whether no client sends it.
    pub fn is_between_brokers(&self) -> bool {
        let asked_by_admins =
            [ApiKey::DESCRIBE_QUORUM, ApiKey::UPDATE_FEATURES].contains(&self.key);
        let is_for_brokers = self.listeners.contains(&Listener::Broker);
        !asked_by_admins && (self.cluster_action || !is_for_brokers)
    }

    /// The lowest version that the newest release takes; `None` where it takes none.
    pub fn lowest(&self) -> Option<i16> {
        self.valid.first().filter(|valid| !valid.is_empty()).map(|valid| valid.first)
    }
}

impl Versions {
    /// No version.
    pub const NONE: Self = Self { first: 0, last: -1 };

    /// Whether `version` lies in the range.
    #[inline]
    pub const fn contains(self, version: i16) -> bool {
        self.first <= version && version <= self.last
    }

    /// Whether no version lies in the range.
    pub const fn is_empty(self) -> bool {
        self.first > self.last
    }
}

impl HeaderSince {
    /// The header version of a message version; a negative one counts as 0.
    #[inline]
    fn of(self, version: i16) -> i16 {
        let Self([one, two]) = self;
        let version = version.clamp(0, NEVER - 1);
        match (version >= one, version >= two) {
            (_, true) => 2,
            (true, _) => 1,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests;
