//! Packets that several interfaces show count once; retransmissions pass.

use observer::input::Input;
use observer::ports::Ports;
use observer::source::replay::{Config, Replay, Streamed};
use tests::capture_writer::{Clock, Frame, Link, Order, Pcapng, TcpSegment, Unit, pcap};
use tests::replayed::{Seen, replay};

use super::{ETHERNET, conversation_v4, conversation_v6, expected, frames};

/// A host-wide capture shows loopback packets leaving, then arriving.
const COOKED: [Link; 2] =
    [Link::Cooked { packet_type: 4, vlan: &[] }, Link::Cooked { packet_type: 0, vlan: &[] }];
/// Two ends of a veth pair.
const COOKED2: [Link; 2] = [
    Link::Cooked2 { packet_type: 4, ifindex: 5, vlan: &[] },
    Link::Cooked2 { packet_type: 0, ifindex: 6, vlan: &[] },
];

/// The conversation, with the large response sent twice.
fn with_retransmission() -> Vec<TcpSegment> {
    let mut segments = conversation_v4();
    let again = TcpSegment { time_ns: segments[6].time_ns + 1000, ..segments[4].clone() };
    segments.insert(7, again);
    segments
}

fn payload_len(segments: &[TcpSegment]) -> u64 {
    segments.iter().map(|segment| segment.payload.len() as u64).sum()
}

#[test]
fn both_directions_of_a_cooked_capture() {
    let segments = with_retransmission();
    for links in [COOKED, COOKED2] {
        let frames: Vec<_> = segments
            .iter()
            .flat_map(|segment| links.map(|link| Frame::of(link, segment)))
            .collect();
        let file = pcap(Order::Little, Unit::Nanosecond, links[0].number(), &frames);
        let replayed = replay(&file[..]);
        replayed.result.unwrap();
        assert_eq!(replayed.seen, expected(&segments));
        assert_eq!(replayed.stats.copies, segments.len() as u64);
        assert_eq!(replayed.stats.copied_bytes, payload_len(&segments));
    }
}

#[test]
fn interfaces_of_a_pcapng_out_of_step() {
    let segments = with_retransmission();
    let frames = frames(ETHERNET, &segments);
    let mut file = Pcapng::new(Order::Big).interface(1, 0, Clock::DEFAULT).interface(
        1,
        0,
        Clock { resolution: Some(9), offset_s: 0 },
    );
    // The second interface's packets are written in lots of three: now before, now behind.
    file = file.enhanced(0, &frames[0]);
    for (i, lot) in frames.chunks(3).enumerate() {
        let behind: Vec<_> = lot.iter().map(|frame| (1, frame)).collect();
        let first: Vec<_> = lot.iter().skip(usize::from(i == 0)).map(|frame| (0, frame)).collect();
        let order = if i % 2 == 0 { [first, behind] } else { [behind, first] };
        for (interface, frame) in order.concat() {
            file = file.enhanced(interface, frame);
        }
    }
    let replayed = replay(&file.bytes()[..]);
    replayed.result.unwrap();
    let mut by_time = replayed.seen;
    by_time.sort_by_key(|seen| seen.time_ns);
    assert_eq!(by_time, expected(&segments));
}

#[test]
fn an_interface_that_falls_silent_gives_way() {
    let segments = conversation_v6();
    let frames = frames(ETHERNET, &segments);
    let mut file =
        Pcapng::new(Order::Little).interface(1, 0, Clock::DEFAULT).interface(1, 0, Clock::DEFAULT);
    for frame in &frames[..4] {
        file = file.enhanced(0, frame).enhanced(1, frame);
    }
    for frame in &frames[4..] {
        let later = Frame { time_ns: frame.time_ns + 2_000_000_000, ..frame.clone() };
        file = file.enhanced(1, &later);
    }
    let replayed = replay(&file.bytes()[..]);
    let bytes: u64 = replayed.seen.iter().map(|seen| seen.bytes.len() as u64).sum();
    assert_eq!(bytes, payload_len(&segments));
    assert_eq!(replayed.stats.copies, 4);
}

#[test]
fn on_one_plain_interface_nothing_is_a_copy() {
    let segments = conversation_v4();
    let twice: Vec<_> =
        segments.iter().flat_map(|segment| [segment.clone(), segment.clone()]).collect();
    let file = pcap(Order::Little, Unit::Nanosecond, 1, &frames(ETHERNET, &twice));
    let replayed = replay(&file[..]);
    assert_eq!(replayed.seen, expected(&twice));
    assert_eq!(replayed.stats.copies, 0);
}

#[test]
fn several_files_are_one_capture() {
    let segments = with_retransmission();
    let both: Vec<_> =
        segments.iter().flat_map(|segment| COOKED.map(|link| Frame::of(link, segment))).collect();
    for cut in 0..both.len() {
        let (first, second) = both.split_at(cut);
        let mut replay = Replay::new(Config { ports: Ports::default() });
        let mut seen = Vec::new();
        for part in [first, second] {
            let file = pcap(Order::Little, Unit::Nanosecond, COOKED[0].number(), part);
            let mut deliver = |input: Input<'_>| seen.extend(Seen::of(&input));
            replay.read("part", Streamed(&file[..]), &mut deliver).unwrap();
        }
        assert_eq!(seen, expected(&segments), "cut at {cut}");
        assert_eq!(replay.stats().copies, segments.len() as u64);
    }
}
