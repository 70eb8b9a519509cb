//! Writing that never makes its caller wait: chunks in, a thread of its own writes them.
//!
//! What does not fit into the bounded queue is refused, and for the caller to count. A reader that
//! has stopped reading blocks the thread only, and at the end a while of patience.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long no byte may be written before the reader counts as stuck.
const STUCK_AFTER: Duration = Duration::from_secs(2);
/// How long the end may take where the reader is merely slow.
const END_WITHIN: Duration = Duration::from_secs(5);

/// A bounded queue, and the thread that writes what is in it.
#[derive(Clone)]
pub struct Background {
    shared: Arc<Shared>,
    capacity: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Chunk>,
    /// Bytes in the queue, what is being written included.
    queued: usize,
    /// Bytes that were written.
    written: u64,
    /// Items whose last byte was written.
    items: u64,
    error: Option<io::Error>,
    ended: bool,
}

struct Chunk {
    bytes: Vec<u8>,
    items: u64,
}

/// What became of all that was taken.
#[derive(Debug)]
pub struct Ending {
    /// Items that were written whole.
    pub items: u64,
    /// Why no more could be written.
    pub error: Option<io::Error>,
}

impl Background {
    /// Starts the thread, which calls `failed` where writing fails. `capacity` in bytes.
    pub fn start(
        out: impl Write + Send + 'static,
        capacity: usize,
        failed: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let writer = shared.clone();
        let work = move || {
            if let Err(error) = writer.write_all(out) {
                writer.state().error = Some(error);
                failed();
            }
            writer.state().ended = true;
            writer.changed.notify_all();
        };
        thread::Builder::new().name("output".to_owned()).spawn(work)?;
        Ok(Self { shared, capacity })
    }

    /// Takes a chunk of so many items, unless there is no room for it.
    pub fn offer(&self, bytes: Vec<u8>, items: u64) -> bool {
        let mut state = self.shared.state();
        let queued = state.queued.saturating_add(bytes.len());
        if queued > self.capacity || state.ended {
            return false;
        }
        state.queued = queued;
        state.queue.push_back(Chunk { bytes, items });
        drop(state);
        self.shared.changed.notify_all();
        true
    }

    /// Waits until all is written, or there is no use in waiting any longer.
    pub fn finish(&self) -> Ending {
        let deadline = Instant::now() + END_WITHIN;
        let mut state = self.shared.state();
        while state.queued > 0 && !state.ended && Instant::now() < deadline {
            let written = state.written;
            let is_still =
                |state: &mut State| state.queued > 0 && !state.ended && state.written == written;
            let waited = self.shared.changed.wait_timeout_while(state, STUCK_AFTER, is_still);
            let (after, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = after;
            if timeout.timed_out() {
                break;
            }
        }
        Ending { items: state.items, error: state.error.take() }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what comes, until that fails.
    fn write_all(&self, mut out: impl Write) -> io::Result<()> {
        loop {
            let chunk = self.next();
            let mut rest = &*chunk.bytes;
            while !rest.is_empty() {
                let count = match out.write(rest) {
                    Ok(0) => return Err(ErrorKind::WriteZero.into()),
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    count => count?,
                };
                rest = rest.get(count..).unwrap_or_default();
                self.note(count, if rest.is_empty() { chunk.items } else { 0 });
            }
        }
    }

    fn next(&self) -> Chunk {
        let mut state = self.state();
        loop {
            if let Some(chunk) = state.queue.pop_front() {
                return chunk;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn note(&self, bytes: usize, items: u64) {
        let mut state = self.state();
        state.queued = state.queued.saturating_sub(bytes);
        state.written = state.written.saturating_add(bytes as u64);
        state.items = state.items.saturating_add(items);
        drop(state);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Read, pipe};
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// A queue of 1000 bytes in front of a pipe that is full.
    fn stuck() -> (Background, PipeReader) {
        let (reader, writer) = pipe().unwrap();
        let background = Background::start(writer, 1 << 20, || {}).unwrap();
        assert!(background.offer(vec![b'x'; 1 << 20], 1));
        (Background { capacity: (1 << 20) + 1000, ..background }, reader)
    }

    #[test]
    fn what_is_taken_is_written_in_order() {
        let (mut reader, writer) = pipe().unwrap();
        let background = Background::start(writer, 100, || {}).unwrap();
        assert!(background.offer(b"one".to_vec(), 1) && background.offer(b"two".to_vec(), 2));
        let ending = background.finish();
        assert_eq!((ending.items, ending.error.is_none()), (3, true));
        let mut said = [0; 6];
        reader.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"onetwo");
    }

    #[test]
    fn a_reader_that_is_stuck_makes_nobody_wait_for_long() {
        let (background, _reader) = stuck();
        let before = Instant::now();
        while background.offer(vec![b'y'; 100], 1) {}
        assert!(before.elapsed() < STUCK_AFTER, "offering waited");
        let ending = background.finish();
        assert_eq!((ending.items, ending.error.is_none()), (0, true));
    }

    #[test]
    fn a_reader_that_goes_on_gets_all() {
        let (background, mut reader) = stuck();
        assert!(background.offer(vec![b'y'; 100], 7));
        let reading = thread::spawn(move || {
            let mut all = vec![0; (1 << 20) + 100];
            reader.read_exact(&mut all).unwrap();
            all
        });
        assert_eq!(background.finish().items, 8);
        assert!(reading.join().unwrap().ends_with(&[b'y'; 100]));
    }

    #[test]
    fn a_reader_that_is_gone_is_told_at_once() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let told = Arc::new(AtomicBool::new(false));
        let tell = told.clone();
        let failed = move || tell.store(true, Ordering::Relaxed);
        let background = Background::start(writer, 100, failed).unwrap();
        background.offer(b"one".to_vec(), 1);
        let ending = background.finish();
        assert_eq!(ending.error.unwrap().kind(), ErrorKind::BrokenPipe);
        assert!(told.load(Ordering::Relaxed) && !background.offer(Vec::new(), 0));
    }
}
