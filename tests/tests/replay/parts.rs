//! Captures in files, whose large packets are shown in parts: what is said of them is what is said of the
//! same bytes as a stream, all of which are read.

use std::fs::File;
use std::io::Write;
use std::ops::Range;

use observer::input::{Input, Intake, Segment};
use observer::ports::Ports;
use observer::source::replay::{Config, Replay};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::NamedTempFile;
use tests::capture_writer::{
    Clock, Conversation, Frame, Link, Order, Pcapng, TcpSegment, Unit, pcap,
};
use tests::in_process::run_captures;
use tests::many_sets::sets_of;
use tests::replayed::{Replayed, Seen, replay};
use tests::stored::{run_file, stored};
use tests::talk;
use tests::wire::{heartbeat, heartbeat_answer};

use super::{ETHERNET, START_NS, frames};

const PORT: u16 = 9092;

/// What was delivered, one after the other, and how much of it was said not to be needed before.
struct Parts {
    rng: StdRng,
    unneeded: Option<u32>,
    seen: Vec<(Seen, u32)>,
}

impl Intake for Parts {
    fn input(&mut self, input: Input<'_>) {
        let unneeded = self.unneeded.take().unwrap_or_default();
        self.seen.extend(Seen::of(&input).map(|seen| (seen, unneeded)));
    }

    fn unneeded(&mut self, segment: &Segment<'_>) -> Option<u32> {
        self.unneeded = match self.rng.random_range(0..12) {
            0 => None,
            1..4 => Some(0),
            4..6 => Some(self.rng.random_range(0..300)),
            6..10 => Some(self.rng.random_range(0..20_000)),
            10 => Some(segment.wire_len),
            _ => Some(u32::MAX),
        };
        self.unneeded
    }
}

