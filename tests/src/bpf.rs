//! Asking the kernel for BPF programs, and giving it one (bpf(2)).

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_OBJ_PIN: libc::c_long = 6;
const BPF_PROG_GET_NEXT_ID: libc::c_long = 11;
const BPF_LINK_CREATE: libc::c_long = 28;
const BPF_PROG_TYPE_SCHED_CLS: u32 = 3;
const BPF_TCX_EGRESS: u32 = 47;

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

/// A classifier that says the same of every packet.
pub struct Verdict(OwnedFd);

/// The fields of `union bpf_attr` that loading takes.
#[repr(C)]
struct Load {
    kind: u32,
    instructions: u32,
    code: *const u64,
    license: *const libc::c_char,
    rest: [u64; 12],
}

/// Those that linking takes.
#[repr(C)]
struct Link {
    program: i32,
    interface: u32,
    attach_type: u32,
    flags: u32,
    rest: [u64; 6],
}

/// Those that pinning takes.
#[repr(C)]
struct Pin {
    path: *const libc::c_char,
    program: i32,
    flags: u32,
}

impl Verdict {
    /// One that says this. Takes root.
    ///
    /// # Panics
    /// Where the kernel refuses it.
    pub fn new(verdict: u32) -> Self {
        // r0 = verdict; exit
        let code = [u64::from(verdict) << 32 | 0xb7, 0x95];
        let license = CString::new("GPL").unwrap();
        let mut load = Load {
            kind: BPF_PROG_TYPE_SCHED_CLS,
            instructions: 2,
            code: code.as_ptr(),
            license: license.as_ptr(),
            rest: [0; 12],
        };
        Self(ask(BPF_PROG_LOAD, &mut load))
    }

    /// Attaches it to what leaves an interface, until what is returned is dropped.
    ///
    /// # Panics
    /// Where the kernel refuses it.
    pub fn attach(&self, interface: &str) -> OwnedFd {
        let name = CString::new(interface).unwrap();
        // SAFETY: the name ends with a zero byte.
        let interface = unsafe { libc::if_nametoindex(name.as_ptr()) };
        let program = self.0.as_raw_fd();
        let attach_type = BPF_TCX_EGRESS;
        ask(BPF_LINK_CREATE, &mut Link { program, interface, attach_type, flags: 0, rest: [0; 6] })
    }

    /// Gives it a name in a BPF file system.
    ///
    /// # Panics
    /// Where the kernel refuses it.
    pub fn pin(&self, path: &Path) {
        let path = CString::new(path.to_str().unwrap()).unwrap();
        let mut pin = Pin { path: path.as_ptr(), program: self.0.as_raw_fd(), flags: 0 };
        assert_eq!(call(BPF_OBJ_PIN, &mut pin), 0, "{}", io::Error::last_os_error());
    }
}

fn ask<T>(command: libc::c_long, attributes: &mut T) -> OwnedFd {
    let fd = call(command, attributes);
    assert!(fd >= 0, "bpf command {command} takes root: {}", io::Error::last_os_error());
    // SAFETY: the descriptor is new, and nobody else's.
    unsafe { OwnedFd::from_raw_fd(i32::try_from(fd).unwrap()) }
}

fn call<T>(command: libc::c_long, attributes: &mut T) -> libc::c_long {
    // SAFETY: the attributes are valid for the call, and of the size that is told.
    unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>()) }
}
