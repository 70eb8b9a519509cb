//! Socket records: changes in the life of a local TCP socket on a watched port.
//!
//! They share the ring with segment records; the first byte tells them apart.

use crate::bytes::Reader;
use crate::record::Kind;
use crate::{Endpoint, Flow};

/// What happened to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Change {
    /// Established by the local end.
    Connected = 1,
    /// Established by the remote end.
    Accepted = 2,
    /// A measurement now and then.
    Measured = 3,
    /// Closed; carries the last measurement.
    Closed = 4,
}

/// A change in the life of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketRecord {
    /// CLOCK_MONOTONIC, nanoseconds.
    pub time_ns: u64,
    /// From the local to the remote end.
    pub flow: Flow,
    /// What happened.
    pub change: Change,
    /// Smoothed round-trip time in microseconds; 0 where not measured.
    pub srtt_us: u32,
    /// Segments retransmitted since the last record of this socket.
    pub retransmits: u32,
}

/// Bytes of a socket record.
pub const SOCKET_RECORD_LEN: usize = 56;

impl SocketRecord {
    /// The record's bytes.
    #[inline(always)]
    pub fn encode(&self, out: &mut [u8; SOCKET_RECORD_LEN]) {
        out[0] = Kind::Socket as u8;
        out[1] = self.change as u8;
        out[2..4].fill(0);
        out[4..8].copy_from_slice(&self.retransmits.to_ne_bytes());
        out[8..16].copy_from_slice(&self.time_ns.to_ne_bytes());
        out[16..32].copy_from_slice(&self.flow.src.addr);
        out[32..48].copy_from_slice(&self.flow.dst.addr);
        out[48..50].copy_from_slice(&self.flow.src.port.to_ne_bytes());
        out[50..52].copy_from_slice(&self.flow.dst.port.to_ne_bytes());
        out[52..56].copy_from_slice(&self.srtt_us.to_ne_bytes());
    }

    /// Reads a record; `None` where it is not a whole socket record.
    pub fn decode(record: &[u8]) -> Option<Self> {
        let mut at = Reader(record);
        let [kind, change, _, _] = at.take()?;
        if kind != Kind::Socket as u8 {
            return None;
        }
        let change = match change {
            1 => Change::Connected,
            2 => Change::Accepted,
            3 => Change::Measured,
            4 => Change::Closed,
            _ => return None,
        };
        let retransmits = u32::from_ne_bytes(at.take()?);
        let time_ns = u64::from_ne_bytes(at.take()?);
        let (src, dst) = (at.take()?, at.take()?);
        let (src_port, dst_port) = (at.take()?, at.take()?);
        let srtt_us = u32::from_ne_bytes(at.take()?);
        let flow = Flow {
            src: Endpoint::v6(src, u16::from_ne_bytes(src_port)),
            dst: Endpoint::v6(dst, u16::from_ne_bytes(dst_port)),
        };
        Some(Self { time_ns, flow, change, srtt_us, retransmits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(change: Change) -> SocketRecord {
        SocketRecord {
            time_ns: 0x0102_0304_0506_0708,
            flow: Flow {
                src: Endpoint::v4([10, 0, 0, 1], 40000),
                dst: Endpoint::v6([7; 16], 9092),
            },
            change,
            srtt_us: 1_234,
            retransmits: 5,
        }
    }

    #[test]
    fn a_record_survives_the_round_trip() {
        for change in [Change::Connected, Change::Accepted, Change::Measured, Change::Closed] {
            let mut bytes = [0xaa; SOCKET_RECORD_LEN];
            record(change).encode(&mut bytes);
            assert_eq!(SocketRecord::decode(&bytes), Some(record(change)));
        }
    }

    #[test]
    fn a_cut_or_unknown_record_is_refused() {
        let mut bytes = [0; SOCKET_RECORD_LEN];
        record(Change::Closed).encode(&mut bytes);
        for cut in 0..bytes.len() {
            assert_eq!(SocketRecord::decode(&bytes[..cut]), None);
        }
        bytes[1] = 9;
        assert_eq!(SocketRecord::decode(&bytes), None);
        bytes[0] = Kind::SegmentV4 as u8;
        assert_eq!(SocketRecord::decode(&bytes), None);
    }
}
