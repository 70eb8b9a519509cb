//! A live capture in the background, and what it saw by direction.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::ops::Deref;
use std::process::{ChildStdout, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use observer::input::{Flow, Input, Seq, SocketEvent, TcpFlags};
use observer::source::live::Config;

use crate::netns::Namespace;
use crate::running::Running;

/// A capture of one port on these interfaces.
pub fn watching(port: u16, interfaces: &[&str]) -> Config {
    Config {
        ports: [port..=port].into_iter().collect(),
        interfaces: interfaces.iter().map(|&name| name.to_owned()).collect(),
        ..Config::default()
    }
}

/// A running capture.
pub struct Recorder(Running<Seen>);

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
    /// Payload bytes of the record that covers most.
    pub largest: u32,
    first: Option<Seq>,
}

impl Recorder {
    /// Starts a capture.
    ///
    /// # Panics
    /// Where it does not start; it takes root.
    pub fn start(config: &Config) -> Self {
        Self(Running::start(config, |capture, stop, seen| {
            capture.run(stop, |input| note(seen, &input));
        }))
    }

    /// What was seen by now.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn seen(&self) -> Seen {
        self.look(Seen::clone)
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
            assert!(Instant::now() < deadline, "still not so: {what}; {}", seen.summary());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until both ends of a connection have closed.
    ///
    /// # Panics
    /// Where that takes longer than ten seconds.
    pub fn until_closed(&self, flow: Flow) -> Seen {
        self.wait_until("both ends have closed", |seen| {
            let closed = |flow| seen.streams.get(flow).is_some_and(|s| s.has(TcpFlags::FIN));
            closed(&flow) && closed(&flow.reversed())
        })
    }

    /// Ends the capture; what it saw to the end.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn finish(self) -> Seen {
        self.0.finish()
    }
}

impl Deref for Recorder {
    type Target = Running<Seen>;

    fn deref(&self) -> &Running<Seen> {
        &self.0
    }
}

impl Seen {
    fn summary(&self) -> String {
        let streams = self.streams.iter().map(|(flow, stream)| {
            let Stream { wire_bytes, segments, flags, .. } = stream;
            format!(
                "{} > {}: {wire_bytes} bytes, {segments} records, flags {flags:#x}",
                flow.src, flow.dst
            )
        });
        streams.collect::<Vec<_>>().join("; ")
    }
}

/// A capture in a process of its own, as `src/bin/capture.rs` runs it.
pub struct Child {
    process: std::process::Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// Starts it in a namespace, and waits until it has.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start(namespace: &Namespace, program: &str, arguments: &[&str]) -> Self {
        let mut command = namespace.command(program);
        let mut process = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut child = Self { process, lines };
        child.wait_for("started");
        child
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits until it says this.
    ///
    /// # Panics
    /// Where it ends before.
    pub fn wait_for(&mut self, said: &str) {
        let found = self.lines.find(|line| line.as_ref().is_ok_and(|line| line == said));
        assert!(found.is_some(), "the capture ended without saying \"{said}\"");
    }

    /// Kills it (SIGKILL).
    ///
    /// # Panics
    /// Where it has ended already.
    pub fn kill(mut self) {
        assert!(self.process.try_wait().unwrap().is_none(), "the capture has ended by itself");
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Killed before, mostly.
        let _ = self.process.kill();
        let _ = self.process.wait();
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
        Input::Tick(_) | Input::WallClock(_) => {}
        Input::Socket(event) => seen.sockets.push(*event),
        Input::Segment(segment) => {
            seen.segments += 1;
            seen.wire_bytes += u64::from(segment.wire_len);
            let stream = seen.streams.entry(segment.flow).or_default();
            stream.segments += 1;
            stream.largest = stream.largest.max(segment.wire_len);
            stream.wire_bytes += u64::from(segment.wire_len);
            stream.flags |= segment.flags.0;
            if segment.wire_len == 0 {
                return;
            }
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
