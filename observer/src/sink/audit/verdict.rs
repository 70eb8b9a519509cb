//! What was collected in, the report out: who is a client, who a broker, and what clients should do.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::report::{LibraryName, Overflow, Report, SenderUsage, VersionUsed};
use super::roster::{Library, Sender, Usage};
use super::{Audit, Unread, advice};
use crate::event::Endpoint;
use crate::protocol::api::Api;
use crate::protocol::table::RELEASES;
use crate::sink::clock::rfc3339;

/// Makes the report.
pub fn judge(audit: &Audit, unread: Unread) -> Report {
    let is_listed =
        |sender: &Sender| audit.clients.contains(sender) || audit.early.contains(sender);
    // Whoever is a broker by its other requests.
    let is_client = |sender: &Sender| {
        !audit.parties.is_broker(sender.client_id.as_ref(), sender.address) && !is_listed(sender)
    };
    let unnamed = audit.unnamed.iter().filter(|(sender, _)| is_client(sender)).collect();
    Report {
        kafka: RELEASES.first().copied().unwrap_or_default(),
        first_time: audit.first.map(rfc3339),
        last_time: audit.last.map(rfc3339),
        requests: audit.requests,
        encrypted_connections: audit.encrypted,
        unknown_connections: audit.obscure,
        missing_bytes: unread.missing_bytes,
        unusable_bytes: unread.unusable_bytes,
        clients: sorted(audit.clients.iter().collect()).map(advised).collect(),
        brokers: sorted(audit.brokers.iter().collect()).collect(),
        early: sorted(audit.early.iter().collect()).collect(),
        unnamed: sorted(unnamed).collect(),
        overflow: Overflow {
            clients: audit.clients.overflow(),
            brokers: audit.brokers.overflow(),
            early: audit.early.overflow(),
            unnamed: audit.unnamed.overflow(),
            senders: audit.parties.overflow() as u64,
        },
    }
}

type Entry<'a> = (&'a Sender, &'a Usage);

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
