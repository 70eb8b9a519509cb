//! One conversation on every link: the inputs are the same. What is no segment is counted.

use tests::capture_writer::{Clock, Frame, Link, Order, Pcapng, Unit, pcap};
use tests::replayed::{Replayed, replay};

use super::{ETHERNET, conversation, conversation_v4, conversation_v6, expected, frames};

const LINKS: [Link; 17] = [
    ETHERNET,
    Link::Ethernet(&[0x8100]),
    Link::Ethernet(&[0x88a8, 0x8100]),
    Link::Ethernet(&[0x9100, 0x8100]),
    Link::Ip(12),
    Link::Ip(14),
    Link::Ip(101),
    Link::Null { big_endian: false, ipv6: 30 },
    Link::Null { big_endian: false, ipv6: 10 },
    Link::Null { big_endian: true, ipv6: 28 },
    Link::Loop,
    Link::Cooked { packet_type: 0, vlan: &[] },
    Link::Cooked { packet_type: 4, vlan: &[0x8100] },
    Link::Cooked { packet_type: 3, vlan: &[0x88a8, 0x8100] },
    Link::Cooked2 { packet_type: 0, ifindex: 1, vlan: &[] },
    Link::Cooked2 { packet_type: 4, ifindex: u32::MAX, vlan: &[0x8100] },
    Link::Cooked2 { packet_type: 4, ifindex: 3, vlan: &[0x88a8, 0x8100] },
];

fn replay_frames(link: Link, frames: &[Frame]) -> Replayed {
    replay(&pcap(Order::Little, Unit::Nanosecond, link.number(), frames)[..])
}

#[test]
fn any_link_in_both_containers_and_families() {
    for segments in [conversation_v4(), conversation_v6()] {
        for link in LINKS {
            let replayed = replay_frames(link, &frames(link, &segments));
            replayed.result.unwrap();
            assert_eq!(replayed.seen, expected(&segments), "{link:?}");
            let mut file = Pcapng::new(Order::Big).interface(link.number(), 0, Clock::DEFAULT);
            for frame in frames(link, &segments) {
                file = file.enhanced(0, &frame);
            }
            assert_eq!(replay(&file.bytes()[..]).seen, expected(&segments), "{link:?}");
        }
    }
}

#[test]
fn links_of_one_address_family() {
    for (segments, number) in [(conversation_v4(), 228), (conversation_v6(), 229)] {
        let link = Link::Ip(number);
        assert_eq!(replay_frames(link, &frames(link, &segments)).seen, expected(&segments));
    }
}

#[test]
fn frame_check_sequences_in_the_link_field_do_not_matter() {
    let segments = conversation_v4();
    let file = pcap(Order::Big, Unit::Nanosecond, 0x5400_0001, &frames(ETHERNET, &segments));
    assert_eq!(replay(&file[..]).seen, expected(&segments));
}

#[test]
fn an_unknown_link_is_told() {
    let frames = frames(ETHERNET, &conversation_v4());
    let replayed = replay(&pcap(Order::Big, Unit::Nanosecond, 105, &frames)[..]);
    let message = replayed.result.unwrap_err().to_string();
    assert!(message.starts_with("test: has link type 105; supported are Ethernet"), "{message}");

    let mut file = Pcapng::new(Order::Big).interface(105, 0, Clock::DEFAULT);
    for frame in &frames {
        file = file.enhanced(0, frame);
    }
    let replayed = replay(&file.clone().bytes()[..]);
    assert_eq!(replayed.stats.unknown_links, frames.len() as u64);
    let message = replayed.result.unwrap_err().to_string();
    assert!(message.starts_with("test: has no interface of a link type"), "{message}");

    // Beside an interface that is known, it is only counted.
    let file = file.interface(1, 0, Clock::DEFAULT).enhanced(1, &frames[0]);
    let replayed = replay(&file.bytes()[..]);
    replayed.result.unwrap();
    assert_eq!(replayed.seen.len(), 1);
}

#[test]
fn every_packet_has_one_fate() {
    let segments = conversation_v4();
    let mut frames = frames(ETHERNET, &segments);
    let good = frames[0].bytes.clone();
    let changed = |at: usize, bytes: &[u8]| {
        let mut frame = good.clone();
        frame[at..at + bytes.len()].copy_from_slice(bytes);
        Frame::new(0, frame)
    };
    let count = segments.len() as u64;
    frames.push(changed(12, &[0x08, 0x06])); // ARP
    frames.push(changed(14 + 9, &[17])); // UDP
    frames.push(changed(14 + 6, &[0x20, 0])); // the first fragment
    frames.push(changed(14 + 6, &[0, 9])); // a later fragment
    frames.push(changed(14 + 20 + 12, &[0x40])); // a TCP header of 16 bytes
    frames.push(changed(14, &[0x44])); // an IP header of 16 bytes
    frames.push(changed(14 + 2, &[0, 30])); // shorter than its headers
    frames.push(Frame::new(0, good[..40].to_vec()));
    frames.push(Frame::new(0, Vec::new()));
    let elsewhere = conversation("10.0.0.1:40000", "10.0.0.2:80");
    frames.extend(super::frames(ETHERNET, &elsewhere));

    let Replayed { seen, stats, result } = replay_frames(ETHERNET, &frames);
    result.unwrap();
    assert_eq!(seen, expected(&segments));
    assert_eq!((stats.segments, stats.not_ip, stats.not_tcp), (count, 1, 1));
    assert_eq!((stats.fragments, stats.malformed), (2, 5));
    assert_eq!((stats.unwatched, stats.copies), (elsewhere.len() as u64, 0));
    assert_eq!(stats.packets, count + 9 + stats.unwatched);
}

#[test]
fn a_length_that_nothing_could_send_is_malformed() {
    let mut frame = Frame::of(ETHERNET, &conversation_v4()[4]);
    frame.bytes[16..18].copy_from_slice(&[0, 0]);
    frame.original_len = u32::MAX;
    let replayed = replay_frames(ETHERNET, &[frame]);
    assert_eq!((replayed.stats.malformed, replayed.seen.len()), (1, 0));
}
