//! The command line: what is printed, what is said when something is wrong, and the exit codes.

#[cfg(feature = "live")]
mod attachment;
mod audit;
#[cfg(feature = "live")]
mod live;
mod metrics;
mod output;
#[cfg(feature = "live")]
mod ports;
#[cfg(feature = "live")]
mod stuck;
mod usage;

use std::ffi::OsStr;
use std::io::Write;
use std::process::Output;

use tempfile::NamedTempFile;
use tests::binary;
use tests::capture_writer::{Conversation, Frame, Link, Order, Unit, pcap};

/// 2026-01-02T03:04:05Z.
const START_NS: u64 = 1_767_323_045_000_000_000;
const STEP_NS: u64 = 1_000_000;

/// What a run of the observer came to.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the observer to its end.
fn observer<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    binary::run(arguments).unwrap().into()
}

/// Runs it on a capture in a file.
fn replay(capture: &[u8], arguments: &[&str]) -> Run {
    let file = file(capture);
    let path = file.path().to_str().unwrap();
    observer([&["replay", path], arguments].concat())
}

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// Two ApiVersions requests of a client; the second is not answered.
fn capture(client_id: &str) -> Vec<u8> {
    let mut body = Vec::from(18i16.to_be_bytes());
    body.extend(0i16.to_be_bytes());
    let request = |correlation_id: i32| {
        let mut request = body.clone();
        request.extend(correlation_id.to_be_bytes());
        request.extend((client_id.len() as i16).to_be_bytes());
        request.extend(client_id.as_bytes());
        framed(&request)
    };
    let response = framed(&[&7i32.to_be_bytes()[..], &[0; 6]].concat());
    let segments = Conversation::new(
        "10.0.0.1:40000".parse().unwrap(),
        "10.0.0.2:9092".parse().unwrap(),
        START_NS,
        STEP_NS,
    )
    .open()
    .request(&request(7))
    .response(&response)
    .request(&request(8))
    .segments();
    let link = Link::Ethernet(&[]);
    let frames: Vec<_> = segments.iter().map(|segment| Frame::of(link, segment)).collect();
    pcap(Order::Little, Unit::Nanosecond, link.number(), &frames)
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as i32).to_be_bytes()[..], message].concat()
}

/// One sentence on standard error, nothing on standard output, and the code.
#[track_caller]
fn assert_refused(run: &Run, code: i32, sentence: &str) {
    assert_eq!(run.stderr, format!("kafka-observer: {sentence}\n"));
    assert_eq!((run.code, run.stdout.as_str()), (Some(code), ""));
}
