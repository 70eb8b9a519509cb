//! Link types: from a captured packet to its TCP segment, and to the hook that saw it.
//!
//! Numbers and layouts: the registry of link-layer header types of pcap (tcpdump.org/linktypes.html).

use observer_common::owner::Hook;
use observer_common::packet::{self, Link, Load, Packet, Skip};

/// What a packet begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkType {
    Ethernet,
    /// IPv4 or IPv6 without anything before it.
    Ip,
    Ipv4,
    Ipv6,
    /// Four bytes of address family, whose numbers differ among systems.
    Null,
    /// Linux cooked capture, version 1: what `any` gives.
    Cooked,
    /// Linux cooked capture, version 2.
    Cooked2,
}

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;

const NULL_HEADER_LEN: usize = 4;
const COOKED_HEADER_LEN: usize = 16;
const COOKED2_HEADER_LEN: usize = 20;

/// The packet type of what the host sends itself, in both versions of cooked captures.
const OUTGOING: u16 = 4;

impl LinkType {
    /// The link type of a number, if it is supported.
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Ethernet,
            12 | 14 | 101 => Self::Ip,
            228 => Self::Ipv4,
            229 => Self::Ipv6,
            0 | 108 => Self::Null,
            113 => Self::Cooked,
            276 => Self::Cooked2,
            _ => return None,
        })
    }

    /// Whether one interface of the capture stands for many of the host's.
    pub const fn is_cooked(self) -> bool {
        matches!(self, Self::Cooked | Self::Cooked2)
    }

    /// Finds the TCP segment. Where it is inlined, its addresses are put together byte by byte.
    #[inline(never)]
    pub fn locate(self, bytes: &[u8]) -> Result<Packet, Skip> {
        let mut found = Packet::default();
        match self {
            Self::Ethernet => packet::parse(bytes, Link::Ethernet, &mut found),
            Self::Ip => packet::parse(bytes, Link::Ip, &mut found),
            Self::Ipv4 => packet::parse_ip(bytes, 0, ETHERTYPE_IPV4, &mut found),
            Self::Ipv6 => packet::parse_ip(bytes, 0, ETHERTYPE_IPV6, &mut found),
            // The IP header names its version in one way only.
            Self::Null => packet::parse_bare_ip(bytes, NULL_HEADER_LEN, &mut found),
            Self::Cooked => {
                packet::parse_tagged(bytes, COOKED_HEADER_LEN, load_u16(bytes, 14)?, &mut found)
            }
            Self::Cooked2 => {
                packet::parse_tagged(bytes, COOKED2_HEADER_LEN, load_u16(bytes, 0)?, &mut found)
            }
        }?;
        Ok(found)
    }

    /// Where the packet was seen: interface of the file, interface of the host and direction, as
    /// far as the link header tells them.
    pub fn hook(self, interface: u16, bytes: &[u8]) -> Hook {
        let (ifindex, is_outgoing) = match self {
            Self::Cooked => (0, load_u16(bytes, 0) == Ok(OUTGOING)),
            Self::Cooked2 => {
                let ifindex = bytes.load(4).map_or(0, u32::from_be_bytes);
                let packet_type = bytes.load::<1>(10).map(|[packet_type]| u16::from(packet_type));
                (ifindex, packet_type == Some(OUTGOING))
            }
            _ => (0, false),
        };
        Hook(u64::from(interface) << 33 | u64::from(ifindex) << 1 | u64::from(is_outgoing))
    }
}

fn load_u16(bytes: &[u8], offset: usize) -> Result<u16, Skip> {
    bytes.load(offset).map(u16::from_be_bytes).ok_or(Skip::Malformed)
}
