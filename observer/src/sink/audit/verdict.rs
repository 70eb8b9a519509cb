//! What was collected in, the report out: who is a client, who a broker, and what clients should do.

use std::collections::{BTreeMap, HashSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::report::{LibraryName, Overflow, Report, SenderUsage, VersionUsed};
use super::roster::{Library, Roster, Sender, Usage};
use super::{Audit, advice};
use crate::event::Endpoint;
use crate::protocol::api::Api;
use crate::protocol::table::RELEASES;
use crate::sink::clock::rfc3339;

/// Makes the report.
pub fn judge(audit: &Audit, missing_bytes: u64) -> Report {
    // A broker's client id and address tell its other requests, which say less of their sender.
    let brokers: HashSet<_> = audit.known_brokers.iter().map(|(sender, _)| who(sender)).collect();
    let is_client = |(sender, _): &Entry<'_>| !brokers.contains(&who(sender));
    let (clients, mut between) = parted(&audit.clients, is_client);
    let (early, early_between) = parted(&audit.early, is_client);
    between.extend(early_between);
    between.extend(audit.brokers.iter());
    let between = merged(&between);
    let is_listed = |sender| audit.clients.contains(sender) || audit.early.contains(sender);
    let (mut unnamed, _) = parted(&audit.unnamed, is_client);
    unnamed.retain(|(sender, _)| !is_listed(sender));
    Report {
        kafka: RELEASES.first().copied().unwrap_or_default(),
        first_time: audit.first.map(rfc3339),
        last_time: audit.last.map(rfc3339),
        requests: audit.requests,
        encrypted_connections: audit.encrypted,
        missing_bytes,
        clients: sorted(clients).map(advised).collect(),
        brokers: sorted(between.iter().map(|(sender, usage)| (*sender, usage)).collect()).collect(),
        early: sorted(early).collect(),
        unnamed: sorted(unnamed).collect(),
        overflow: Overflow {
            clients: audit.clients.overflow(),
            brokers: audit.known_brokers.overflow(),
            early: audit.early.overflow(),
            unnamed: audit.unnamed.overflow(),
        },
    }
}

type Entry<'a> = (&'a Sender, &'a Usage);

fn who(sender: &Sender) -> (Option<&Arc<str>>, [u8; 16]) {
    (sender.client_id.as_ref(), sender.address)
}

/// Clients, and brokers.
fn parted<'a>(
    roster: &'a Roster,
    is_client: impl Fn(&Entry<'a>) -> bool,
) -> (Vec<Entry<'a>>, Vec<Entry<'a>>) {
    roster.iter().partition(is_client)
}

/// One entry for each sender.
fn merged<'a>(entries: &[Entry<'a>]) -> BTreeMap<&'a Sender, Usage> {
    let mut merged: BTreeMap<_, Usage> = BTreeMap::new();
    for (sender, usage) in entries {
        merged.entry(*sender).or_default().merge(usage);
    }
    merged
}

/// Whoever sent most first.
fn sorted(mut entries: Vec<Entry<'_>>) -> impl Iterator<Item = SenderUsage> {
    entries.sort_by(|(a, a_usage), (b, b_usage)| {
        b_usage.counted().cmp(&a_usage.counted()).then_with(|| a.cmp(b))
    });
    entries.into_iter().map(|(sender, usage)| SenderUsage::new(sender, usage))
}

fn advised(client: SenderUsage) -> SenderUsage {
    let upgrade = Some(advice::advice(client.library.as_ref(), &client.versions));
    SenderUsage { upgrade, ..client }
}

impl Usage {
    /// Requests of removed versions; all where there are none of these.
    fn counted(&self) -> u64 {
        if self.versions.is_empty() { self.requests } else { self.versions.values().sum() }
    }
}

impl SenderUsage {
    fn new(sender: &Sender, usage: &Usage) -> Self {
        let versions = usage.versions.iter().map(|((api, version), requests)| VersionUsed {
            api_key: api.key.0,
            api: api.to_string(),
            api_version: *version,
            lowest_version: api.key.lookup().and_then(Api::lowest),
            requests: *requests,
        });
        Self {
            client_id: sender.client_id.as_deref().map(str::to_owned),
            library: sender.library.as_ref().map(LibraryName::from),
            address: address(sender.address),
            broker: sender.broker.to_string(),
            first_time: usage.first.map(rfc3339),
            last_time: usage.last.map(rfc3339),
            requests: usage.counted(),
            versions: versions.collect(),
            upgrade: None,
        }
    }
}

impl From<&Library> for LibraryName {
    fn from(Library { name, version }: &Library) -> Self {
        Self { name: name.to_string(), version: version.to_string() }
    }
}

/// An endpoint's address without its port.
fn address(addr: [u8; 16]) -> String {
    match Endpoint::v6(addr, 0).as_v4() {
        Some(ip) => Ipv4Addr::from(ip).to_string(),
        None => Ipv6Addr::from(addr).to_string(),
    }
}
