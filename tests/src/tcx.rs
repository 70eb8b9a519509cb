//! Asking the kernel for tcx programs (BPF_PROG_QUERY of bpf(2)).

use std::ffi::CString;

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

/// Number of tcx programs on an interface of the thread's network namespace.
///
/// # Panics
/// Where the kernel refuses to say.
pub fn attached(interface: &str) -> u32 {
    let name = CString::new(interface).unwrap();
    // SAFETY: the name ends with a zero byte.
    let ifindex = unsafe { libc::if_nametoindex(name.as_ptr()) };
    assert_ne!(ifindex, 0, "there is no interface {interface}");
    DIRECTIONS.into_iter().map(|attach_type| count(ifindex, attach_type)).sum()
}

fn count(ifindex: u32, attach_type: u32) -> u32 {
    let mut query = Query { ifindex, attach_type, ..Query::default() };
    let size = size_of::<Query>();
    // SAFETY: the query is valid for the call, and of the size that is told.
    let done = unsafe { libc::syscall(libc::SYS_bpf, BPF_PROG_QUERY, &raw mut query, size) };
    let error = std::io::Error::last_os_error();
    match error.raw_os_error() {
        _ if done == 0 => query.program_count,
        Some(libc::ENOENT) => 0,
        _ => panic!("querying tcx programs takes root: {error}"),
    }
}
