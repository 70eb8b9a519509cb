//! The capabilities that capture needs, to start and from then on.
//!
//! Capabilities belong to threads. The thread that keeps the hooks keeps what attaching to new
//! interfaces takes; the thread that starts the capture, and all it starts later, keep none.

use caps::{CapSet, Capability, CapsHashSet};

use super::error::Error;

/// What attaching to interfaces takes.
const TO_ATTACH: [Capability; 2] = [Capability::CAP_BPF, Capability::CAP_NET_ADMIN];
/// What loading programs takes besides.
const TO_LOAD: [Capability; 1] = [Capability::CAP_PERFMON];

/// Says what is missing to start a capture.
pub(super) fn check() -> Result<(), Error> {
    match missing(&[&TO_ATTACH[..], &TO_LOAD].concat())? {
        none if none.is_empty() => Ok(()),
        missing => Err(Error::NotPermitted { missing }),
    }
}

/// Says what is missing to remove filters from interfaces.
pub(super) fn check_cleanup() -> Result<(), Error> {
    match missing(&[Capability::CAP_NET_ADMIN])? {
        none if none.is_empty() => Ok(()),
        missing => Err(Error::CleanupNotPermitted { missing }),
    }
}

/// The names of those that this thread does not have.
fn missing(needed: &[Capability]) -> Result<String, Error> {
    let held = caps::read(None, CapSet::Effective).map_err(|error| failed(&error))?;
    // CAP_SYS_ADMIN stands in for what was split off it (capabilities(7)).
    let stands_in = |needed: &Capability| {
        *needed != Capability::CAP_NET_ADMIN && held.contains(&Capability::CAP_SYS_ADMIN)
    };
    let is_missing = |needed: &Capability| !held.contains(needed) && !stands_in(needed);
    let missing = needed.iter().filter(|cap| is_missing(cap));
    Ok(missing.map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

/// What the thread that attaches keeps: of what stands in for CAP_BPF only where that is not held.
pub(super) fn to_attach() -> Result<[Capability; 2], Error> {
    let held = caps::read(None, CapSet::Permitted).map_err(|error| failed(&error))?;
    if held.contains(&Capability::CAP_BPF) {
        return Ok(TO_ATTACH);
    }
    Ok([Capability::CAP_SYS_ADMIN, Capability::CAP_NET_ADMIN])
}

/// Drops every capability of this thread but these, for good.
pub(super) fn keep(kept: &[Capability]) -> Result<(), Error> {
    // SAFETY: no pointer is passed.
    let done = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    if done != 0 {
        let source = std::io::Error::last_os_error();
        return Err(Error::System { what: "giving up new privileges", source });
    }
    set(kept).map_err(|error| failed(&error))
}

fn set(kept: &[Capability]) -> Result<(), caps::errors::CapsError> {
    let held = caps::read(None, CapSet::Permitted)?;
    let kept: CapsHashSet = kept.iter().copied().filter(|cap| held.contains(cap)).collect();
    // The bounding set only while we may: it takes CAP_SETPCAP, which goes with the rest.
    if held.contains(&Capability::CAP_SETPCAP) {
        for cap in caps::read(None, CapSet::Bounding)? {
            if !kept.contains(&cap) {
                caps::drop(None, CapSet::Bounding, cap)?;
            }
        }
    }
    caps::clear(None, CapSet::Ambient)?;
    caps::clear(None, CapSet::Inheritable)?;
    caps::set(None, CapSet::Effective, &kept)?;
    caps::set(None, CapSet::Permitted, &kept)
}

fn failed(error: &caps::errors::CapsError) -> Error {
    let source = std::io::Error::other(error.to_string());
    Error::System { what: "reading or dropping capabilities", source }
}
