//! Ring records: what the kernel sends the daemon.
//!
//! A segment record is a header (time, sequence, length on the wire, flow) followed by chunks: the
//! bytes that were copied, each at its offset. What no chunk covers was left out on purpose. An skb
//! larger than a record becomes several records, each complete in itself.
//!
//! There is a record for every small request, so what each takes of the ring matters: addresses of
//! IPv4 have four bytes, and a chunk at the record's first byte does not say so.
//!
//! All integers are in the host's byte order, as kernel and daemon are on one host.

mod chunk;

pub use chunk::{
    CHUNK_FRAME_START, CHUNK_HEADER_LEN, Chunk, FAR_CHUNK_HEADER_LEN, chunk_header, chunks,
    far_chunk_header,
};

use crate::bytes::Reader;
use crate::{Endpoint, Flow, Seq};

/// TCP flags as they stand in byte 13 of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    /// Sender is finished.
    pub const FIN: Self = Self(0x01);
    /// Sequence numbers begin.
    pub const SYN: Self = Self(0x02);
    /// The connection is gone.
    pub const RST: Self = Self(0x04);
    /// The acknowledgment number is valid.
    pub const ACK: Self = Self(0x10);

    /// Whether any flag of `other` is set.
    #[inline(always)]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Payload bytes, or a SYN, FIN or RST without any; of IPv4.
    SegmentV4 = 1,
    /// A change in a connection's life, from sockops.
    Socket = 2,
    /// As the first, of IPv6.
    SegmentV6 = 3,
}

impl Kind {
    /// That of a record which begins with this byte.
    pub const fn of(first: u8) -> Option<Self> {
        match first & 0xf {
            1 => Some(Self::SegmentV4),
            2 => Some(Self::Socket),
            3 => Some(Self::SegmentV6),
            _ => None,
        }
    }
}

/// What the kernel would know of the frames of a direction that it copies whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Wants {
    /// Nothing.
    #[default]
    Nothing = 0,
    /// Where one begins.
    Place = 1,
    /// Whether one begins with the record's first byte, as it seems.
    Here = 2,
    /// What it has asked for before.
    Answer = 3,
}

impl Wants {
    /// What this number stands for.
    #[inline(always)]
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Nothing,
            1 => Self::Place,
            2 => Self::Here,
            _ => Self::Answer,
        }
    }
}

/// Header of a segment record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct SegmentHeader {
    /// CLOCK_MONOTONIC, nanoseconds.
    pub time_ns: u64,
    /// Sequence number of the first payload byte that this record covers (past the SYN).
    pub seq: Seq,
    /// Acknowledgment number; valid where `flags` has ACK.
    pub ack: Seq,
    /// Payload bytes that this record covers, copied or not.
    pub wire_len: u32,
    /// Number of chunks that follow.
    pub chunks: u16,
    /// TCP flags; those of the skb's start in its first record, FIN and RST in its last.
    pub flags: TcpFlags,
    /// What the kernel would know, to be in step.
    pub wants: Wants,
    /// Sender and receiver.
    pub flow: Flow,
}

/// Room for a segment record's header, which stands at the end of it: of IPv4 it is shorter. Aligned, as
/// it is written, and otherwise would be byte by byte.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub struct HeaderRoom(pub [u8; SEGMENT_HEADER_ROOM]);

/// Its bytes.
pub const SEGMENT_HEADER_ROOM: usize = 64;
/// Bytes of the header before the addresses: the kind, and above it what is wanted; flags; the chunks.
const FIRST: usize = 4;
/// Bytes of a header at least: with the addresses of IPv4.
pub const SEGMENT_HEADER_MIN: usize = FIRST + 2 * 4 + SEGMENT_HEADER_ROOM - BEHIND;
const WANTS_SHIFT: u8 = 4;
/// Where what is behind the addresses begins: at the same place for IPv4 and IPv6.
const BEHIND: usize = SEGMENT_HEADER_ROOM - 24;

