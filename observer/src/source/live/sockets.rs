//! Attaching the sockops program, which tells of sockets' lives; capture does without where it must.

use std::fs::File;

use aya::programs::CgroupAttachMode;
use aya::programs::sock_ops::SockOpsLink;

use super::cgroup;
use super::error::chain;
use super::object::Object;

/// The program on the root of the cgroup hierarchy; dropping it detaches it.
pub(super) struct Attached {
    _link: SockOpsLink,
}

/// Attaches; says what is missing where that is not possible.
pub(super) fn attach(object: &mut Object) -> Option<Attached> {
    match try_attach(object) {
        Ok(attached) => Some(attached),
        Err(reason) => {
            tracing::warn!(
                "connections' opening, closing and round-trip times are not observed: {reason}"
            );
            None
        }
    }
}

fn try_attach(object: &mut Object) -> Result<Attached, String> {
    let root = cgroup::root().ok_or("no cgroup v2 hierarchy is mounted (/proc/self/mounts)")?;
    let root = File::open(&root).map_err(|error| format!("{}: {error}", root.display()))?;
    let program = object.sockets().map_err(|error| error.to_string())?;
    // A link is of the kind that allows others beside it, and no flag may say so again.
    let id = program.attach(root, CgroupAttachMode::Single).map_err(|error| chain(&error))?;
    let link = program.take_link(id).map_err(|error| chain(&error))?;
    Ok(Attached { _link: link })
}
