//! What a killed observer leaves on the clsact path: filters that copy into a ring nobody reads,
//! and pass every packet on. tcx leaves nothing.

use std::fs::File;
use std::io;

use aya::programs::TcAttachType;
use aya::programs::tc::{TcError, qdisc_detach_program};

use super::links::Link;
use super::load::{PLAIN, SIEVE};
use super::qdisc;

/// Held by the one observer of a network namespace that may take filters for leftovers.
pub(super) struct Only {
    _locked: File,
}

impl Only {
    /// The namespace itself is locked, so a killed observer holds nothing; `None` while another
    /// observer does.
    pub fn observer() -> Option<Self> {
        let namespace = File::open("/proc/thread-self/ns/net").ok()?;
        namespace.try_lock().ok()?;
        Some(Self { _locked: namespace })
    }
}

/// Removes our filters from these interfaces, and qdiscs that are empty then; returns from how many
/// places.
pub(super) fn remove(_only: &Only, links: &[Link]) -> usize {
    let mut removed = 0;
    for link in links {
        let before = removed;
        for direction in [TcAttachType::Ingress, TcAttachType::Egress] {
            let ours = |name: &&str| remove_from(link, direction, name);
            removed +=
                SIEVE.classifiers.iter().chain(&PLAIN.classifiers).copied().filter(ours).count();
        }
        if removed > before {
            qdisc::remove_if_empty(link.index);
        }
    }
    removed
}

fn remove_from(link: &Link, direction: TcAttachType, name: &str) -> bool {
    match qdisc_detach_program(&link.name, direction, name) {
        Ok(()) => true,
        Err(TcError::IoError(error)) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => {
            // An interface without a clsact qdisc, or one that has just gone.
            tracing::debug!("looking for leftovers on {}: {error}", link.name);
            false
        }
    }
}
