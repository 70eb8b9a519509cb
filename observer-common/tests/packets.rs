//! Packets of every shape, built from a description and parsed back.

use observer_common::packet::{self, Link, Packet, Skip};
use observer_common::{Endpoint, Flow, Seq, TcpFlags};
use proptest::prelude::*;

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const PAYLOAD: &[u8] = b"payload";

fn parse(bytes: &[u8], link: Link) -> Result<Packet, Skip> {
    let mut found = Packet::default();
    packet::parse(bytes, link, &mut found)?;
    Ok(found)
}

/// As the kernel looks: for what nearly all are, in some bytes, and in all.
fn parse_in_tries(bytes: &[u8], link: Link) -> Result<Packet, Skip> {
    let first = |len: usize| &bytes[..bytes.len().min(len)];
    let mut found = Packet::default();
    match packet::parse_plain(first(if link == Link::Ip { 40 } else { 54 }), link, &mut found) {
        Err(Skip::Malformed) => {}
        tried => return tried.map(|()| found),
    }
    match parse(first(74), link) {
        Err(Skip::Malformed) => parse(bytes, link),
        tried => tried,
    }
}

/// What a packet is made of.
#[derive(Clone, Debug)]
struct Shape {
    ethernet: bool,
    vlan_tags: Vec<u16>,
    ipv6: bool,
    /// In words of four bytes, of IPv4.
    ip_options: usize,
    /// Next-header numbers of IPv6.
    extensions: Vec<u8>,
    /// In words of four bytes.
    tcp_options: usize,
    syn: bool,
    /// Bytes behind the IP packet.
    padding: usize,
}

const PLAIN: Shape = Shape {
    ethernet: true,
    vlan_tags: Vec::new(),
    ipv6: false,
    ip_options: 0,
    extensions: Vec::new(),
    tcp_options: 0,
    syn: false,
    padding: 0,
};

fn flow(ipv6: bool) -> Flow {
    if ipv6 {
        return Flow { src: Endpoint::v6([1; 16], 40_000), dst: Endpoint::v6([2; 16], 9092) };
    }
    Flow { src: Endpoint::v4([10, 0, 0, 1], 40_000), dst: Endpoint::v4([10, 0, 0, 2], 9092) }
}