/// Payload bytes in a record at most; a power of two, so that the kernel bounds a length by a mask.
pub const CHUNK_MAX: u32 = 16 * 1024;
/// Records that one skb becomes at most.
pub const RECORDS_MAX: u32 = 64;

/// Payload bytes that a record should carry at most in a ring of this size: a few records fit the
/// smallest ring, and the largest skb without BIG TCP (64 KiB) fits the records it may become.
pub const fn chunk_len(ring_bytes: u32) -> u32 {
    let share = ring_bytes / 4;
    if share > CHUNK_MAX { CHUNK_MAX } else { share }
}

/// The exponent of the bytes that one of so many CPUs puts into a ring of this size before the reader is
/// woken: so that they fill half of it at most meanwhile.
pub const fn wake_shift(ring_bytes: u32, cpus: u32) -> u32 {
    let share = ring_bytes / 2 / if cpus == 0 { 1 } else { cpus };
    if share == 0 { 0 } else { share.ilog2() }
}

impl SegmentHeader {
    /// The header's bytes, which end with the room; returns where they begin. With `is_v4` the flow is known
    /// to be IPv4's.
    #[inline(always)]
    pub fn encode(&self, is_v4: bool, room: &mut HeaderRoom) -> usize {
        let Flow { src, dst } = self.flow;
        room.0[BEHIND..48].copy_from_slice(&self.time_ns.to_ne_bytes());
        room.0[48..50].copy_from_slice(&src.port.to_ne_bytes());
        room.0[50..52].copy_from_slice(&dst.port.to_ne_bytes());
        room.0[52..56].copy_from_slice(&self.seq.0.to_ne_bytes());
        room.0[56..60].copy_from_slice(&self.ack.0.to_ne_bytes());
        room.0[60..64].copy_from_slice(&self.wire_len.to_ne_bytes());
        if is_v4 {
            room.0[32..36].copy_from_slice(&src.addr[12..]);
            room.0[36..40].copy_from_slice(&dst.addr[12..]);
            self.put_first::<32>(Kind::SegmentV4, room)
        } else {
            // As numbers: of bytes the compiler makes a loop, which a verifier goes through again and again.
            let ([a, b], [c, d]) = (src.halves(), dst.halves());
            room.0[8..16].copy_from_slice(&a.to_ne_bytes());
            room.0[16..24].copy_from_slice(&b.to_ne_bytes());
            room.0[24..32].copy_from_slice(&c.to_ne_bytes());
            room.0[32..40].copy_from_slice(&d.to_ne_bytes());
            self.put_first::<8>(Kind::SegmentV6, room)
        }
    }

    /// Puts there what stands before the addresses, which begin here.
    #[inline(always)]
    fn put_first<const ADDRESSES: usize>(&self, kind: Kind, room: &mut HeaderRoom) -> usize {
        let start = const { ADDRESSES.saturating_sub(FIRST) };
        let first = room.0.get_mut(start..).and_then(<[u8]>::first_chunk_mut::<FIRST>);
        let Some(out) = first else { return start };
        out[0] = kind as u8 | (self.wants as u8) << WANTS_SHIFT;
        out[1] = self.flags.0;
        out[2..4].copy_from_slice(&self.chunks.to_ne_bytes());
        start
    }

