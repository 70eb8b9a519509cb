//! A classifier that says the same of every packet: its verdict and an interface in; a program of two
//! instructions at what leaves that, out (bpf(2)).

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, Result, bail};

const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_OBJ_PIN: libc::c_long = 6;
const BPF_LINK_CREATE: libc::c_long = 28;
const BPF_PROG_TYPE_SCHED_CLS: u32 = 3;
const BPF_TCX_EGRESS: u32 = 47;

/// The program. It is gone when this and what attaches it are dropped, however the process ends: their
/// descriptors, like all of BPF's, do not pass to the programs that it starts.
#[derive(Debug)]
pub struct Classifier(OwnedFd);

/// The fields of `union bpf_attr` that loading takes.
#[repr(C)]
struct ToLoad {
    kind: u32,
    instructions: u32,
    code: *const u64,
    license: *const libc::c_char,
    rest: [u64; 12],
}

/// Those that linking takes.
#[repr(C)]
struct ToLink {
    program: i32,
    interface: u32,
    attach_type: u32,
    flags: u32,
    rest: [u64; 6],
}

/// Those that pinning takes.
#[repr(C)]
struct ToPin {
    path: *const libc::c_char,
    program: i32,
    flags: u32,
}

impl Classifier {
    /// The next program is asked, and if there is none, the packet goes on (TCX_NEXT).
    pub const NEXT: u32 = u32::MAX;
    /// The packet goes on, and no further program sees it (TCX_PASS, TC_ACT_OK).
    pub const PASS: u32 = 0;

    /// One that says this. Takes root.
    pub fn new(verdict: u32) -> Result<Self> {
        // r0 = verdict; exit
        let code = [u64::from(verdict) << 32 | 0xb7, 0x95];
        let license = c"GPL";
        let mut load = ToLoad {
            kind: BPF_PROG_TYPE_SCHED_CLS,
            instructions: 2,
            code: code.as_ptr(),
            license: license.as_ptr(),
            rest: [0; 12],
        };
        ask(BPF_PROG_LOAD, &mut load).map(Self).context("a BPF program was not loaded")
    }

    /// Attaches it by tcx to what leaves an interface of the thread's network namespace, until what is
    /// returned is dropped.
    pub fn attach(&self, interface: &str) -> Result<OwnedFd> {
        let name = CString::new(interface)?;
        // SAFETY: the name ends with a zero byte.
        let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
        if index == 0 {
            bail!("there is no interface {interface}");
        }
        let (program, attach_type) = (self.0.as_raw_fd(), BPF_TCX_EGRESS);
        let mut link = ToLink { program, interface: index, attach_type, flags: 0, rest: [0; 6] };
        ask(BPF_LINK_CREATE, &mut link)
            .map_err(lacking)
            .with_context(|| format!("no program at {interface}"))
    }

    /// Gives it a name in a BPF file system.
    pub fn pin(&self, path: &Path) -> Result<()> {
        let name = CString::new(path.as_os_str().as_encoded_bytes())?;
        let mut pin = ToPin { path: name.as_ptr(), program: self.0.as_raw_fd(), flags: 0 };
        call(BPF_OBJ_PIN, &mut pin).with_context(|| format!("cannot pin {}", path.display()))?;
        Ok(())
    }
}

/// What the kernel lacks that refuses a link so.
fn lacking(error: io::Error) -> anyhow::Error {
    // It does not know the kind of hook.
    let is_unknown = error.raw_os_error() == Some(libc::EINVAL);
    let error = anyhow::Error::from(error);
    if is_unknown { error.context("this kernel has no tcx; Linux 6.6 has") } else { error }
}

fn ask<T>(command: libc::c_long, attributes: &mut T) -> io::Result<OwnedFd> {
    let descriptor = call(command, attributes)?;
    // SAFETY: the descriptor is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn call<T>(command: libc::c_long, attributes: &mut T) -> io::Result<i32> {
    // SAFETY: the attributes are valid for the call, and of the size that is told.
    let done = unsafe {
        libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>())
    };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(done as i32) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_without_tcx_is_told_so() {
        let said = |errno| format!("{:#}", lacking(io::Error::from_raw_os_error(errno)));
        assert!(said(libc::EINVAL).starts_with("this kernel has no tcx"), "{}", said(libc::EINVAL));
        assert!(!said(libc::EPERM).contains("tcx"));
    }
}
