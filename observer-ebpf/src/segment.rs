//! From an skb to ring records: TCP segments of watched ports, at the hook that owns their flow.
//!
//! A pure acknowledgment makes no record. The other direction's payload carries the same number, and
//! where there is none the stream gives a hole up after a time; a record for every acknowledgment
//! would cost as much ring as small requests do.

use aya_ebpf::programs::TcContext;
use aya_log_ebpf::debug;
use observer_common::TcpFlags;
use observer_common::counters::{Counter, Counters};
use observer_common::flow_state::Mode;
use observer_common::packet::{Link, Skip, parse};

use crate::ring::{self, Segment};
use crate::skb::Skb;
use crate::{flows, maps};

/// Why a packet made no record.
pub enum Ignored {
    /// There is no such packet on a watched port.
    Packet(Skip),
    /// Neither port is watched.
    NotWatched,
    /// Neither payload nor a change of the connection's state.
    NoPayload,
    /// Another hook observes this flow.
    Foreign,
    /// The per-CPU maps are not there; cannot happen.
    NoScratch,
}

/// Flags that tell of a connection's state.
const STATE_FLAGS: TcpFlags = TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0 | TcpFlags::RST.0);

/// Observes a packet.
#[inline(always)]
pub fn observe(ctx: &TcContext, link: Link, egress: bool) -> Result<(), Ignored> {
    let skb = Skb(ctx);
    let packet = parse(&skb, link).map_err(|skip| skipped(ctx, skip))?;
    if !maps::watched(packet.flow.dst.port) && !maps::watched(packet.flow.src.port) {
        return Err(Ignored::NotWatched);
    }
    let payload_len = packet.payload_len(skb.len(), skb.segmented()) as u32;
    if payload_len == 0 && !packet.flags.has(STATE_FLAGS) {
        return Err(Ignored::NoPayload);
    }
    let counters = maps::counters().ok_or(Ignored::NoScratch)?;
    let segment = Segment { skb, egress, packet: &packet, payload_len, time_ns: ring::now() };
    let Some(mode) = flows::admit(&packet.flow, &segment.sighting()) else {
        counters.add(Counter::ForeignBytes, u64::from(payload_len));
        return Err(Ignored::Foreign);
    };
    counters.add(Counter::Seen, u64::from(payload_len));
    match mode {
        Mode::Copy => segment.submit(counters),
        Mode::CountOnly => {
            counters.add(Counter::CountOnlyBytes, u64::from(payload_len));
            // The end of a connection is told also where its bytes are only counted.
            if packet.flags.has(STATE_FLAGS) { segment.submit_flags(counters) } else { Ok(()) }
        }
    }
}

#[inline(always)]
fn skipped(ctx: &TcContext, skip: Skip) -> Ignored {
    match skip {
        Skip::Fragment => count(Counter::Fragments),
        Skip::Malformed => {
            count(Counter::Malformed);
            debug!(ctx, "a malformed packet of {} bytes", ctx.len());
        }
        Skip::NotIp | Skip::NotTcp => {}
    }
    Ignored::Packet(skip)
}

#[inline(always)]
fn count(counter: Counter) {
    if let Some(counters) = maps::counters() {
        Counters::add(counters, counter, 1);
    }
}