    /// Reads the header of a segment record, and what is behind it; `None` for another record, or one
    /// that is not whole.
    pub fn decode(record: &[u8]) -> Option<(Self, &[u8])> {
        let mut at = Reader(record);
        let [first, flags] = at.take()?;
        let kind = Kind::of(first)?;
        let chunks = u16::from_ne_bytes(at.take()?);
        let (src, dst) = match kind {
            Kind::Socket => return None,
            Kind::SegmentV4 => (Endpoint::v4(at.take()?, 0), Endpoint::v4(at.take()?, 0)),
            Kind::SegmentV6 => (Endpoint::v6(at.take()?, 0), Endpoint::v6(at.take()?, 0)),
        };
        let time_ns = u64::from_ne_bytes(at.take()?);
        let mut flow = Flow { src, dst };
        flow.src.port = u16::from_ne_bytes(at.take()?);
        flow.dst.port = u16::from_ne_bytes(at.take()?);
        let seq = Seq(u32::from_ne_bytes(at.take()?));
        let ack = Seq(u32::from_ne_bytes(at.take()?));
        let wire_len = u32::from_ne_bytes(at.take()?);
        let wants = Wants::from_number(first >> WANTS_SHIFT);
        let flags = TcpFlags(flags);
        Some((Self { time_ns, seq, ack, wire_len, chunks, flags, wants, flow }, at.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V6: Endpoint = Endpoint::v6([7; 16], 9092);

    fn header(dst: Endpoint) -> SegmentHeader {
        SegmentHeader {
            time_ns: 0x0102_0304_0506_0708,
            seq: Seq(u32::MAX),
            ack: Seq(17),
            wire_len: 70_000,
            chunks: 2,
            flags: TcpFlags(TcpFlags::ACK.0 | TcpFlags::FIN.0),
            wants: Wants::Here,
            flow: Flow { src: Endpoint::v4([10, 0, 0, 1], 40000), dst },
        }
    }

    fn record(dst: Endpoint) -> Vec<u8> {
        let mut room = HeaderRoom([0; SEGMENT_HEADER_ROOM]);
        let start = header(dst).encode(dst.as_v4().is_some(), &mut room);
        let mut record = room.0[start..].to_vec();
        record.extend_from_slice(&chunk_header(3, 0));
        record.extend_from_slice(b"abc");
        record.extend_from_slice(&far_chunk_header(9, CHUNK_MAX, CHUNK_FRAME_START));
        record.extend_from_slice(&[7; CHUNK_MAX as usize]);
        record
    }

    #[test]
    fn a_record_survives_the_round_trip() {
        for (dst, len) in [(V6, 60), (Endpoint::v4([10, 0, 0, 2], 9092), 36)] {
            let record = record(dst);
            let (read, behind) = SegmentHeader::decode(&record).unwrap();
            assert_eq!((read, record.len() - behind.len()), (header(dst), len));
            let chunks: Vec<_> = chunks(behind, read.chunks).collect();
            assert_eq!(chunks[0], Chunk { offset: 0, bytes: b"abc", frame_start: false });
            let bytes = &[7; CHUNK_MAX as usize];
            assert_eq!(chunks[1], Chunk { offset: 9, bytes, frame_start: true });
            assert_eq!(chunks.len(), 2);
        }
    }

    #[test]
    fn the_smallest_ring_takes_the_largest_skb() {
        assert_eq!(chunk_len(16 << 20), CHUNK_MAX);
        let chunk = chunk_len(4096);
        assert!(chunk * RECORDS_MAX >= 64 * 1024);
        assert!(chunk as usize + SEGMENT_HEADER_ROOM + FAR_CHUNK_HEADER_LEN + 8 < 4096 / 2);
    }

    #[test]
    fn a_record_cut_anywhere_is_refused_or_shorter() {
        for dst in [V6, Endpoint::v4([10, 0, 0, 2], 9092)] {
            let record = record(dst);
            for cut in 0..record.len() {
                let Some((header, behind)) = SegmentHeader::decode(&record[..cut]) else {
                    assert!(cut < 60);
                    continue;
                };
                assert!(chunks(behind, header.chunks).count() < 2);
            }
        }
        assert_eq!(SegmentHeader::decode(&[0; 100]), None);
    }

    #[test]
    fn the_reader_is_woken_before_the_ring_is_more_than_half_full() {
        for (ring, cpus) in
            [(4096, 1), (16 << 20, 2), (16 << 20, 96), (1 << 30, 1024), (4096, 5000)]
        {
            let at_most = u64::from(cpus) << wake_shift(ring, cpus);
            assert!(at_most <= u64::from(ring).max(2 * u64::from(cpus)) / 2, "{ring} {cpus}");
            assert!(4 * at_most >= u64::from(ring), "{ring} {cpus}: not too often");
        }
        assert_eq!(wake_shift(16 << 20, 0), 23);
    }
}
