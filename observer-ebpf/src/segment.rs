//! From an skb to ring records: TCP segments of watched ports, at the hook that owns their flow.
//!
//! A pure acknowledgment makes no record. The other direction's payload carries the same number, and
//! where there is none the stream gives a hole up after a time; a record for every acknowledgment
//! would cost as much ring as small requests do.

use aya_ebpf::programs::TcContext;
use aya_log_ebpf::debug;
use observer_common::TcpFlags;
use observer_common::counters::{Counter, Counters};
use observer_common::flow_state::{FlowState, Plan};
use observer_common::packet::{Link, Packet, Skip, parse, parse_plain};

use crate::cpu::Cpu;
use crate::flows::{self, Admission};
use crate::front::{AtHand, Front};
use crate::ring::Segment;
use crate::seen::Seen;
use crate::sieve::{Desk, Plain};
use crate::skb::Skb;
use crate::table::{self, Near};
use crate::{cpu, maps, measure, sieve};

/// Observes a packet; with `SIEVE` only metadata is copied where a direction is in step.
#[inline(always)]
pub fn observe<const ETHERNET: bool, const EGRESS: bool, const SIEVE: bool>(ctx: &TcContext) {
    let Some(Cpu { seen, desk, clock }) = cpu::this() else { return };
    if !notice::<ETHERNET, EGRESS>(ctx, seen) {
        return;
    }
    let Some(counters) = maps::counters() else { return };
    let Some(near) = table::near(seen.flow()) else { return };
    cpu::fetch::<_, 4>(desk);
    cpu::fetch::<_, 2>(counters);
    seen.time_ns = if SIEVE
        && EGRESS
        && let Some(sent_ns) = Skb(ctx).sent_ns()
    {
        clock.time_of(sent_ns)
    } else {
        clock.now()
    };
    let segment = Segment { skb: Skb(ctx), seen };
    if !SIEVE {
        return take_whole(segment, near, &mut desk.slot, counters);
    }
    let state = match sieve::take_plain(segment, near, desk, counters) {
        Plain::Taken => return,
        Plain::Begun(state) => {
            desk.has_begun = 1;
            Some(state)
        }
        Plain::Odd(state) => state,
    };
    take(ctx, seen, desk, counters, state);
}

/// Notes the segment that a packet holds, if it is one to look at.
// What it has on its stack, others may use when it has returned.
#[inline(never)]
fn notice<const ETHERNET: bool, const EGRESS: bool>(ctx: &TcContext, seen: &mut Seen) -> bool {
    let found = if ETHERNET {
        look::<54>(Skb(ctx), Link::Ethernet, &mut seen.packet)
    } else {
        look::<40>(Skb(ctx), Link::Ip, &mut seen.packet)
    };
    match found {
        Ok(()) => note(Skb(ctx), EGRESS, seen),
        Err(why) => look_again(ctx, link::<ETHERNET>(), EGRESS, seen, why),
    }
}

/// Finds the segment of what nearly all packets are, whose headers have so many bytes.
#[inline(always)]
fn look<const HEADERS: usize>(skb: Skb<'_>, link: Link, found: &mut Packet) -> Result<(), Skip> {
    let front = AtHand::<HEADERS>::of(skb).ok_or(Skip::Malformed)?;
    parse_plain(&front, link, found)
}

/// What was not found is looked for again, as its headers may be others, or lie elsewhere.
#[inline(never)]
fn look_again(ctx: &TcContext, link: Link, egress: bool, seen: &mut Seen, why: Skip) -> bool {
    let mut found = Err(why);
    if why == Skip::Malformed {
        let front = Front::copy(Skb(ctx), &mut seen.front);
        found = parse(&front, link, &mut seen.packet);
    }
    if found == Err(Skip::Malformed) {
        found = parse(&Skb(ctx), link, &mut seen.packet);
    }
    match found {
        Ok(()) => return note(Skb(ctx), egress, seen),
        Err(why) => count(ctx, why),
    }
    false
}

