//! Asking the kernel for tcx programs (BPF_PROG_QUERY of bpf(2)).

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

const BPF_PROG_QUERY: libc::c_long = 16;
/// BPF_TCX_INGRESS and BPF_TCX_EGRESS of linux/bpf.h.
const DIRECTIONS: [u32; 2] = [46, 47];

/// The fields of `union bpf_attr` that the query takes.
#[repr(C)]
#[derive(Default)]
struct Query {
    ifindex: u32,
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

const BPF_LINK_GET_FD_BY_ID: libc::c_long = 30;
const BPF_LINK_DETACH: libc::c_long = 34;
/// The most links that an interface has in a direction (linux/bpf_mprog.h).
const MOST: usize = 64;

/// Detaches all tcx links of an interface of the thread's network namespace, whoever attached them.
///
/// # Panics
/// Where the kernel refuses.
pub fn detach_all(interface: &str) {
    let ifindex = index(interface);
    for attach_type in DIRECTIONS {
        let (mut ids, mut programs) = ([0_u32; MOST], [0_u32; MOST]);
        let mut query = Query {
            ifindex,
            attach_type,
            program_count: MOST as u32,
            link_ids: ids.as_mut_ptr() as u64,
            program_ids: programs.as_mut_ptr() as u64,
            ..Query::default()
        };
        // None are attached where that fails.
        let _ = bpf(BPF_PROG_QUERY, &mut query);
        for id in ids.into_iter().take_while(|id| *id != 0) {
            detach(id);
        }
    }
}

/// Detaches a link, of whatever kind, by its id.
///
/// # Panics
/// Where the kernel refuses.
pub fn detach(link: u32) {
    let fd = bpf(BPF_LINK_GET_FD_BY_ID, &mut [link, 0, 0]).unwrap();
    // SAFETY: the descriptor is new, and nobody else's.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    bpf(BPF_LINK_DETACH, &mut [fd.as_raw_fd()]).unwrap();
}

fn bpf<T>(command: libc::c_long, attributes: &mut T) -> io::Result<i32> {
    // SAFETY: the attributes are valid for the call, and of the size that is told.
    let done = unsafe {
        libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>())
    };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(done as i32) }
}

/// Number of tcx programs on an interface of the thread's network namespace.
///
/// # Panics
/// Where the kernel refuses to say.
pub fn attached(interface: &str) -> u32 {
    let ifindex = index(interface);
    DIRECTIONS.into_iter().map(|attach_type| count(ifindex, attach_type)).sum()
}

fn index(interface: &str) -> u32 {
    let name = CString::new(interface).unwrap();
    // SAFETY: the name ends with a zero byte.
    let ifindex = unsafe { libc::if_nametoindex(name.as_ptr()) };
    assert_ne!(ifindex, 0, "there is no interface {interface}");
    ifindex
}

fn count(ifindex: u32, attach_type: u32) -> u32 {
    let mut query = Query { ifindex, attach_type, ..Query::default() };
    match bpf(BPF_PROG_QUERY, &mut query) {
        Ok(_) => query.program_count,
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => 0,
        Err(error) => panic!("querying tcx programs takes root: {error}"),
    }
}
