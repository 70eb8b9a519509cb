//! The segment at hand, in a map: of values that it reads from there, the verifier knows nothing of the
//! many ways in which packets are laid out, so that what follows is verified once, not for each of them.

use observer_common::flow_state::Span;
use observer_common::hook::hook;
use observer_common::owner::Sighting;
use observer_common::packet::Packet;
use observer_common::record::{SegmentHeader, Wants};
use observer_common::{Flow, TcpFlags};

use crate::front::Room;
use crate::ring::now;
use crate::skb::Skb;

/// A TCP segment of a watched port.
#[repr(C)]
pub struct Seen {
    /// The header of a record that covers nothing yet.
    pub header: SegmentHeader,
    /// Interface that the segment was seen on.
    ifindex: u32,
    /// Whether it was leaving the host.
    egress: u32,
    /// Where the payload begins in the skb.
    pub payload: u32,
    /// Its length.
    pub len: u32,
    /// The first bytes of its packet.
    pub front: Room,
}

/// Flags that tell of a connection's state.
pub const STATE_FLAGS: TcpFlags = TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0 | TcpFlags::RST.0);

impl Seen {
    /// Notes a packet's segment.
    #[inline(always)]
    pub fn note(&mut self, skb: Skb<'_>, packet: &Packet, len: u32, egress: bool) {
        self.header = SegmentHeader {
            time_ns: now(),
            seq: packet.seq,
            ack: packet.ack,
            wire_len: 0,
            chunks: 0,
            flags: packet.flags,
            wants: Wants::Nothing,
            flow: packet.flow,
        };
        self.ifindex = skb.ifindex();
        self.egress = u32::from(egress);
        self.payload = packet.payload_offset as u32;
        self.len = len;
        // SAFETY: nothing is done. The compiler must not take the values from elsewhere.
        unsafe { core::arch::asm!("", options(nostack)) };
    }

    /// Its flow.
    #[inline(always)]
    pub fn flow(&self) -> &Flow {
        &self.header.flow
    }

    /// Whether its flags tell of a connection's beginning or end.
    #[inline(always)]
    pub fn ends(&self) -> bool {
        self.header.flags.has(STATE_FLAGS)
    }

    /// The segment as its flow's owner is told of it.
    #[inline(always)]
    pub fn sighting(&self) -> Sighting {
        let SegmentHeader { flags, seq, time_ns, .. } = self.header;
        Sighting {
            hook: hook(self.ifindex, self.egress != 0),
            time_ns,
            seq,
            end: seq.plus(self.len).plus(flags.has(TcpFlags::FIN) as u32),
            syn: flags.has(TcpFlags::SYN),
        }
    }

    /// The segment as its direction is told of it.
    #[inline(always)]
    pub fn span(&self) -> Span {
        let flags = self.header.flags;
        let syn = flags.has(TcpFlags::SYN).then_some(flags.has(TcpFlags::ACK));
        Span { seq: self.header.seq, len: self.len, syn }
    }
}
