//! From an skb to ring records: TCP segments of watched ports, at the hook that owns their flow.
//!
//! A pure acknowledgment makes no record. The other direction's payload carries the same number, and
//! where there is none the stream gives a hole up after a time; a record for every acknowledgment
//! would cost as much ring as small requests do.

use aya_ebpf::programs::TcContext;
use aya_log_ebpf::debug;
use observer_common::counters::{Counter, Counters};
use observer_common::flow_state::{FlowState, Plan};
use observer_common::packet::{Link, Skip, parse};

use crate::cpu::Cpu;
use crate::flows::{self, Admission};
use crate::front::Front;
use crate::ring::Segment;
use crate::seen::{STATE_FLAGS, Seen};
use crate::sieve::Desk;
use crate::skb::Skb;
use crate::{cpu, maps, measure, sieve};

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

/// Observes a packet; with `SIEVE` only metadata is copied where a direction is in step.
#[inline(always)]
pub fn observe<const SIEVE: bool>(
    ctx: &TcContext,
    link: Link,
    egress: bool,
) -> Result<(), Ignored> {
    let Cpu { seen, desk } = cpu::this().ok_or(Ignored::NoScratch)?;
    notice(ctx, link, egress, seen)?;
    let counters = maps::counters().ok_or(Ignored::NoScratch)?;
    cpu::fetch::<_, 4>(desk);
    cpu::fetch::<_, 2>(counters);
    take::<SIEVE>(Segment { skb: Skb(ctx), seen }, desk, counters)
}

/// Notes the segment that a packet holds, if it is one to look at.
// What it has on its stack, others may use when it has returned.
#[inline(never)]
fn notice(ctx: &TcContext, link: Link, egress: bool, seen: &mut Seen) -> Result<(), Ignored> {
    let skb = Skb(ctx);
    let packet =
        parse(&Front::load(skb, &mut seen.front), link).map_err(|skip| skipped(ctx, skip))?;
    let payload_len = packet.payload_len(skb.len(), skb.segmented()) as u32;
    if payload_len == 0 && !packet.flags.has(STATE_FLAGS) {
        return Err(Ignored::NoPayload);
    }
    let (a, b) = (packet.flow.src.port, packet.flow.dst.port);
    // A broker's is nearly always the lower one.
    let (lower, higher) = if a < b { (a, b) } else { (b, a) };
    if !maps::watched(lower) && !maps::watched(higher) {
        return Err(Ignored::NotWatched);
    }
    seen.note(skb, &packet, payload_len, egress);
    Ok(())
}

/// Takes a segment, if this hook is the one to do so.
#[inline(always)]
fn take<const SIEVE: bool>(
    segment: Segment<'_>,
    desk: &mut Desk,
    counters: &mut Counters,
) -> Result<(), Ignored> {
    let len = segment.seen.len;
    match flows::admit(segment.seen.flow(), &segment.seen.sighting(), counters) {
        Admission::Foreign => {
            counters.add(Counter::ForeignBytes, u64::from(len));
            Err(Ignored::Foreign)
        }
        Admission::NoRoom => {
            counters.add(Counter::Seen, u64::from(len));
            if !SIEVE {
                return segment.submit(0, len, counters);
            }
            sieve::copy(segment, desk, counters);
            Ok(())
        }
        Admission::Owned(state, last_ns) => {
            counters.add(Counter::Seen, u64::from(len));
            if measure::is_due(last_ns, segment.seen.header.time_ns) {
                measure::measure(segment.skb.raw().cast(), segment.seen);
            }
            if !SIEVE {
                return take_whole(segment, state, counters);
            }
            sieve::take(segment, desk, state, counters);
            Ok(())
        }
    }
}

/// Copies a segment as it is, or counts it.
#[inline(always)]
fn take_whole(
    segment: Segment<'_>,
    state: &mut FlowState,
    counters: &mut Counters,
) -> Result<(), Ignored> {
    if let Some(order) = maps::take_order(segment.seen.flow()) {
        state.obey(order);
    }
    if state.plan_whole(&segment.seen.span()) == Plan::Count {
        segment.count_only(counters)
    } else {
        segment.submit(0, segment.seen.len, counters)
    }
}

#[inline(always)]
fn skipped(ctx: &TcContext, skip: Skip) -> Ignored {
    match skip {
        Skip::Fragment => maps::count(Counter::Fragments),
        Skip::Malformed => {
            maps::count(Counter::Malformed);
            debug!(ctx, "a malformed packet of {} bytes", ctx.len());
        }
        Skip::NotIp | Skip::NotTcp => {}
    }
    Ignored::Packet(skip)
}
