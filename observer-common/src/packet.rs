//! From a frame on the link to the TCP payload: Ethernet with up to two VLAN tags, IPv4 with
//! options, IPv6 with extension headers, TCP with options.
//!
//! One parser for the kernel (which loads from an skb) and for captures (which load from a slice).

use crate::{Endpoint, Flow, Seq, TcpFlags};

/// Bytes at an offset, where they are present.
pub trait Load {
    /// `N` bytes at `offset`; `None` where the packet ends before.
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]>;
}

impl Load for [u8] {
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.get(offset..)?.first_chunk().copied()
    }
}

/// What a packet begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// An Ethernet header.
    Ethernet,
    /// An IP header (tun, WireGuard, raw captures).
    Ip,
}

/// A TCP segment's place in its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Packet {
    /// Sender and receiver.
    pub flow: Flow,
    /// Sequence number of the first payload byte (past the SYN).
    pub seq: Seq,
    /// Acknowledgment number; valid where `flags` has ACK.
    pub ack: Seq,
    /// TCP flags.
    pub flags: TcpFlags,
    /// Whether it is IPv4's.
    pub is_v4: bool,
    /// Where the payload begins, from the packet's start.
    pub payload_offset: usize,
    /// Where the IP header says the packet ends; 0 where it does not (larger than 64 KiB).
    pub ip_end: usize,
}

impl Packet {
    /// Payload bytes on the wire, of a packet of `packet_len` bytes. What the IP header says counts
    /// where it is less (Ethernet pads short frames), unless the packet stands for several
    /// (`segmented`: GSO, GRO), whose length no IP header can say.
    #[inline(always)]
    pub const fn payload_len(&self, packet_len: usize, segmented: bool) -> usize {
        let padded = !segmented && self.ip_end != 0 && self.ip_end < packet_len;
        let end = if padded { self.ip_end } else { packet_len };
        end.saturating_sub(self.payload_offset)
    }
}

/// Why a packet is not a TCP segment that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Neither IPv4 nor IPv6.
    NotIp,
    /// Another protocol.
    NotTcp,
    /// A fragment of an IP packet.
    Fragment,
    /// The headers are not whole, or contradict themselves.
    Malformed,
}

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const VLAN_TAGS: [u16; 3] = [0x8100, 0x88a8, 0x9100];
const MAX_VLAN_TAGS: usize = 2;
const MAX_EXTENSION_HEADERS: usize = 6;
const PROTOCOL_TCP: u8 = 6;

/// Finds the TCP segment in a packet. Where there is none, `found` holds anything; it is filled in its
/// place, as a copy of addresses is as much work as the rest.
#[inline(always)]
pub fn parse<L: Load + ?Sized>(packet: &L, link: Link, found: &mut Packet) -> Result<(), Skip> {
    match link {
        Link::Ethernet => parse_tagged(packet, 14, load_u16(packet, 12)?, found),
        Link::Ip => parse_bare_ip(packet, 0, found),
    }
}

/// The same of what nearly all packets are: IPv4 without tags and options. All places are known then before
/// anything is read. Any other is called malformed, unless it is no segment in any case.
#[inline(always)]
pub fn parse_plain<L: Load + ?Sized>(
    packet: &L,
    link: Link,
    found: &mut Packet,
) -> Result<(), Skip> {
    let offset = match link {
        Link::Ethernet if load_u16(packet, 12)? == ETHERTYPE_IPV4 => 14,
        Link::Ethernet => return Err(Skip::Malformed),
        Link::Ip => 0,
    };
    parse_ipv4::<_, true>(packet, offset, found)
}

/// Finds the TCP segment behind an EtherType; what starts at `offset` is a VLAN tag or an IP packet.
#[inline(always)]
pub fn parse_tagged<L: Load + ?Sized>(
    packet: &L,
    mut offset: usize,
    mut ether_type: u16,
    found: &mut Packet,
) -> Result<(), Skip> {
    for _ in 0..MAX_VLAN_TAGS {
        if !VLAN_TAGS.contains(&ether_type) {
            break;
        }
        ether_type = load_u16(packet, offset + 2)?;
        offset += 4;
    }
    parse_ip(packet, offset, ether_type, found)
}

/// Finds the TCP segment in an IP packet that starts at `offset`, its family given by itself.
#[inline(always)]
pub fn parse_bare_ip<L: Load + ?Sized>(
    packet: &L,
    offset: usize,
    found: &mut Packet,
) -> Result<(), Skip> {
    let [first] = packet.load(offset).ok_or(Skip::Malformed)?;
    match first >> 4 {
        4 => parse_ip(packet, offset, ETHERTYPE_IPV4, found),
        6 => parse_ip(packet, offset, ETHERTYPE_IPV6, found),
        _ => Err(Skip::NotIp),
    }
}

/// Finds the TCP segment in an IP packet that starts at `offset`, its family given by an EtherType.
#[inline(always)]
pub fn parse_ip<L: Load + ?Sized>(
    packet: &L,
    offset: usize,
    ether_type: u16,
    found: &mut Packet,
) -> Result<(), Skip> {
    if ether_type == ETHERTYPE_IPV4 {
        parse_ipv4::<_, false>(packet, offset, found)
    } else if ether_type == ETHERTYPE_IPV6 {
        parse_ipv6(packet, offset, found)
    } else {
        Err(Skip::NotIp)
    }
}

