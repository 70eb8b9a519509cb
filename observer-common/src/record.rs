//! Ring records: what the kernel sends the daemon.
//!
//! A segment record is a fixed header (flow, time, sequence, length on the wire) followed by
//! chunks: the bytes that were copied, each at its offset. What no chunk covers was left out on
//! purpose. An skb larger than a record becomes several records, each complete in itself.
//!
//! All integers are in the host's byte order, as kernel and daemon are on one host.

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
    /// Payload bytes, or a SYN, FIN or RST without any.
    Segment = 1,
    /// A change in a connection's life, from sockops.
    Socket = 2,
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
pub struct SegmentHeader {
    /// CLOCK_MONOTONIC, nanoseconds.
    pub time_ns: u64,
    /// Sender and receiver.
    pub flow: Flow,
    /// Interface the segment was seen on.
    pub ifindex: u32,
    /// Whether it was leaving the host.
    pub egress: bool,
    /// TCP flags; those of the skb's start in its first record, FIN and RST in its last.
    pub flags: TcpFlags,
    /// Sequence number of the first payload byte that this record covers (past the SYN).
    pub seq: Seq,
    /// Acknowledgment number; valid where `flags` has ACK.
    pub ack: Seq,
    /// Payload bytes that this record covers, copied or not.
    pub wire_len: u32,
    /// Number of chunks that follow.
    pub chunks: u16,
    /// What the kernel would know, to be in step.
    pub wants: Wants,
}

/// Bytes of a segment record's header.
pub const SEGMENT_HEADER_LEN: usize = 72;
/// Bytes of a chunk's header: offset from the record's sequence (u32), bytes (u16), flags (u16).
pub const CHUNK_HEADER_LEN: usize = 8;
/// Chunk flag: a frame begins where this chunk begins.
pub const CHUNK_FRAME_START: u16 = 1;

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

impl SegmentHeader {
    /// The header's bytes.
    #[inline(always)]
    pub fn encode(&self, out: &mut [u8; SEGMENT_HEADER_LEN]) {
        out[0] = Kind::Segment as u8;
        out[1] = self.flags.0;
        out[2] = u8::from(self.egress);
        out[3] = self.wants as u8;
        out[4..8].copy_from_slice(&self.ifindex.to_ne_bytes());
        out[8..16].copy_from_slice(&self.time_ns.to_ne_bytes());
        out[16..32].copy_from_slice(&self.flow.src.addr);
        out[32..48].copy_from_slice(&self.flow.dst.addr);
        out[48..50].copy_from_slice(&self.flow.src.port.to_ne_bytes());
        out[50..52].copy_from_slice(&self.flow.dst.port.to_ne_bytes());
        out[52..56].copy_from_slice(&self.seq.0.to_ne_bytes());
        out[56..60].copy_from_slice(&self.ack.0.to_ne_bytes());
        out[60..64].copy_from_slice(&self.wire_len.to_ne_bytes());
        // With the bytes behind it, which are zero. Filling those is a call of a function, through
        // which no verifier before Linux 6.5 follows numbers back: it prunes nothing any more.
        out[64..72].copy_from_slice(&u64::from(self.chunks).to_ne_bytes());
    }

    /// Reads a header; `None` where it is not a whole segment record's.
    pub fn decode(record: &[u8]) -> Option<Self> {
        let mut at = Reader(record);
        if at.take::<1>()? != [Kind::Segment as u8] {
            return None;
        }
        let [flags, egress, wants] = at.take()?;
        let ifindex = u32::from_ne_bytes(at.take()?);
        let time_ns = u64::from_ne_bytes(at.take()?);
        let (src, dst) = (at.take()?, at.take()?);
        let (src_port, dst_port) = (at.take()?, at.take()?);
        let seq = Seq(u32::from_ne_bytes(at.take()?));
        let ack = Seq(u32::from_ne_bytes(at.take()?));
        let wire_len = u32::from_ne_bytes(at.take()?);
        let chunks = u16::try_from(u64::from_ne_bytes(at.take()?)).ok()?;
        Some(Self {
            time_ns,
            flow: Flow {
                src: Endpoint { addr: src, port: u16::from_ne_bytes(src_port) },
                dst: Endpoint { addr: dst, port: u16::from_ne_bytes(dst_port) },
            },
            ifindex,
            egress: egress != 0,
            flags: TcpFlags(flags),
            seq,
            ack,
            wire_len,
            chunks,
            wants: Wants::from_number(wants),
        })
    }
}

