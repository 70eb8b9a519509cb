//! A replay that is fed through standard input: segments in; the metrics at the end, and the most
//! memory that it took, out.

use std::io::{BufWriter, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use wait4::Wait4;

use crate::binary;
use crate::capture_writer::{Conversation, Frame, Link, Order, TcpSegment, Unit, pcap};
use crate::oracle::Metrics;

const LINK: Link = Link::Ethernet(&[]);
/// Length of a pcap file's header, which a stream begins with once.
const FILE_HEADER_LEN: usize = 24;

/// How long the memory of a replay that waits must not change.
const STILL: Duration = Duration::from_millis(500);

/// A connection, of very many that differ, to a broker on port 9092.
pub fn conversation(number: u32) -> Conversation {
    let client = Ipv4Addr::from(0x0a00_0000 + (number >> 14));
    let port = 20_000 + (number & 0x3fff) as u16;
    let time_ns = 1_700_000_000_000_000_000 + u64::from(number) * 10_000;
    let broker = SocketAddr::from(([192, 168, 0, 1], 9092));
    Conversation::new(SocketAddr::from((client, port)), broker, time_ns, 1_000)
}

/// Replays the segments, of brokers on port 9092. The memory is the largest resident set in bytes.
pub fn replay(segments: impl IntoIterator<Item = TcpSegment>) -> Result<(Metrics, u64)> {
    let mut process = start()?;
    let mut output = process.stdout.take().context("no standard output")?;
    let reader = thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).map(|_| text)
    });
    drop(feed(&mut process, segments)?);
    let ended = process.wait4()?;
    let text = reader.join().map_err(|_| anyhow!("the reader panicked"))??;
    if !ended.status.success() {
        bail!("the observer: {}", ended.status);
    }
    Ok((Metrics::parse(&text)?, ended.rusage.maxrss))
}

/// The memory in bytes that is resident once all segments have been read, while more may come.
pub fn resident(segments: impl IntoIterator<Item = TcpSegment>) -> Result<u64> {
    let mut process = start()?;
    let input = feed(&mut process, segments)?;
    let resident = once_still(|| field(process.id(), "status", "VmRSS:"))?;
    drop(input);
    let ended = process.wait_with_output()?.status;
    if !ended.success() {
        bail!("the observer: {ended}");
    }
    Ok(resident)
}

/// The memory in bytes that a process has for itself, without files and rings, once that stays the same.
pub fn anonymous(process: u32) -> Result<u64> {
    once_still(|| field(process, "smaps_rollup", "Anonymous:"))
}

fn once_still(read: impl Fn() -> Result<u64>) -> Result<u64> {
    let (mut last, mut since) = (0, Instant::now());
    while since.elapsed() < STILL {
        thread::sleep(STILL / 50);
        let now = read()?;
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    Ok(last)
}

fn field(process: u32, file: &str, field: &'static str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/{file}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib: u64 = line.context(field)?.trim().trim_end_matches(" kB").parse()?;
    Ok(kib << 10)
}

fn start() -> Result<Child> {
    binary::command()?
        .args(["replay", "--ports", "9092", "-o", "metrics", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run the observer")
}

/// Writes the segments; who drops what is returned says that there are no more.
fn feed(
    process: &mut Child,
    segments: impl IntoIterator<Item = TcpSegment>,
) -> Result<BufWriter<ChildStdin>> {
    let mut input = BufWriter::new(process.stdin.take().context("no standard input")?);
    input.write_all(&file(&[]))?;
    for segment in segments {
        let record = file(&[Frame::of(LINK, &segment)]);
        input.write_all(record.get(FILE_HEADER_LEN..).unwrap_or_default())?;
    }
    input.flush()?;
    Ok(input)
}

fn file(frames: &[Frame]) -> Vec<u8> {
    pcap(Order::Little, Unit::Nanosecond, LINK.number(), frames)
}
