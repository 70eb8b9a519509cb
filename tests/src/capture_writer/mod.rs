//! Writes capture files for tests: TCP segments in, the bytes of a pcap or pcapng file out, in any
//! variant of container, byte order, time resolution and link type.

mod link;
mod pcap;
mod pcapng;
mod tcp;

pub use link::Link;
pub use pcap::{Unit, pcap};
pub use pcapng::{Clock, Pcapng};
pub use tcp::{Conversation, TcpSegment, flags};

/// Byte order of a file or section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Order {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Little, Self::Big];

    /// A 16-bit integer's bytes.
    pub const fn u16(self, n: u16) -> [u8; 2] {
        match self {
            Self::Little => n.to_le_bytes(),
            Self::Big => n.to_be_bytes(),
        }
    }

    /// A 32-bit integer's bytes.
    pub const fn u32(self, n: u32) -> [u8; 4] {
        match self {
            Self::Little => n.to_le_bytes(),
            Self::Big => n.to_be_bytes(),
        }
    }

    /// A 64-bit integer's bytes.
    pub const fn u64(self, n: u64) -> [u8; 8] {
        match self {
            Self::Little => n.to_le_bytes(),
            Self::Big => n.to_be_bytes(),
        }
    }
}

/// A packet to write.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// Bytes to be present, from the link header on.
    pub bytes: Vec<u8>,
    /// Bytes on the wire.
    pub original_len: u32,
}

impl Frame {
    /// A whole packet.
    pub fn new(time_ns: u64, bytes: Vec<u8>) -> Self {
        Self { time_ns, original_len: bytes.len() as u32, bytes }
    }

    /// A segment on a link.
    pub fn of(link: Link, segment: &TcpSegment) -> Self {
        Self::new(segment.time_ns, link.frame(&segment.ip_packet()))
    }

    /// The packet as a snap length leaves it.
    #[must_use]
    pub fn snapped(mut self, len: usize) -> Self {
        self.bytes.truncate(len);
        self
    }
}