/// Copied bytes of a segment record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Offset of the first byte from the record's sequence number.
    pub offset: u32,
    /// What was copied.
    pub bytes: &'a [u8],
    /// Whether a frame is known to begin with it.
    pub frame_start: bool,
}

/// A chunk's header.
#[inline(always)]
pub fn encode_chunk_header(offset: u32, len: u16, flags: u16, out: &mut [u8; CHUNK_HEADER_LEN]) {
    out[0..4].copy_from_slice(&offset.to_ne_bytes());
    out[4..6].copy_from_slice(&len.to_ne_bytes());
    out[6..8].copy_from_slice(&flags.to_ne_bytes());
}

/// The chunks of a segment record, in order; stops at the first that is not whole.
pub fn chunks<'a>(
    record: &'a [u8],
    header: &SegmentHeader,
) -> impl Iterator<Item = Chunk<'a>> + use<'a> {
    let mut at = Reader(record.get(SEGMENT_HEADER_LEN..).unwrap_or_default());
    let count = header.chunks;
    (0..count).map_while(move |_| {
        let offset = u32::from_ne_bytes(at.take()?);
        let len = u16::from_ne_bytes(at.take()?);
        let flags = u16::from_ne_bytes(at.take()?);
        let bytes = at.slice(usize::from(len))?;
        Some(Chunk { offset, bytes, frame_start: flags & CHUNK_FRAME_START != 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> SegmentHeader {
        SegmentHeader {
            time_ns: 0x0102_0304_0506_0708,
            flow: Flow {
                src: Endpoint::v4([10, 0, 0, 1], 40000),
                dst: Endpoint::v6([7; 16], 9092),
            },
            ifindex: 3,
            egress: true,
            flags: TcpFlags(TcpFlags::ACK.0 | TcpFlags::FIN.0),
            seq: Seq(u32::MAX),
            ack: Seq(17),
            wire_len: 70_000,
            chunks: 2,
            wants: Wants::Here,
        }
    }

    fn record() -> Vec<u8> {
        let mut head = [0; SEGMENT_HEADER_LEN];
        header().encode(&mut head);
        let mut record = head.to_vec();
        for (offset, bytes, flags) in [(0, b"abc".as_slice(), 0), (9, b"", CHUNK_FRAME_START)] {
            let mut chunk = [0; CHUNK_HEADER_LEN];
            encode_chunk_header(offset, bytes.len() as u16, flags, &mut chunk);
            record.extend_from_slice(&chunk);
            record.extend_from_slice(bytes);
        }
        record
    }

    #[test]
    fn a_record_survives_the_round_trip() {
        let record = record();
        let read = SegmentHeader::decode(&record).unwrap();
        assert_eq!(read, header());
        let chunks: Vec<_> = chunks(&record, &read).collect();
        assert_eq!(chunks[0], Chunk { offset: 0, bytes: b"abc", frame_start: false });
        assert_eq!(chunks[1], Chunk { offset: 9, bytes: b"", frame_start: true });
        assert_eq!(chunks.len(), 2);
    }

    #[test]
    fn the_smallest_ring_takes_the_largest_skb() {
        assert_eq!(chunk_len(16 << 20), CHUNK_MAX);
        let chunk = chunk_len(4096);
        assert!(chunk * RECORDS_MAX >= 64 * 1024);
        assert!(chunk as usize + SEGMENT_HEADER_LEN + CHUNK_HEADER_LEN + 8 < 4096 / 2);
    }

    #[test]
    fn a_record_cut_anywhere_is_refused_or_shorter() {
        let record = record();
        for cut in 0..record.len() {
            let part = &record[..cut];
            match SegmentHeader::decode(part) {
                None => assert!(cut < SEGMENT_HEADER_LEN),
                Some(header) => assert!(chunks(part, &header).count() < 2),
            }
        }
    }
}