/// With `PLAIN` there are no options.
#[inline(always)]
fn parse_ipv4<L: Load + ?Sized, const PLAIN: bool>(
    packet: &L,
    offset: usize,
    found: &mut Packet,
) -> Result<(), Skip> {
    // The last first, so that a header which is not whole is no more than that.
    let dst = packet.load(offset + 16).ok_or(Skip::Malformed)?;
    let first = load_u32(packet, offset)?;
    let header_len = (first >> 24 & 0x0f) as usize * 4;
    if first >> 28 != 4 || header_len < 20 || PLAIN && header_len != 20 {
        return Err(Skip::Malformed);
    }
    let header_len = if PLAIN { 20 } else { header_len };
    if load_u16(packet, offset + 8)? as u8 != PROTOCOL_TCP {
        return Err(Skip::NotTcp);
    }
    // More fragments, or an offset: the TCP header or part of the payload is elsewhere.
    if load_u16(packet, offset + 6)? & 0x3fff != 0 {
        return Err(Skip::Fragment);
    }
    let total_len = (first & 0xffff) as usize;
    let src = packet.load(offset + 12).ok_or(Skip::Malformed)?;
    found.is_v4 = true;
    found.flow = Flow { src: Endpoint::v4(src, 0), dst: Endpoint::v4(dst, 0) };
    found.ip_end = if total_len == 0 { 0 } else { offset + total_len };
    parse_tcp(packet, offset + header_len, found)
}

#[inline(always)]
fn parse_ipv6<L: Load + ?Sized>(packet: &L, offset: usize, found: &mut Packet) -> Result<(), Skip> {
    if load_u16(packet, offset)? >> 12 != 6 {
        return Err(Skip::Malformed);
    }
    // The payload's length, the next header, and the hop limit.
    let fixed = load_u32(packet, offset + 4)?;
    let payload_len = (fixed >> 16) as usize;
    let src = packet.load(offset + 8).ok_or(Skip::Malformed)?;
    let dst = packet.load(offset + 24).ok_or(Skip::Malformed)?;
    found.is_v4 = false;
    found.flow = Flow { src: Endpoint::v6(src, 0), dst: Endpoint::v6(dst, 0) };
    found.ip_end = if payload_len == 0 { 0 } else { offset + 40 + payload_len };
    let tcp = skip_extension_headers(packet, offset + 40, (fixed >> 8) as u8)?;
    parse_tcp(packet, tcp, found)
}

/// Where the TCP header begins behind IPv6 extension headers (RFC 8200, 4).
#[inline(always)]
fn skip_extension_headers<L: Load + ?Sized>(
    packet: &L,
    mut offset: usize,
    mut next: u8,
) -> Result<usize, Skip> {
    for _ in 0..=MAX_EXTENSION_HEADERS {
        match next {
            PROTOCOL_TCP => return Ok(offset),
            // Hop-by-hop, routing, destination options, mobility, HIP, shim6: in units of 8 bytes.
            0 | 43 | 60 | 135 | 139 | 140 => {
                let [following, len] = packet.load(offset).ok_or(Skip::Malformed)?;
                next = following;
                offset += (usize::from(len) + 1) * 8;
            }
            44 => {
                let head: [u8; 4] = packet.load(offset).ok_or(Skip::Malformed)?;
                // An atomic fragment (RFC 6946) is whole.
                if u16::from_be_bytes([head[2], head[3]]) & 0xfff9 != 0 {
                    return Err(Skip::Fragment);
                }
                next = head[0];
                offset += 8;
            }
            // Authentication header: in units of 4 bytes.
            51 => {
                let [following, len] = packet.load(offset).ok_or(Skip::Malformed)?;
                next = following;
                offset += (usize::from(len) + 2) * 4;
            }
            _ => return Err(Skip::NotTcp),
        }
    }
    Err(Skip::Malformed)
}

#[inline(always)]
fn parse_tcp<L: Load + ?Sized>(packet: &L, offset: usize, found: &mut Packet) -> Result<(), Skip> {
    let len_and_flags = load_u32(packet, offset + 12)? >> 16;
    let header_len = (len_and_flags >> 12) as usize * 4;
    found.payload_offset = offset + header_len;
    // Where no end is told, it is the last of all.
    let ip_end = found.ip_end.wrapping_sub(1);
    if header_len < 20 || found.payload_offset.wrapping_sub(1) > ip_end {
        return Err(Skip::Malformed);
    }
    let ports = load_u32(packet, offset)?;
    (found.flow.src.port, found.flow.dst.port) = ((ports >> 16) as u16, ports as u16);
    found.flags = TcpFlags(len_and_flags as u8);
    let syn = u32::from(found.flags.has(TcpFlags::SYN));
    found.seq = Seq(load_u32(packet, offset + 4)?).plus(syn);
    found.ack = Seq(load_u32(packet, offset + 8)?);
    Ok(())
}

#[inline(always)]
fn load_u16<L: Load + ?Sized>(packet: &L, offset: usize) -> Result<u16, Skip> {
    packet.load(offset).map(u16::from_be_bytes).ok_or(Skip::Malformed)
}

#[inline(always)]
fn load_u32<L: Load + ?Sized>(packet: &L, offset: usize) -> Result<u32, Skip> {
    packet.load(offset).map(u32::from_be_bytes).ok_or(Skip::Malformed)
}
