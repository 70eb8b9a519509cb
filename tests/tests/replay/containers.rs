//! One conversation in every container: the inputs are the same.

use observer::source::replay::{Damage, Problem};
use tests::capture_writer::{Clock, Frame, Order, Pcapng, Unit, pcap};
use tests::replayed::{Seen, replay};

use super::{ETHERNET, conversation_v4, conversation_v6, expected, frames};

const PICOSECONDS_OF_LATE: Clock = Clock { resolution: Some(12), offset_s: 1_699_999_000 };

const CLOCKS: [Clock; 9] = [
    Clock::DEFAULT,
    Clock { resolution: Some(3), offset_s: 0 },
    Clock { resolution: Some(6), offset_s: -7200 },
    Clock { resolution: Some(9), offset_s: 0 },
    Clock { resolution: Some(9), offset_s: 1_000_000_000 },
    Clock { resolution: Some(0x83), offset_s: 0 },
    Clock { resolution: Some(0x80 + 20), offset_s: 0 },
    Clock { resolution: Some(0x80 + 32), offset_s: 86_400 },
    PICOSECONDS_OF_LATE,
];

#[test]
fn pcap_in_both_byte_orders_and_units() {
    let segments = conversation_v4();
    for order in Order::ALL {
        for unit in Unit::ALL {
            let file = pcap(order, unit, 1, &frames(ETHERNET, &segments));
            let replayed = replay(&file[..]);
            replayed.result.unwrap();
            assert_eq!(replayed.seen, expected(&segments), "{order:?} {unit:?}");
            assert_eq!(replayed.stats.packets, segments.len() as u64);
        }
    }
}

#[test]
fn nanoseconds_are_kept() {
    let mut segments = conversation_v4();
    segments[0].time_ns += 123_456_789;
    let file = pcap(Order::Big, Unit::Nanosecond, 1, &frames(ETHERNET, &segments));
    assert_eq!(replay(&file[..]).seen, expected(&segments));
}

#[test]
fn pcapng_in_both_byte_orders_and_any_resolution() {
    let segments = conversation_v6();
    for order in Order::ALL {
        for clock in CLOCKS {
            let mut file = Pcapng::new(order).interface(1, 262_144, clock);
            for frame in frames(ETHERNET, &segments) {
                file = file.enhanced(0, &frame);
            }
            let replayed = replay(&file.bytes()[..]);
            replayed.result.unwrap();
            assert_eq!(replayed.seen, expected(&segments), "{order:?} {clock:?}");
        }
    }
}

#[test]
fn several_sections_interfaces_and_kinds_of_block() {
    let segments = conversation_v4();
    let frames = frames(ETHERNET, &segments);
    let mut file = Pcapng::new(Order::Little)
        .interface(1, 0, CLOCKS[7])
        .block(4, &[0; 4])
        .interface(1, 0, CLOCKS[3]);
    let (first, rest) = frames.split_at(4);
    let (second, third) = rest.split_at(3);
    for frame in first {
        file = file.enhanced(1, frame).block(0x0bad, b"enterprise").block(0x7777_7777, b"");
    }
    file = file.section(Order::Big).interface(1, 0, CLOCKS[4]).block(5, &[0; 12]);
    for frame in second {
        file = file.obsolete(0, frame);
    }
    file = file.section(Order::Little).interface(1, 0, CLOCKS[5]);
    for frame in third {
        file = file.enhanced(0, frame);
    }
    let replayed = replay(&file.bytes()[..]);
    replayed.result.unwrap();
    assert_eq!(replayed.seen, expected(&segments));
}

#[test]
fn simple_packet_blocks_have_no_time() {
    let segments = conversation_v4();
    for order in Order::ALL {
        let mut file = Pcapng::new(order).interface(1, 0, Clock::DEFAULT);
        for frame in frames(ETHERNET, &segments) {
            file = file.simple(&frame);
        }
        let untimed = |seen| Seen { time_ns: None, ..seen };
        let replayed = replay(&file.bytes()[..]);
        replayed.result.unwrap();
        assert_eq!(replayed.seen, expected(&segments).into_iter().map(untimed).collect::<Vec<_>>());
    }
}

