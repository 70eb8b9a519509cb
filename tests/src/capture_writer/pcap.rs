//! Classic pcap files (draft-ietf-opsawg-pcap).

use super::{Frame, Order};

/// Unit of a record's fraction of a second, and what else its magic number tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// As always.
    Microsecond,
    /// Under a magic number of its own.
    Nanosecond,
    /// As always, but each record's header is longer, as old Linux systems wrote it.
    Modified,
}

impl Unit {
    /// All.
    pub const ALL: [Self; 3] = [Self::Microsecond, Self::Nanosecond, Self::Modified];
}

/// A file of frames of one link type.
pub fn pcap(order: Order, unit: Unit, link: u32, frames: &[Frame]) -> Vec<u8> {
    let (magic, ns_per_unit) = match unit {
        Unit::Microsecond => (0xa1b2_c3d4, 1000),
        Unit::Nanosecond => (0xa1b2_3c4d, 1),
        Unit::Modified => (0xa1b2_cd34, 1000),
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
        if unit == Unit::Modified {
            // Interface, protocol, packet type.
            file.extend([order.u32(2), order.u32(0x0800_0000)].concat());
        }
        file.extend(&frame.bytes);
    }
    file
}
