//! Link headers (tcpdump.org/linktypes.html).

/// What a packet begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Ethernet, with VLAN tags of these protocols.
    Ethernet(&'static [u16]),
    /// A bare IP packet, under one of the numbers that say so.
    Ip(u32),
    /// Null/loopback: the address family in a host's byte order, of one of the hosts that number
    /// IPv6 differently.
    Null {
        /// Whether the host that captured was big-endian.
        big_endian: bool,
        /// That host's number of IPv6.
        ipv6: u32,
    },
    /// OpenBSD loopback: the address family in network byte order.
    Loop,
    /// Linux cooked, version 1, with VLAN tags.
    Cooked {
        /// 0 to us, 4 from us.
        packet_type: u16,
        /// Protocols of the VLAN tags.
        vlan: &'static [u16],
    },
    /// Linux cooked, version 2, with VLAN tags.
    Cooked2 {
        /// 0 to us, 4 from us.
        packet_type: u8,
        /// The host's number of the interface.
        ifindex: u32,
        /// Protocols of the VLAN tags.
        vlan: &'static [u16],
    },
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const MAC: [u8; 6] = [2, 0, 0, 0, 0, 7];

impl Link {
    /// The link type's number.
    pub const fn number(self) -> u32 {
        match self {
            Self::Ethernet(_) => 1,
            Self::Ip(number) => number,
            Self::Null { .. } => 0,
            Self::Loop => 108,
            Self::Cooked { .. } => 113,
            Self::Cooked2 { .. } => 276,
        }
    }

    /// An IP packet with its link header.
    pub fn frame(self, ip: &[u8]) -> Vec<u8> {
        let is_v6 = ip.first().is_some_and(|first| first >> 4 == 6);
        let ether_type = if is_v6 { IPV6 } else { IPV4 };
        let mut frame = match self {
            Self::Ethernet(vlan) => {
                let (protocol, tags) = tagged(vlan, ether_type);
                [&MAC[..], &MAC, &protocol, &tags].concat()
            }
            Self::Ip(_) => Vec::new(),
            Self::Null { big_endian, ipv6 } => {
                let family = if is_v6 { ipv6 } else { 2 };
                if big_endian { family.to_be_bytes() } else { family.to_le_bytes() }.to_vec()
            }
            Self::Loop => if is_v6 { 24_u32 } else { 2 }.to_be_bytes().to_vec(),
            Self::Cooked { packet_type, vlan } => {
                let (protocol, tags) = tagged(vlan, ether_type);
                let packet_type = packet_type.to_be_bytes();
                [&packet_type[..], &[0, 1, 0, 6], &MAC, &[0, 0], &protocol, &tags].concat()
            }
            Self::Cooked2 { packet_type, ifindex, vlan } => {
                let (protocol, tags) = tagged(vlan, ether_type);
                let ifindex = ifindex.to_be_bytes();
                let kind = [0, 1, packet_type, 6];
                [&protocol[..], &[0, 0], &ifindex, &kind, &MAC, &[0, 0], &tags].concat()
            }
        };
        frame.extend(ip);
        frame
    }
}

/// The protocol before the VLAN tags, and the tags, the last of which names the packet's.
fn tagged(vlan: &[u16], ether_type: u16) -> ([u8; 2], Vec<u8>) {
    let mut protocols = vlan.iter().copied().chain([ether_type]).map(u16::to_be_bytes);
    let first = protocols.next().unwrap_or_default();
    (first, protocols.flat_map(|[high, low]| [0, 5, high, low]).collect())
}
