//! Whether a hook is still where it was attached: anybody with the rights may delete a qdisc, a filter, or
//! detach a link (BPF_PROG_QUERY of bpf(2), rtnetlink(7)). The kernel tells of links nobody.

use std::io;
use std::os::fd::RawFd;

use super::qdisc;

/// How a classifier is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By a link of tcx.
    Tcx,
    /// By a filter of a clsact qdisc.
    Clsact,
}

/// A classifier on an interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub ifindex: u32,
    pub egress: bool,
    pub way: Way,
    /// Its program's id.
    pub program: u32,
}

/// Whether a classifier is attached there. Where that cannot be said, as the interface has just gone,
/// it is.
pub(super) fn is_attached(place: &Place) -> bool {
    let found = match place.way {
        Way::Tcx => {
            let attach_type = if place.egress { BPF_TCX_EGRESS } else { BPF_TCX_INGRESS };
            queried(place.ifindex, attach_type, place.program)
        }
        Way::Clsact => qdisc::holds(place.ifindex, place.egress, place.program),
    };
    found.unwrap_or_else(|error| {
        tracing::debug!("looking after the hooks of interface {}: {error}", place.ifindex);
        true
    })
}

/// Whether a sockops program is attached to an open cgroup; the same where that cannot be said.
pub(super) fn is_on_cgroup(cgroup: RawFd, program: u32) -> bool {
    let found = u32::try_from(cgroup).map_err(io::Error::other);
    let found = found.and_then(|cgroup| queried(cgroup, BPF_CGROUP_SOCK_OPS, program));
    found.unwrap_or_else(|error| {
        tracing::debug!("looking after the hook of the cgroup root: {error}");
        true
    })
}

const BPF_PROG_QUERY: libc::c_long = 16;
/// Of linux/bpf.h.
const BPF_CGROUP_SOCK_OPS: u32 = 3;
const BPF_TCX_INGRESS: u32 = 46;
const BPF_TCX_EGRESS: u32 = 47;
/// The most programs that the kernel takes at a place (linux/bpf_mprog.h).
const MOST_PROGRAMS: usize = 64;

/// The fields of `union bpf_attr` that the query takes.
#[repr(C)]
#[derive(Default)]
struct Query {
    target: u32,
    attach_type: u32,
    flags: u32,
    attach_flags: u32,
    program_ids: u64,
    program_count: u32,
    reserved: u32,
    program_flags: u64,
    link_ids: u64,
    link_flags: u64,
    revision: u64,
}

/// Whether a program is attached to an interface, by its index, or to an open cgroup.
fn queried(target: u32, attach_type: u32, program: u32) -> io::Result<bool> {
    let mut ids = [0_u32; MOST_PROGRAMS];
    let mut query = Query {
        target,
        attach_type,
        program_ids: ids.as_mut_ptr() as u64,
        program_count: MOST_PROGRAMS as u32,
        ..Query::default()
    };
    let size = size_of::<Query>();
    // SAFETY: the query is valid for the call and of the size that is told, and so are the ids.
    let done = unsafe { libc::syscall(libc::SYS_bpf, BPF_PROG_QUERY, &raw mut query, size) };
    if done == 0 {
        return Ok(ids.iter().take(query.program_count as usize).any(|id| *id == program));
    }
    match io::Error::last_os_error() {
        // Nothing is.
        error if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
        error => Err(error),
    }
}