#[test]
fn a_simple_packet_block_is_snapped_by_its_interface() {
    let segment = &conversation_v4()[4];
    let frame = Frame::of(ETHERNET, segment).snapped(100);
    let file = Pcapng::new(Order::Big).interface(1, 100, Clock::DEFAULT).simple(&frame).bytes();
    let replayed = replay(&file[..]);
    replayed.result.unwrap();
    assert_eq!(replayed.seen[0].wire_len, 1448);
    assert_eq!(replayed.seen[0].bytes, segment.payload[..100 - 14 - 20 - 32]);
}

#[test]
fn what_a_snap_length_cut_off_counts_but_is_not_there() {
    let segments = conversation_v4();
    let headers = 14 + 20 + 32;
    for snap_len in [headers - 12, headers, headers + 1, headers + 60, headers + 1448] {
        let snapped: Vec<_> =
            frames(ETHERNET, &segments).into_iter().map(|frame| frame.snapped(snap_len)).collect();
        let file = pcap(Order::Little, Unit::Nanosecond, 1, &snapped);
        let replayed = replay(&file[..]);
        replayed.result.unwrap();
        let mut expected = expected(&segments);
        for seen in &mut expected {
            seen.bytes.truncate(snap_len.saturating_sub(headers));
        }
        assert_eq!(replayed.seen, expected);
    }
}

#[test]
fn a_segment_larger_than_the_ip_header_can_say_has_the_packets_length() {
    let mut segment = conversation_v4().swap_remove(4);
    segment.payload = vec![3; 200_000];
    let frame = Frame::of(ETHERNET, &segment);
    let whole = pcap(Order::Little, Unit::Nanosecond, 1, std::slice::from_ref(&frame));
    assert_eq!(replay(&whole[..]).seen, expected(&[segment]));
    let snapped = pcap(Order::Little, Unit::Nanosecond, 1, &[frame.snapped(1000)]);
    let replayed = replay(&snapped[..]);
    assert_eq!(replayed.seen[0].wire_len, 200_000);
    assert_eq!(replayed.seen[0].bytes.len(), 1000 - 14 - 20 - 32);
}

#[test]
fn a_links_padding_is_no_payload() {
    let segments = conversation_v4();
    let padded: Vec<_> = frames(ETHERNET, &segments)
        .into_iter()
        .map(|frame| Frame::new(frame.time_ns, [&frame.bytes[..], &[0xee; 9]].concat()))
        .collect();
    let file = pcap(Order::Little, Unit::Nanosecond, 1, &padded);
    assert_eq!(replay(&file[..]).seen, expected(&segments));
}

#[test]
fn a_block_that_makes_no_sense_is_left_out_and_told() {
    let segments = conversation_v4();
    let frames = frames(ETHERNET, &segments);
    let start = Pcapng::new(Order::Little).interface(1, 0, Clock::DEFAULT);
    let first_bad = start.clone().enhanced(0, &frames[0]).bytes().len() as u64;
    let mut file = start.enhanced(0, &frames[0]).enhanced(7, &frames[0]).block(6, &[0xff; 40]);
    for frame in &frames[1..] {
        file = file.enhanced(0, frame);
    }
    let replayed = replay(&file.bytes()[..]);
    assert_eq!(replayed.seen, expected(&segments));
    assert_eq!(replayed.stats.bad_blocks, 2);
    let problem = replayed.result.unwrap_err().problem;
    let Problem::Skipped { count: 2, offset, damage: Damage::Interface(7) } = problem else {
        panic!("{problem:?}");
    };
    assert_eq!(offset, first_bad);
}
