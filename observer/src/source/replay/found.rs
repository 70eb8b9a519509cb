//! The TCP segment found in a packet: how long it was, and what of it is present.

use observer_common::owner::{Hook, Sighting};
use observer_common::packet::{Packet, Skip};

use super::Record;
use crate::input::{Chunk, Input, Intake, Segment, TcpFlags, Wants};
use crate::time::Timestamp;

/// The largest segment that is believed: twice what Linux builds (GSO_MAX_SIZE).
const MAX_SEGMENT_LEN: usize = 1 << 20;

/// A TCP segment in a captured packet.
pub struct Found<'a> {
    /// Its headers.
    pub packet: &'a Packet,
    /// Payload bytes on the wire.
    pub wire_len: u32,
    /// Those of them that are in memory.
    pub bytes: &'a [u8],
    /// The capture has fewer of them than were on the wire.
    pub is_cut: bool,
}

impl<'a> Found<'a> {
    /// What the record holds of it.
    ///
    /// The IP header's word on the length goes before the packet's own length, which may include
    /// a link's padding. It has none where the packet is larger than 64 KiB (GSO).
    pub fn new(packet: &'a Packet, record: &Record<'a>) -> Result<Self, Skip> {
        let present = record.captured_len;
        let end = match packet.ip_end {
            0 => present.max(record.original_len as usize),
            end => end,
        };
        let len = end.checked_sub(packet.payload_offset).ok_or(Skip::Malformed)?;
        if len > MAX_SEGMENT_LEN {
            return Err(Skip::Malformed);
        }
        let shown = end.min(record.bytes.len());
        let bytes = record.bytes.get(packet.payload_offset..shown).unwrap_or_default();
        let wire_len = u32::try_from(len).map_err(|_| Skip::Malformed)?;
        Ok(Self { packet, wire_len, bytes, is_cut: end > present })
    }

    /// The segment as a hook sees it.
    pub fn sighting(&self, hook: Hook, time: Timestamp) -> Sighting {
        let Packet { seq, flags, .. } = *self.packet;
        let fin = u32::from(flags.has(TcpFlags::FIN));
        Sighting {
            hook,
            time_ns: time.0,
            seq,
            end: seq.plus(self.wire_len).plus(fin),
            syn: flags.has(TcpFlags::SYN),
        }
    }

    /// Hands it over.
    pub fn deliver(&self, time: Option<Timestamp>, intake: &mut impl Intake) {
        let chunk = [Chunk { offset: 0, bytes: self.bytes, frame_start: false }];
        let chunks = if self.bytes.is_empty() { &[][..] } else { &chunk };
        intake.input(Input::Segment(Segment { chunks, ..self.unshown(time) }));
    }

    /// The segment, of which nothing is shown yet.
    pub fn unshown(&self, time: Option<Timestamp>) -> Segment<'static> {
        let Packet { flow, seq, ack, flags, .. } = *self.packet;
        Segment {
            time,
            flow,
            seq,
            ack: flags.has(TcpFlags::ACK).then_some(ack),
            flags,
            wire_len: self.wire_len,
            is_first: true,
            is_last: true,
            chunks: &[],
            wants: Wants::Nothing,
        }
    }
}