fn tcp(shape: &Shape) -> Vec<u8> {
    let flow = flow(shape.ipv6);
    let mut bytes = Vec::new();
    bytes.extend(flow.src.port.to_be_bytes());
    bytes.extend(flow.dst.port.to_be_bytes());
    bytes.extend(1_000_u32.to_be_bytes());
    bytes.extend(2_000_u32.to_be_bytes());
    let words = 5 + shape.tcp_options as u8;
    let flags = TcpFlags::ACK.0 | if shape.syn { TcpFlags::SYN.0 } else { 0 };
    bytes.extend([words << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes.resize(usize::from(words) * 4, 1);
    bytes.extend(PAYLOAD);
    bytes
}

fn extension(kind: u8, next: u8) -> Vec<u8> {
    match kind {
        // A fragment header that is a whole packet.
        44 => vec![next, 0, 0, 0, 0, 0, 0, 9],
        // An authentication header of 24 bytes.
        51 => [&[next, 4][..], &[0; 22]].concat(),
        _ => [&[next, 1][..], &[0; 14]].concat(),
    }
}

fn ip(shape: &Shape) -> Vec<u8> {
    let tcp = tcp(shape);
    let Flow { src, dst } = flow(shape.ipv6);
    if !shape.ipv6 {
        let header = 20 + shape.ip_options * 4;
        let total = (header + tcp.len()) as u16;
        let mut bytes = vec![0x40 | (header / 4) as u8, 0];
        bytes.extend(total.to_be_bytes());
        bytes.extend([0, 7, 0x40, 0, 64, 6, 0, 0]);
        bytes.extend(src.as_v4().unwrap());
        bytes.extend(dst.as_v4().unwrap());
        bytes.resize(header, 1);
        return [bytes, tcp].concat();
    }
    let kinds: Vec<u8> = shape.extensions.iter().copied().chain([6]).collect();
    let extensions = kinds.windows(2).flat_map(|pair| extension(pair[0], pair[1]));
    let rest: Vec<u8> = extensions.chain(tcp).collect();
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend((rest.len() as u16).to_be_bytes());
    bytes.extend([kinds[0], 64]);
    bytes.extend(src.addr);
    bytes.extend(dst.addr);
    bytes.extend(rest);
    bytes
}

fn build(shape: &Shape) -> Vec<u8> {
    let mut bytes = Vec::new();
    if shape.ethernet {
        bytes.extend([0; 12]);
        for tag in &shape.vlan_tags {
            bytes.extend(tag.to_be_bytes());
            bytes.extend([0, 5]);
        }
        let kind = if shape.ipv6 { ETHERTYPE_IPV6 } else { ETHERTYPE_IPV4 };
        bytes.extend(kind.to_be_bytes());
    }
    bytes.extend(ip(shape));
    bytes.resize(bytes.len() + shape.padding, 0);
    bytes
}

fn read(shape: &Shape) -> Result<Packet, Skip> {
    parse(&build(shape), link(shape))
}

fn link(shape: &Shape) -> Link {
    if shape.ethernet { Link::Ethernet } else { Link::Ip }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let tags = prop::collection::vec(prop::sample::select(vec![0x8100, 0x88a8, 0x9100]), 0..=2);
    let extensions =
        prop::collection::vec(prop::sample::select(vec![0, 43, 44, 51, 60, 135]), 0..=6);
    let options = (0..=10_usize, 0..=10_usize, any::<bool>(), 0..=30_usize);
    (any::<bool>(), tags, any::<bool>(), extensions, options).prop_map(
        |(ethernet, vlan_tags, ipv6, extensions, (ip_options, tcp_options, syn, padding))| Shape {
            ethernet,
            vlan_tags,
            ipv6,
            ip_options,
            extensions,
            tcp_options,
            syn,
            padding,
        },
    )
}

proptest! {
    #[test]
    fn every_shape_is_read_as_it_was_built(shape in shapes()) {
        let bytes = build(&shape);
        let packet = parse(&bytes, link(&shape)).unwrap();
        prop_assert_eq!(parse_in_tries(&bytes, link(&shape)), Ok(packet));
        prop_assert_eq!(packet.flow, flow(shape.ipv6));
        prop_assert_eq!(packet.seq, Seq(1_000 + u32::from(shape.syn)));
        prop_assert_eq!(packet.ack, Seq(2_000));
        let len = packet.payload_len(bytes.len(), false);
        let payload = &bytes[packet.payload_offset..][..len];
        prop_assert_eq!(payload, PAYLOAD, "padding is no payload");
        prop_assert_eq!(packet.payload_len(bytes.len(), true), len + shape.padding);
    }

    #[test]
    fn headers_cut_anywhere_are_malformed(shape in shapes(), cut in any::<prop::sample::Index>()) {
        let bytes = build(&shape);
        let headers = read(&shape).unwrap().payload_offset;
        // The TCP header's options are not looked at: where they end is known from its start.
        let needed = headers - shape.tcp_options * 4 - 4;
        let part = &bytes[..cut.index(needed)];
        prop_assert_eq!(parse(part, link(&shape)), Err(Skip::Malformed));
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for link in [Link::Ethernet, Link::Ip] {
            if let Ok(packet) = parse(&bytes, link) {
                packet.payload_len(bytes.len(), false);
                packet.payload_len(bytes.len(), true);
            }
        }
    }

    #[test]
    fn no_damage_is_a_panic(
        shape in shapes(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = build(&shape);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let read = parse(&bytes, link(&shape));
        prop_assert_eq!(parse_in_tries(&bytes, link(&shape)), read);
        if let Ok(packet) = read {
            packet.payload_len(bytes.len(), false);
        }
    }
}

#[test]
fn fragments_are_told_from_whole_packets() {
    let shape = Shape { ethernet: false, ..PLAIN };
    for (flags, expected) in [(0x2000_u16, true), (0x0001, true), (0x1fff, true), (0x4000, false)] {
        let mut bytes = build(&shape);
        bytes[6..8].copy_from_slice(&flags.to_be_bytes());
        let is_fragment = parse(&bytes, Link::Ip) == Err(Skip::Fragment);
        assert_eq!(is_fragment, expected, "{flags:#x}");
    }
    let shape = Shape { ethernet: false, ipv6: true, extensions: vec![44], ..PLAIN };
    for (field, expected) in [(0x0001_u16, true), (0x0008, true), (0xfff8, true), (0x0006, false)] {
        let mut bytes = build(&shape);
        bytes[42..44].copy_from_slice(&field.to_be_bytes());
        let is_fragment = parse(&bytes, Link::Ip) == Err(Skip::Fragment);
        assert_eq!(is_fragment, expected, "{field:#x}");
    }
}

#[test]
fn what_is_not_tcp_over_ip_is_told_so() {
    let mut udp = build(&PLAIN);
    udp[23] = 17;
    assert_eq!(parse(&udp, Link::Ethernet), Err(Skip::NotTcp));
    let mut arp = build(&PLAIN);
    arp[12..14].copy_from_slice(&[0x08, 0x06]);
    assert_eq!(parse(&arp, Link::Ethernet), Err(Skip::NotIp));
    let three_tags = Shape { vlan_tags: vec![0x8100; 3], ..PLAIN };
    assert_eq!(read(&three_tags), Err(Skip::NotIp));
    let endless = Shape { ipv6: true, extensions: vec![60; 7], ..PLAIN };
    assert_eq!(read(&endless), Err(Skip::Malformed));
}

#[test]
fn a_length_of_zero_means_that_no_header_can_say_it() {
    let mut bytes = build(&PLAIN);
    bytes[16..18].fill(0);
    let packet = parse(&bytes, Link::Ethernet).unwrap();
    assert_eq!(packet.ip_end, 0);
    assert_eq!(packet.payload_len(bytes.len(), true), PAYLOAD.len());
}

#[test]
fn headers_that_contradict_themselves_are_malformed() {
    let damages: [(usize, u8); 3] = [(14, 0x44), (14, 0x55), (14 + 20 + 12, 0x40)];
    for (at, byte) in damages {
        let mut bytes = build(&PLAIN);
        bytes[at] = byte;
        let read = parse(&bytes, Link::Ethernet);
        assert_eq!(read, Err(Skip::Malformed), "byte {at} is {byte:#x}");
    }
    let mut short = build(&PLAIN);
    short[16..18].copy_from_slice(&30_u16.to_be_bytes());
    assert_eq!(parse(&short, Link::Ethernet), Err(Skip::Malformed));
}
