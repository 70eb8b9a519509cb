//! What an observer says of its capture: the address of its metrics in, numbers out.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

const POLL: Duration = Duration::from_millis(50);
/// An observer that has not taken all by then is measured as it is.
const PATIENCE: Duration = Duration::from_secs(3);

/// The capture's counters, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// Payload bytes seen at the hooks.
    pub seen: u64,
    /// Bytes of the ring that records took, headers included.
    pub ring: u64,
    /// Payload bytes that found no room in the ring, or were not delivered otherwise.
    pub lost: u64,
    /// Payload bytes that nobody saw.
    pub gaps: u64,
    /// Payload bytes that the observer still had to look at when it was asked, although it was given time.
    #[serde(default)]
    pub pending: u64,
}

impl Captured {
    /// What came since an earlier moment. What was pending at either is told: its cost may be in another
    /// run.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            seen: self.seen.saturating_sub(before.seen),
            ring: self.ring.saturating_sub(before.ring),
            lost: self.lost.saturating_sub(before.lost),
            gaps: self.gaps.saturating_sub(before.gaps),
            pending: self.pending.max(before.pending),
        }
    }

    fn read(text: &str) -> Self {
        Self {
            seen: total(text, "stream_payload_bytes_total", ""),
            ring: total(text, "capture_ring_bytes_total", ""),
            lost: total(text, "capture_lost_bytes_total", ""),
            gaps: total(text, "stream_gap_bytes_total", ""),
            pending: total(text, "stream_bytes_total", "{fate=\"pending\"}"),
        }
    }
}

/// Whether the observer captures.
pub fn is_ready(address: SocketAddr) -> bool {
    get(address, "/readyz").is_ok()
}

/// The counters once the observer has taken all that is in its ring.
pub fn settled(address: SocketAddr) -> Result<Captured> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let captured = Captured::read(&get(address, "/metrics")?);
        if captured.pending == 0 || Instant::now() > deadline {
            return Ok(captured);
        }
        thread::sleep(POLL);
    }
}

fn get(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "the observer said {head}");
    Ok(body.to_owned())
}

/// The sum of a metric's samples whose labels begin so.
fn total(text: &str, name: &str, labels: &str) -> u64 {
    let samples = text.lines().filter_map(|line| {
        let rest = line.strip_prefix("kafka_observer_")?.strip_prefix(name)?;
        let (had, value) = rest.rsplit_once(' ')?;
        // Not of a metric with a longer name.
        let is_its = had.is_empty() || had.starts_with('{');
        (is_its && had.starts_with(labels)).then(|| value.parse::<f64>().ok())?
    });
    samples.sum::<f64>() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# HELP kafka_observer_capture_ring_bytes_total Bytes.
kafka_observer_capture_ring_bytes_total 1000
kafka_observer_capture_lost_bytes_total{reason=\"ring_full\"} 5
kafka_observer_capture_lost_bytes_total{reason=\"oversize\"} 2
kafka_observer_stream_bytes_total{fate=\"decoded\"} 90
kafka_observer_stream_bytes_total{fate=\"pending\"} 3
kafka_observer_stream_payload_bytes_total 1e3
";

    #[test]
    fn samples_of_a_metric_are_summed() {
        let captured = Captured::read(TEXT);
        let expected = Captured { seen: 1000, ring: 1000, lost: 7, gaps: 0, pending: 3 };
        assert_eq!(captured, expected);
        let nothing = Captured { pending: 3, ..Captured::default() };
        assert_eq!(captured.since(&captured), nothing, "it still is");
        let before = Captured { pending: 0, ..captured };
        assert_eq!((captured.since(&before), before.since(&captured)), (nothing, nothing));
    }
}
