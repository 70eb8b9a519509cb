//! A replay that is fed through standard input: segments in; the metrics at the end, and the most
//! memory that it took, out.

use std::io::{BufWriter, Read, Write};
use std::process::{Child, Stdio};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use wait4::Wait4;

use crate::binary;
use crate::capture_writer::{Frame, Link, Order, TcpSegment, Unit, pcap};
use crate::oracle::Metrics;

const LINK: Link = Link::Ethernet(&[]);
/// Length of a pcap file's header, which a stream begins with once.
const FILE_HEADER_LEN: usize = 24;

/// Replays the segments, of brokers on port 9092. The memory is the largest resident set in bytes.
pub fn replay(segments: impl IntoIterator<Item = TcpSegment>) -> Result<(Metrics, u64)> {
    let mut process = binary::command()?
        .args(["replay", "--ports", "9092", "-o", "metrics", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run the observer")?;
    let mut output = process.stdout.take().context("no standard output")?;
    let reader = thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).map(|_| text)
    });
    feed(&mut process, segments)?;
    let ended = process.wait4()?;
    let text = reader.join().map_err(|_| anyhow!("the reader panicked"))??;
    if !ended.status.success() {
        bail!("the observer: {}", ended.status);
    }
    Ok((Metrics::parse(&text)?, ended.rusage.maxrss))
}

fn feed(process: &mut Child, segments: impl IntoIterator<Item = TcpSegment>) -> Result<()> {
    let mut input = BufWriter::new(process.stdin.take().context("no standard input")?);
    input.write_all(&file(&[]))?;
    for segment in segments {
        let record = file(&[Frame::of(LINK, &segment)]);
        input.write_all(record.get(FILE_HEADER_LEN..).unwrap_or_default())?;
    }
    Ok(input.flush()?)
}

fn file(frames: &[Frame]) -> Vec<u8> {
    pcap(Order::Little, Unit::Nanosecond, LINK.number(), frames)
}
