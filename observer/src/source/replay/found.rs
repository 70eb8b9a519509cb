//! The TCP segment found in a packet: how long it was, and what of it is present.

use observer_common::owner::{Hook, Sighting};
use observer_common::packet::{Packet, Skip};

use super::Record;
use crate::input::{Chunk, Input, Segment, TcpFlags, Wants};
use crate::time::Timestamp;

/// The largest segment that is believed: twice what Linux builds (GSO_MAX_SIZE).
const MAX_SEGMENT_LEN: usize = 1 << 20;

/// A TCP segment in a captured packet.
pub struct Found<'a> {
    /// Its headers.
    pub packet: &'a Packet,
    /// Payload bytes on the wire.
    pub wire_len: u32,
    /// Those of them that are present.
    pub bytes: &'a [u8],
}

impl<'a> Found<'a> {
    /// What the record holds of it.
    ///
    /// The IP header's word on the length goes before the packet's own length, which may include
    /// a link's padding. It has none where the packet is larger than 64 KiB (GSO).
    pub fn new(packet: &'a Packet, record: &Record<'a>) -> Result<Self, Skip> {
        let present = record.bytes.len();
        let end = match packet.ip_end {
            0 => present.max(record.original_len as usize),
            end => end,
        };
        let len = end.checked_sub(packet.payload_offset).ok_or(Skip::Malformed)?;
        if len > MAX_SEGMENT_LEN {
            return Err(Skip::Malformed);
        }
        let bytes = record.bytes.get(packet.payload_offset..end.min(present)).unwrap_or_default();
        let wire_len = u32::try_from(len).map_err(|_| Skip::Malformed)?;
        Ok(Self { packet, wire_len, bytes })
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
    pub fn deliver(&self, time: Option<Timestamp>, deliver: &mut impl FnMut(Input<'_>)) {
        let Packet { flow, seq, ack, flags, .. } = *self.packet;
        let chunk = [Chunk { offset: 0, bytes: self.bytes, frame_start: false }];
        deliver(Input::Segment(Segment {
            time,
            flow,
            seq,
            ack: flags.has(TcpFlags::ACK).then_some(ack),
            flags,
            wire_len: self.wire_len,
            chunks: if self.bytes.is_empty() { &[] } else { &chunk },
            wants: Wants::Nothing,
        }));
    }
}