/// Replays a file, of which what is not needed is not the same in every run.
fn replay_parts(bytes: &[u8], seed: u64) -> (Vec<(Seen, u32)>, Replayed) {
    let mut replay = Replay::new(Config { ports: Ports::from_iter([9092..=9093]) });
    let rng = StdRng::seed_from_u64(seed);
    let mut parts = Parts { rng, unneeded: None, seen: Vec::new() };
    let result = replay.read("test", stored(file(bytes)), &mut parts);
    (parts.seen, Replayed { seen: Vec::new(), stats: replay.stats(), result })
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// Holds that a file says what the stream says; returns how many bytes were not shown.
fn hold(bytes: &[u8], seed: u64) -> usize {
    let stream = replay(bytes);
    let (parts, file) = replay_parts(bytes, seed);
    assert_eq!(file.stats, stream.stats);
    let said = |replayed: &Replayed| replayed.result.as_ref().map_err(ToString::to_string).copied();
    assert_eq!(said(&file), said(&stream));
    let mut parts = parts.into_iter();
    let mut unshown = 0;
    for whole in stream.seen {
        let mut passed = 0;
        loop {
            let (part, unneeded) = parts.next().expect("as much as in the stream");
            let end = passed + part.wire_len;
            assert_eq!(part.seq, whole.seq.wrapping_add(passed));
            let of_whole = whole.bytes.get(passed as usize..end as usize);
            if part.bytes.is_empty() && part.wire_len > 0 && !whole.bytes.is_empty() {
                assert!(part.wire_len <= unneeded, "{} of {unneeded}", part.wire_len);
                unshown += part.wire_len as usize;
            } else if part.wire_len == whole.wire_len {
                assert_eq!(part.bytes, whole.bytes);
            } else {
                assert_eq!(Some(&part.bytes[..]), of_whole);
            }
            let (seq, wire_len, bytes) = (whole.seq, whole.wire_len, whole.bytes.clone());
            assert_eq!(Seen { seq, wire_len, bytes, ..part }, whole);
            passed = end;
            if passed >= whole.wire_len {
                break;
            }
        }
        assert_eq!(passed, whole.wire_len);
    }
    assert_eq!(parts.next(), None);
    unshown
}

/// A connection with payloads of so many bytes.
fn large(lens: Range<usize>, rng: &mut StdRng) -> Vec<TcpSegment> {
    let ends = ["10.1.2.3:40000", "10.1.2.4:9092"].map(|end| end.parse().unwrap());
    let mut talk = Conversation::new(ends[0], ends[1], START_NS, 125_000_000).open();
    for _ in 0..12 {
        let mut payload = vec![0; rng.random_range(lens.clone())];
        rng.fill(&mut payload[..]);
        talk = if rng.random() { talk.request(&payload) } else { talk.response(&payload) };
    }
    talk.close().segments()
}

/// Captures of every kind, with packets of every size; of another port, seen twice, or snapped as well.
fn captures(rng: &mut StdRng) -> Vec<Vec<u8>> {
    let cooked = [true, false].map(|is_outgoing| Link::Cooked2 {
        packet_type: if is_outgoing { 4 } else { 0 },
        ifindex: 1,
        vlan: &[],
    });
    let mut packets = Vec::new();
    for lens in [1..3000, 3000..70_000, 100_000..300_000] {
        packets.extend(large(lens, rng));
    }
    for segment in packets.iter_mut().skip(20).step_by(7) {
        (segment.src, segment.dst) = (segment.dst, "10.9.9.9:80".parse().unwrap());
    }
    let mut plain = frames(ETHERNET, &packets);
    let cut = rng.random_range(60..60_000);
    plain.extend(frames(ETHERNET, &packets[..20]).into_iter().map(|frame| frame.snapped(cut)));
    let twice: Vec<_> =
        packets.iter().flat_map(|packet| cooked.map(|link| Frame::of(link, packet))).collect();
    let mut captures = Vec::new();
    for order in Order::ALL {
        for unit in Unit::ALL {
            captures.push(pcap(order, unit, ETHERNET.number(), &plain));
            captures.push(pcap(order, unit, cooked[0].number(), &twice));
        }
        let mut file = Pcapng::new(order)
            .interface(ETHERNET.number(), 0, Clock::DEFAULT)
            .interface(cooked[0].number(), 0, Clock::DEFAULT)
            .interface(7777, 0, Clock::DEFAULT);
        for frame in &plain {
            file = file.enhanced(0, frame).block(10, &vec![0; 20_000]);
        }
        for (number, frame) in twice.iter().enumerate() {
            file = file.enhanced(if number % 9 == 0 { 2 } else { 1 }, frame);
        }
        captures
            .push(file.obsolete(0, &plain[30]).simple(&plain[30]).enhanced(3, &plain[30]).bytes());
    }
    captures
}

#[test]
fn a_file_says_what_a_stream_says() {
    let mut rng = StdRng::seed_from_u64(1);
    let (mut unshown, mut all) = (0, 0);
    for round in 0..3 {
        for capture in captures(&mut rng) {
            all += capture.len();
            unshown += hold(&capture, round);
        }
    }
    assert!(unshown > all / 8, "of {all} bytes, {unshown} were not shown");
}

#[test]
fn a_damaged_file_says_what_a_stream_says() {
    let mut rng = StdRng::seed_from_u64(2);
    let captures = captures(&mut rng);
    for seed in 0..300 {
        let mut capture = captures[rng.random_range(0..captures.len())].clone();
        for _ in 0..rng.random_range(0..4) {
            // Numbers begin with zeros: here and there is another one.
            let mut at = rng.random_range(0..capture.len() - 8);
            while capture[at..at + 2] != [0; 2] {
                at = (at + 1) % (capture.len() - 8);
            }
            capture[at + rng.random_range(0..8)] = rng.random();
        }
        capture.truncate(rng.random_range(0..=capture.len()));
        hold(&capture, seed);
    }
}

/// A client that sends and fetches Kafka's bulk, in segments of any size.
fn bulk(client: &str, rng: &mut StdRng) -> Vec<TcpSegment> {
    let ends = [client, "10.1.2.4:9092"].map(|end| end.parse().unwrap());
    // Of one that is as slow, requests expire before they are answered.
    let step_ns = [1_000_000, 1_000_000, 40_000_000_000][rng.random_range(0..3)];
    let mut talk = Conversation::new(ends[0], ends[1], START_NS, step_ns)
        .open()
        .request(&heartbeat(0, "client"))
        .response(&heartbeat_answer(0));
    let mut id = 0;
    for _ in 0..rng.random_range(3..12) {
        let mut asked = Vec::new();
        let mut answered = Vec::new();
        for _ in 0..rng.random_range(1..4) {
            id += 1;
            let [request, response] = match rng.random_range(0..4) {
                0 => talk::produce(id, rng.random_range(0..200_000)),
                1 => talk::fetch(id, rng.random_range(0..200_000)),
                2 => sets_of(8_000, id, rng),
                _ => sets_of(40_000, id, rng),
            };
            asked.extend(request);
            answered.extend(response);
        }
        for segment in cut(&asked, rng) {
            talk = talk.request(segment);
        }
        for segment in cut(&answered, rng) {
            talk = talk.response(segment);
        }
    }
    talk.close().segments()
}

fn cut<'a>(mut bytes: &'a [u8], rng: &mut StdRng) -> Vec<&'a [u8]> {
    let mut segments = Vec::new();
    while !bytes.is_empty() {
        let len = rng.random_range(1..=65_000).min(bytes.len());
        let (segment, rest) = bytes.split_at(len);
        segments.push(segment);
        bytes = rest;
    }
    segments
}

