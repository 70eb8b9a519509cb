//! A live capture in the background, and what it saw by direction.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use observer::input::{Flow, Input, Seq, SocketEvent, TcpFlags};
use observer::source::live::{Capture, Config, Handle};

/// A running capture.
pub struct Recorder {
    /// The capture's handle.
    pub handle: Handle,
    seen: Arc<Mutex<Seen>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// What a capture saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// By direction.
    pub streams: BTreeMap<Flow, Stream>,
    /// What sockets told.
    pub sockets: Vec<SocketEvent>,
    /// Records of segments.
    pub segments: u64,
    /// Payload bytes that segment records covered.
    pub wire_bytes: u64,
}

/// A direction of a connection.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// Copied bytes at their offset from the first number; bytes not copied are zero.
    pub bytes: Vec<u8>,
    /// Payload bytes covered, each time they were seen.
    pub wire_bytes: u64,
    /// All flags seen.
    pub flags: u8,
    /// Records.
    pub segments: u64,
    first: Option<Seq>,
}

impl Recorder {
    /// Starts a capture.
    ///
    /// # Panics
    /// Where it does not start; it takes root.
    pub fn start(config: &Config) -> Self {
        let config = Config { drop_privileges: false, ..config.clone() };
        let capture = Capture::start(&config).unwrap_or_else(|error| {
            panic!("this test captures for real, and so takes root: {error}")
        });
        let (seen, stop) = (Arc::new(Mutex::default()), Arc::new(AtomicBool::new(false)));
        let handle = capture.handle();
        let thread = {
            let (seen, stop) = (seen.clone(), stop.clone());
            std::thread::spawn(move || capture.run(&stop, |input| note(&seen, &input)))
        };
        Self { handle, seen, stop, thread }
    }

    /// What was seen by now.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until what was seen is as it should be.
    ///
    /// # Panics
    /// Where that takes longer than ten seconds.
    pub fn wait_until(&self, what: &str, is_so: impl Fn(&Seen) -> bool) -> Seen {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let seen = self.seen();
            if is_so(&seen) {
                return seen;
            }
            assert!(Instant::now() < deadline, "still not so: {what}; {seen:#?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends the capture; what it saw to the end.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn finish(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.seen.lock().unwrap().clone()
    }
}

impl Stream {
    /// Whether any of these flags was seen.
    pub fn has(&self, flags: TcpFlags) -> bool {
        TcpFlags(self.flags).has(flags)
    }
}

fn note(seen: &Mutex<Seen>, input: &Input<'_>) {
    let mut seen = seen.lock().unwrap();
    match input {
        Input::Tick(_) => {}
        Input::Socket(event) => seen.sockets.push(*event),
        Input::Segment(segment) => {
            seen.segments += 1;
            seen.wire_bytes += u64::from(segment.wire_len);
            let stream = seen.streams.entry(segment.flow).or_default();
            stream.segments += 1;
            stream.wire_bytes += u64::from(segment.wire_len);
            stream.flags |= segment.flags.0;
            let first = *stream.first.get_or_insert(segment.seq);
            let Ok(start) = usize::try_from(segment.seq.since(first)) else { return };
            let end = start + segment.wire_len as usize;
            if stream.bytes.len() < end {
                stream.bytes.resize(end, 0);
            }
            for chunk in segment.chunks {
                let at = start + chunk.offset as usize;
                stream.bytes[at..at + chunk.bytes.len()].copy_from_slice(chunk.bytes);
            }
        }
    }
}
