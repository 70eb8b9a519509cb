//! Real traffic, recorded by dumpcap and replayed through a pipe while it is recorded.
//!
//! Needs dumpcap and the right to capture: without them these tests fail.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use observer::input::Input;
use observer::ports::Ports;
use observer::source::replay::{Config, Replay, Stats, Streamed};
use tests::capture_writer::flags;
use tests::replayed::Seen;

/// Both fit into the first receive window, so that TCP has no reason to send anything twice.
const REQUEST_LEN: usize = 30_000;
const RESPONSE_LEN: usize = 20_000;
/// Far longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn loopback_in_pcapng() {
    let recorded = record(&["-i", "lo"]);
    recorded.assert_whole();
    assert_eq!(recorded.stats.copies, 0);
}

#[test]
fn loopback_in_pcap() {
    record(&["-P", "-i", "lo"]).assert_whole();
}

#[test]
fn loopback_snapped() {
    let recorded = record(&["-s", "90", "-i", "lo"]);
    assert_eq!(recorded.wire_bytes(REQUEST), REQUEST_LEN as u64);
    assert_eq!(recorded.wire_bytes(RESPONSE), RESPONSE_LEN as u64);
    assert!(recorded.seen.iter().all(|seen| seen.bytes.len() <= 90));
}

#[test]
fn any_as_linux_cooked() {
    record(&["-i", "any", "-y", "LINUX_SLL"]).assert_whole();
    record(&["-P", "-i", "any", "-y", "LINUX_SLL"]).assert_whole();
}

#[test]
fn any_as_linux_cooked_2() {
    record(&["-i", "any", "-y", "LINUX_SLL2"]).assert_whole();
}

#[test]
fn two_interfaces_that_show_the_same() {
    let recorded = record(&["-i", "lo", "-i", "any"]);
    recorded.assert_whole();
    assert!(recorded.stats.copies > 0);
}

/// Whether a segment is the client's.
const REQUEST: bool = true;
const RESPONSE: bool = false;

struct Recorded {
    port: u16,
    began: SystemTime,
    seen: Vec<Seen>,
    stats: Stats,
}

impl Recorded {
    fn of(&self, side: bool) -> impl Iterator<Item = &Seen> {
        let is_request = |seen: &Seen| seen.flow.dst.port == self.port;
        self.seen.iter().filter(move |seen| is_request(seen) == side)
    }

    fn wire_bytes(&self, side: bool) -> u64 {
        self.of(side).map(|seen| u64::from(seen.wire_len)).sum()
    }

    /// Payload by sequence number. The exchange is short, so its numbers are put in order by their
    /// distance from the first.
    fn payload(&self, side: bool) -> Vec<u8> {
        let first = self.of(side).next().unwrap().seq;
        let ordered: BTreeMap<u32, &[u8]> = self
            .of(side)
            .filter(|seen| !seen.bytes.is_empty())
            .map(|seen| (seen.seq.wrapping_sub(first), &seen.bytes[..]))
            .collect();
        ordered.into_values().flatten().copied().collect()
    }

    /// What was seen, for a test that fails.
    fn describe(&self) -> String {
        let line = |seen: &Seen| {
            let Seen { time_ns, flow, seq, flags, wire_len, .. } = seen;
            format!("{time_ns:?} {} seq {seq} flags {flags:x} len {wire_len}\n", flow.src)
        };
        let lines: String = self.seen.iter().map(line).collect();
        format!("{:?}\n{lines}", self.stats)
    }

    /// Every byte once, at times that can be.
    fn assert_whole(&self) {
        assert!(self.payload(REQUEST) == payload(REQUEST_LEN), "{}", self.describe());
        assert!(self.payload(RESPONSE) == payload(RESPONSE_LEN), "{}", self.describe());
        assert_eq!(self.wire_bytes(REQUEST), REQUEST_LEN as u64);
        assert_eq!(self.wire_bytes(RESPONSE), RESPONSE_LEN as u64);
        let nanos = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        let times = nanos(self.began)..=nanos(SystemTime::now());
        assert!(
            self.seen.iter().all(|seen| seen.time_ns.is_some_and(|time| times.contains(&time)))
        );
    }
}

fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

/// Records one connection with these arguments to dumpcap.
fn record(arguments: &[&str]) -> Recorded {
    let broker = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = broker.local_addr().unwrap().port();
    let began = SystemTime::now();
    let mut dumpcap = Command::new("dumpcap")
        .args(arguments)
        .args(["-f", &format!("tcp port {port}"), "-w", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("dumpcap is installed");
    let mut sayings = Sayings::of(dumpcap.stderr.take().unwrap());
    sayings.wait_until(|said| said.contains("File:"));
    let (inputs, replay) = replay_in_thread(dumpcap.stdout.take().unwrap(), port);
    exchange(&broker, port);
    let seen = receive_until_closed(&inputs, port);
    let interfaces = arguments.iter().filter(|argument| **argument == "-i").count();
    sayings.wait_for_packets(interfaces * seen.len());
    interrupt(&mut dumpcap);
    let stats = replay.join().unwrap();
    let seen = seen.into_iter().chain(inputs.try_iter()).collect();
    Recorded { port, began, seen, stats }
}

/// What dumpcap says while it runs.
struct Sayings {
    pieces: Receiver<String>,
    said: String,
}

impl Sayings {
    fn of(mut stderr: ChildStderr) -> Self {
        let (sender, pieces) = channel();
        thread::spawn(move || {
            let mut piece = [0; 1000];
            while let Ok(len @ 1..) = stderr.read(&mut piece) {
                // Where nobody listens any more, it is read all the same, so that dumpcap can write.
                drop(sender.send(String::from_utf8_lossy(&piece[..len]).into_owned()));
            }
        });
        Self { pieces, said: String::new() }
    }

    fn wait_until(&mut self, is_enough: impl Fn(&str) -> bool) {
        while !is_enough(&self.said) {
            let Ok(piece) = self.pieces.recv_timeout(PATIENCE) else {
                panic!("dumpcap does not go on: {}", self.said);
            };
            self.said.push_str(&piece);
        }
    }

    /// Waits until it has counted so many packets, over all interfaces.
    fn wait_for_packets(&mut self, packets: usize) {
        self.wait_until(|said| {
            let count = said.rsplit("Packets: ").next().map(str::trim).map(str::parse);
            matches!(count, Some(Ok::<usize, _>(count)) if count >= packets)
        });
    }
}

fn replay_in_thread(
    capture: impl Read + Send + 'static,
    port: u16,
) -> (Receiver<Seen>, JoinHandle<Stats>) {
    let (sender, receiver) = channel();
    let replay = thread::spawn(move || {
        let ports = Ports::from_iter([port..=port]);
        let mut replay = Replay::new(Config { ports });
        let mut deliver = |input: Input<'_>| {
            if let Some(seen) = Seen::of(&input) {
                sender.send(seen).unwrap();
            }
        };
        replay.read("standard input", Streamed(capture), &mut deliver).unwrap();
        replay.stats()
    });
    (receiver, replay)
}

/// The client sends and closes its half; the broker reads it all, answers and closes.
fn exchange(broker: &TcpListener, port: u16) {
    let client = thread::spawn(move || {
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.write_all(&payload(REQUEST_LEN)).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut response = Vec::new();
        client.read_to_end(&mut response).unwrap();
        assert_eq!(response.len(), RESPONSE_LEN);
    });
    let (mut connection, _) = broker.accept().unwrap();
    let mut request = Vec::new();
    connection.read_to_end(&mut request).unwrap();
    connection.write_all(&payload(RESPONSE_LEN)).unwrap();
    drop(connection);
    client.join().unwrap();
}

/// Both FINs, of which the broker's is the last.
fn receive_until_closed(inputs: &Receiver<Seen>, port: u16) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut open = [true, true];
    while open != [false, false] {
        let input = inputs.recv_timeout(PATIENCE).expect("the connection's end was recorded");
        if input.flags & flags::FIN != 0 {
            open[usize::from(input.flow.dst.port == port)] = false;
        }
        seen.push(input);
    }
    seen
}

fn interrupt(dumpcap: &mut Child) {
    let pid = dumpcap.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    dumpcap.wait().unwrap();
}
