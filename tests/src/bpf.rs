//! Asking the kernel for BPF programs (bpf(2)).

use std::io;

const BPF_PROG_GET_NEXT_ID: libc::c_long = 11;

/// The fields of `union bpf_attr` that the question takes.
#[repr(C)]
#[derive(Default)]
struct Next {
    after: u32,
    id: u32,
    flags: u32,
}

/// Number of programs in the kernel, whoever loaded them. Takes root.
pub fn programs() -> io::Result<usize> {
    let (mut count, mut next) = (0, Next::default());
    loop {
        let size = size_of::<Next>();
        // SAFETY: the question is valid for the call, and of the size that is told.
        let done =
            unsafe { libc::syscall(libc::SYS_bpf, BPF_PROG_GET_NEXT_ID, &raw mut next, size) };
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            _ if done == 0 => (count, next.after) = (count + 1, next.id),
            Some(libc::ENOENT) => return Ok(count),
            _ => return Err(error),
        }
    }
}
