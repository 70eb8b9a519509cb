//! Classic pcap files (draft-ietf-opsawg-pcap).

use super::{Frame, Order};

/// Unit of a record's fraction of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// As always.
    Microsecond,
    /// Under a magic number of its own.
    Nanosecond,
}

impl Unit {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Microsecond, Self::Nanosecond];
}

/// A file of frames of one link type.
pub fn pcap(order: Order, unit: Unit, link: u32, frames: &[Frame]) -> Vec<u8> {
    let (magic, ns_per_unit) = match unit {
        Unit::Microsecond => (0xa1b2_c3d4, 1000),
        Unit::Nanosecond => (0xa1b2_3c4d, 1),
    };
    let mut file = Vec::new();
    file.extend(order.u32(magic));
    file.extend(order.u16(2));
    file.extend(order.u16(4));
    for field in [0, 0, 262_144, link] {
        file.extend(order.u32(field));
    }
    for frame in frames {
        let (seconds, ns) = (frame.time_ns / 1_000_000_000, frame.time_ns % 1_000_000_000);
        let captured = frame.bytes.len() as u32;
        let fraction = (ns / ns_per_unit) as u32;
        for field in [seconds as u32, fraction, captured, frame.original_len] {
            file.extend(order.u32(field));
        }
        file.extend(&frame.bytes);
    }
    file
}
