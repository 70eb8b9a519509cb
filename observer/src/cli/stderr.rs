//! Standard error that makes nobody wait for a reader that is stuck: what cannot be written in time
//! is left out.

use std::io::{self, Write};
#[cfg(feature = "live")]
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// What a pipe takes at once where it takes anything (pipe(7): PIPE_BUF).
const PIECE: usize = 4096;

/// Standard error.
pub struct Stderr {
    patience: Duration,
}

impl Stderr {
    /// For logs, which a thread that must not wait may write.
    pub fn at_once() -> Self {
        Self { patience: Duration::ZERO }
    }

    /// For what a person should read: waits for room, a while.
    pub fn patient() -> Self {
        Self { patience: Duration::from_secs(1) }
    }
}

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut stderr = io::stderr().lock();
        for piece in bytes.chunks(PIECE) {
            if !has_room(&stderr, self.patience) {
                break;
            }
            stderr.write_all(piece)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a piece can be written without waiting longer than that.
#[cfg(feature = "live")]
fn has_room(out: &impl AsFd, patience: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let fd: BorrowedFd<'_> = out.as_fd();
    let patience = Timespec::try_from(patience).ok();
    let ready = poll(&mut [PollFd::new(&fd, PollFlags::OUT)], patience.as_ref());
    // Where that cannot be told, writing tells.
    ready.map_or(true, |ready| ready > 0)
}

/// A replay waits for its readers.
#[cfg(not(feature = "live"))]
fn has_room<W>(_out: &W, _patience: Duration) -> bool {
    true
}

#[cfg(all(test, feature = "live"))]
mod tests {
    use std::io::pipe;

    use super::*;

    #[test]
    fn a_pipe_has_room_until_it_is_full() {
        let (_reader, mut writer) = pipe().unwrap();
        let mut pieces = 0;
        while has_room(&writer, Duration::ZERO) {
            writer.write_all(&[0; PIECE]).unwrap();
            pieces += 1;
        }
        assert!(pieces > 1);
        assert!(!has_room(&writer, Duration::from_millis(1)));
    }
}
