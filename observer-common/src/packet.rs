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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Sender and receiver.
    pub flow: Flow,
    /// Sequence number of the first payload byte (past the SYN).
    pub seq: Seq,
    /// Acknowledgment number; valid where `flags` has ACK.
    pub ack: Seq,
    /// TCP flags.
    pub flags: TcpFlags,
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

/// Finds the TCP segment in a packet.
#[inline(always)]
pub fn parse<L: Load + ?Sized>(packet: &L, link: Link) -> Result<Packet, Skip> {
    match link {
        Link::Ethernet => parse_tagged(packet, 14, load_u16(packet, 12)?),
        Link::Ip => parse_bare_ip(packet, 0),
    }
}

/// Finds the TCP segment behind an EtherType; what starts at `offset` is a VLAN tag or an IP packet.
#[inline(always)]
pub fn parse_tagged<L: Load + ?Sized>(
    packet: &L,
    mut offset: usize,
    mut ether_type: u16,
) -> Result<Packet, Skip> {
    for _ in 0..MAX_VLAN_TAGS {
        if VLAN_TAGS.contains(&ether_type) {
            ether_type = load_u16(packet, offset + 2)?;
            offset += 4;
        }
    }
    parse_ip(packet, offset, ether_type)
}

/// Finds the TCP segment in an IP packet that starts at `offset`, its family given by itself.
#[inline(always)]
pub fn parse_bare_ip<L: Load + ?Sized>(packet: &L, offset: usize) -> Result<Packet, Skip> {
    let [first] = packet.load(offset).ok_or(Skip::Malformed)?;
    match first >> 4 {
        4 => parse_ip(packet, offset, ETHERTYPE_IPV4),
        6 => parse_ip(packet, offset, ETHERTYPE_IPV6),
        _ => Err(Skip::NotIp),
    }
}

/// Finds the TCP segment in an IP packet that starts at `offset`, its family given by an EtherType.
#[inline(always)]
pub fn parse_ip<L: Load + ?Sized>(
    packet: &L,
    offset: usize,
    ether_type: u16,
) -> Result<Packet, Skip> {
    match ether_type {
        ETHERTYPE_IPV4 => parse_ipv4(packet, offset),
        ETHERTYPE_IPV6 => parse_ipv6(packet, offset),
        _ => Err(Skip::NotIp),
    }
}

#[inline(always)]
fn parse_ipv4<L: Load + ?Sized>(packet: &L, offset: usize) -> Result<Packet, Skip> {
    let header: [u8; 20] = packet.load(offset).ok_or(Skip::Malformed)?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    if header[0] >> 4 != 4 || header_len < 20 {
        return Err(Skip::Malformed);
    }
    if header[9] != PROTOCOL_TCP {
        return Err(Skip::NotTcp);
    }
    // More fragments, or an offset: the TCP header or part of the payload is elsewhere.
    if u16::from_be_bytes([header[6], header[7]]) & 0x3fff != 0 {
        return Err(Skip::Fragment);
    }
    let total_len = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let src = [header[12], header[13], header[14], header[15]];
    let dst = [header[16], header[17], header[18], header[19]];
    let ip_end = if total_len == 0 { 0 } else { offset + total_len };
    parse_tcp(packet, offset + header_len, ip_end, Endpoint::v4(src, 0), Endpoint::v4(dst, 0))
}

#[inline(always)]
fn parse_ipv6<L: Load + ?Sized>(packet: &L, offset: usize) -> Result<Packet, Skip> {
    let fixed: [u8; 8] = packet.load(offset).ok_or(Skip::Malformed)?;
    if fixed[0] >> 4 != 6 {
        return Err(Skip::Malformed);
    }
    let payload_len = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
    let src: [u8; 16] = packet.load(offset + 8).ok_or(Skip::Malformed)?;
    let dst: [u8; 16] = packet.load(offset + 24).ok_or(Skip::Malformed)?;
    let ip_end = if payload_len == 0 { 0 } else { offset + 40 + payload_len };
    let tcp = skip_extension_headers(packet, offset + 40, fixed[6])?;
    parse_tcp(packet, tcp, ip_end, Endpoint::v6(src, 0), Endpoint::v6(dst, 0))
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
fn parse_tcp<L: Load + ?Sized>(
    packet: &L,
    offset: usize,
    ip_end: usize,
    mut src: Endpoint,
    mut dst: Endpoint,
) -> Result<Packet, Skip> {
    let header: [u8; 16] = packet.load(offset).ok_or(Skip::Malformed)?;
    let header_len = usize::from(header[12] >> 4) * 4;
    if header_len < 20 {
        return Err(Skip::Malformed);
    }
    let payload_offset = offset + header_len;
    if ip_end != 0 && payload_offset > ip_end {
        return Err(Skip::Malformed);
    }
    src.port = u16::from_be_bytes([header[0], header[1]]);
    dst.port = u16::from_be_bytes([header[2], header[3]]);
    let flags = TcpFlags(header[13]);
    let seq = Seq(u32::from_be_bytes([header[4], header[5], header[6], header[7]]));
    Ok(Packet {
        flow: Flow { src, dst },
        seq: seq.plus(u32::from(flags.has(TcpFlags::SYN))),
        ack: Seq(u32::from_be_bytes([header[8], header[9], header[10], header[11]])),
        flags,
        payload_offset,
        ip_end,
    })
}

#[inline(always)]
fn load_u16<L: Load + ?Sized>(packet: &L, offset: usize) -> Result<u16, Skip> {
    packet.load(offset).map(u16::from_be_bytes).ok_or(Skip::Malformed)
}
