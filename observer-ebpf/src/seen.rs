//! The segment at hand, in a map: of values that it reads from there, the verifier knows nothing of the
//! many ways in which packets are laid out, so that what follows is verified once, not for each of them.

use observer_common::flow_state::Span;
use observer_common::hook::hook;
use observer_common::owner::{Hook, Sighting};
use observer_common::packet::Packet;
use observer_common::record::{SegmentHeader, Wants};
use observer_common::{Flow, TcpFlags};

use crate::front::Room;
use crate::skb::Skb;

/// A TCP segment of a watched port.
#[repr(C)]
pub struct Seen {
    /// When; CLOCK_MONOTONIC, nanoseconds.
    pub time_ns: u64,
    /// Its headers.
    pub packet: Packet,
    /// Where it was seen.
    hook: Hook,
    /// Bytes of its payload.
    pub len: u32,
    /// The first bytes of its packet.
    pub front: Room,
}

/// Flags that tell of a connection's state.
const STATE_FLAGS: TcpFlags = TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0 | TcpFlags::RST.0);

impl Seen {
    /// Notes the segment of the packet at hand, whose headers are; its time is noted last.
    #[inline(always)]
    pub fn note(&mut self, skb: Skb<'_>, len: u32, egress: bool) {
        self.hook = hook(skb.ifindex(), egress);
        self.len = len;
    }

    /// The header of a record that covers nothing yet.
    #[inline(always)]
    pub const fn header(&self) -> SegmentHeader {
        let Packet { flow, seq, ack, flags, .. } = self.packet;
        let time_ns = self.time_ns;
        SegmentHeader {
            time_ns,
            seq,
            ack,
            wire_len: 0,
            chunks: 0,
            flags,
            wants: Wants::Nothing,
            flow,
        }
    }

    /// Its flow.
    #[inline(always)]
    pub fn flow(&self) -> &Flow {
        &self.packet.flow
    }

    /// Whether its flags tell of a connection's beginning or end.
    #[inline(always)]
    pub fn ends(&self) -> bool {
        self.oddities() != 0
    }

    /// Not 0 if they do.
    #[inline(always)]
    pub fn oddities(&self) -> u64 {
        u64::from(self.packet.flags.0 & STATE_FLAGS.0)
    }

    /// The flags of a part of it: SYN belongs to the first byte, FIN and RST to the last.
    #[inline(always)]
    pub fn flags(&self, is_first: bool, is_last: bool) -> TcpFlags {
        let mut flags = self.packet.flags.0;
        if self.ends() {
            if !is_first {
                flags &= !TcpFlags::SYN.0;
            }
            if !is_last {
                flags &= !(TcpFlags::FIN.0 | TcpFlags::RST.0);
            }
        }
        TcpFlags(flags)
    }

    /// The segment as its flow's owner is told of it.
    #[inline(always)]
    pub fn sighting(&self) -> Sighting {
        let Packet { flags, seq, .. } = self.packet;
        // Of the flags, FIN is the lowest, and counts as a byte.
        let fin = u32::from(flags.0 & TcpFlags::FIN.0);
        Sighting {
            hook: self.hook,
            time_ns: self.time_ns,
            seq,
            end: seq.plus(self.len).plus(fin),
            syn: flags.has(TcpFlags::SYN),
        }
    }

    /// The segment as its direction is told of it.
    #[inline(always)]
    pub fn span(&self) -> Span {
        let Packet { flags, seq, .. } = self.packet;
        let syn = flags.has(TcpFlags::SYN).then_some(flags.has(TcpFlags::ACK));
        Span { seq, len: self.len, syn }
    }
}