/// Counts what should have been a segment.
#[inline(always)]
fn count(ctx: &TcContext, why: Skip) {
    match why {
        Skip::Fragment => maps::count(Counter::Fragments),
        Skip::Malformed => {
            maps::count(Counter::Malformed);
            debug!(ctx, "a malformed packet of {} bytes", ctx.len());
        }
        Skip::NotIp | Skip::NotTcp => {}
    }
}

const fn link<const ETHERNET: bool>() -> Link {
    if ETHERNET { Link::Ethernet } else { Link::Ip }
}

/// Notes the segment, if it has payload or tells of a connection's state, and is of a watched port.
#[inline(always)]
fn note(skb: Skb<'_>, egress: bool, seen: &mut Seen) -> bool {
    let packet = &seen.packet;
    let payload_len = packet.payload_len(skb.len(), skb.segmented()) as u32;
    if payload_len > 0 || seen.ends() {
        let (a, b) = (packet.flow.src.port, packet.flow.dst.port);
        // A broker's is nearly always the lower one.
        let (lower, higher) = if a < b { (a, b) } else { (b, a) };
        if maps::watched(lower) || maps::watched(higher) {
            seen.note(skb, payload_len, egress);
            return true;
        }
    }
    false
}

/// Takes a segment, if this hook is the one to do so, or goes on with it, if its walk has begun. `state` is
/// what is remembered of its direction.
// It is off the way that nearly all go.
#[inline(never)]
fn take(
    ctx: &TcContext,
    seen: &Seen,
    desk: &mut Desk,
    counters: &mut Counters,
    state: Option<&'static mut FlowState>,
) {
    let segment = Segment { skb: Skb(ctx), seen };
    let goes_on = core::mem::take(&mut desk.has_begun) != 0;
    let state = match state {
        Some(state) if goes_on => state,
        state => match admit::<true>(segment, state, &mut desk.slot, counters) {
            Admission::Owned(state, _) => state,
            Admission::NoRoom => return sieve::copy(segment, desk, counters),
            Admission::Foreign => return,
        },
    };
    sieve::take(segment, desk, state, goes_on, counters);
}

/// What is remembered of the segment's direction, if this hook is the one to take it, and if there is room.
#[inline(always)]
fn admit<const SIEVE: bool>(
    segment: Segment<'_>,
    state: Option<&'static mut FlowState>,
    place: &mut u32,
    counters: &mut Counters,
) -> Admission {
    let seen = segment.seen;
    let admission = flows::admit(state, seen.flow(), &seen.sighting(), place, counters);
    let counter = match admission {
        Admission::Foreign => Counter::ForeignBytes,
        Admission::NoRoom | Admission::Owned(..) => Counter::Seen,
    };
    counters.add(counter, u64::from(seen.len));
    let flags = seen.packet.flags;
    if flags.has(TcpFlags(TcpFlags::FIN.0 | TcpFlags::RST.0)) {
        table::note_end(*place, seen.time_ns, flags.has(TcpFlags::RST));
    }
    if let Admission::Owned(_, last_ns) = admission
        && measure::due(last_ns, seen.time_ns) != 0
    {
        measure::measure::<SIEVE>(segment.skb.raw().cast(), seen);
    }
    admission
}

/// Copies a segment as it is, or counts it, if this hook is the one to do so.
#[inline(always)]
fn take_whole(segment: Segment<'_>, near: Near, place: &mut u32, counters: &mut Counters) {
    let seen = segment.seen;
    let plan = match admit::<false>(segment, table::find(near, seen.flow(), place), place, counters)
    {
        Admission::Foreign => return,
        Admission::NoRoom => Plan::Copy,
        Admission::Owned(state, _) => {
            if let Some(order) = maps::take_order(seen.flow()) {
                state.obey(order);
            }
            state.plan_whole(&seen.span())
        }
    };
    if plan == Plan::Count {
        segment.count_only(counters);
    } else {
        segment.submit(0, seen.len, counters);
    }
}
