//! How many files may be open: each hook of tcx is one, and a host may have thousands of interfaces.

use std::io;

use super::error::Error;

/// What capture and its HTTP server take, on a host with few interfaces.
const LEAST: u64 = 128;

/// Allows this process as many open files as it may allow itself; an error where they are too few.
pub fn allow_files() -> Result<(), Error> {
    let limit = allow().map_err(Error::system("raising the limit of open files"))?;
    if limit < LEAST { Err(Error::FewFiles { limit, least: LEAST }) } else { Ok(()) }
}

fn allow() -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is valid for the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if limit.rlim_cur < limit.rlim_max {
        limit.rlim_cur = limit.rlim_max;
        // SAFETY: likewise.
        if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(limit.rlim_cur)
}
