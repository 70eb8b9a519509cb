//! What a killed observer leaves on the clsact path: filters that copy into a ring nobody reads,
//! and pass every packet on. tcx leaves nothing.

use std::io;

use aya::programs::TcAttachType;
use aya::programs::tc::{TcError, qdisc_detach_program};

use super::links::Link;
use super::object::CLASSIFIERS;

/// Removes our filters from these interfaces; returns how many places had some.
pub(super) fn remove(links: &[Link]) -> usize {
    let mut removed = 0;
    for link in links {
        for direction in [TcAttachType::Ingress, TcAttachType::Egress] {
            for name in CLASSIFIERS {
                removed += usize::from(remove_from(link, direction, name));
            }
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