/// What two of them, on a wire that is good or bad, leave in a capture of any kind.
fn captured(is_bad: bool, rng: &mut StdRng) -> Vec<u8> {
    let mut packets = bulk("10.1.2.3:40000", rng);
    packets.extend(bulk("10.1.2.3:40001", rng));
    packets.sort_by_key(|packet| packet.time_ns);
    if is_bad {
        packets.remove(rng.random_range(12..packets.len()));
        let odd = rng.random_range(12..packets.len());
        let packet = &mut packets[odd];
        // What is a length now and then is none any more, or a time is wrong.
        match packet.payload.get_mut(rng.random_range(0..100)) {
            Some(byte) if rng.random() => *byte = rng.random(),
            _ => packet.time_ns += 1_000_000_000_000,
        }
    }
    let links = [0, 4].map(|packet_type| Link::Cooked2 { packet_type, ifindex: 1, vlan: &[] });
    match rng.random_range(0..3) {
        0 => pcap(Order::Big, Unit::Microsecond, 1, &frames(ETHERNET, &packets)),
        1 => {
            let twice = |packet| links.map(|link| Frame::of(link, packet));
            let packets: Vec<_> = packets.iter().flat_map(twice).collect();
            pcap(Order::Little, Unit::Nanosecond, links[0].number(), &packets)
        }
        _ => {
            let clock = Clock { resolution: Some(9), offset_s: 0 };
            let mut file = Pcapng::new(Order::Little).interface(1, 0, clock);
            for frame in frames(ETHERNET, &packets) {
                file = file.enhanced(0, &frame);
            }
            file.bytes()
        }
    }
}

#[test]
fn of_kafkas_bulk_little_is_read_and_all_is_said() {
    let mut rng = StdRng::seed_from_u64(3);
    let ports = Ports::from_iter([PORT..=PORT]);
    let (mut elided, mut seen, mut exchanges) = (0, 0, 0);
    for round in 0..160 {
        let mut capture = NamedTempFile::new().unwrap();
        capture.write_all(&captured(round % 2 == 1, &mut rng)).unwrap();
        let whole = run_file(capture.path(), &ports).unwrap();
        exchanges += whole.exchanges.len();
        let needed = run_captures([stored(capture.reopen().unwrap())], &ports);
        elided += needed.ledger.elided;
        seen += needed.ledger.seen;
    }
    assert!(exchanges > 3000, "{exchanges} exchanges");
    assert!(elided > seen / 3, "of {seen} bytes, {elided} were left out");
}
