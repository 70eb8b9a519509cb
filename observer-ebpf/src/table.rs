//! What is remembered of the directions of connections: `observer_common::slots` over an array.

use core::arch::asm;
use core::mem::offset_of;

use aya_ebpf::bindings::BPF_NOEXIST;
use aya_ebpf::macros::map;
use aya_ebpf::maps::{Array, HashMap};
use observer_common::counters::{Counter, Counters};
use observer_common::flow_state::FlowState;
use observer_common::slots::{self, Places, Slots, other};
use observer_common::{Endpoint, Flow};

use crate::clock::NEAR_NS;
use crate::config::{FLOW_SECRETS, FLOW_SETS};
use crate::cpu::fetch;
use crate::forget::forget;

/// A direction, and what is remembered of it.
#[repr(C)]
struct Slot {
    flow: Flow,
    state: FlowState,
    /// When it ended, or its connection; that holds as long as nothing is seen behind. CLOCK_MONOTONIC,
    /// nanoseconds.
    ended_ns: u64,
}

/// Directions of connections, those not seen for longest forgotten first; the loader sets its size.
#[map]
static FLOWS: Array<Slot> = Array::with_max_entries(65_536, 0);

/// A place where no direction stands.
#[map]
static FREE: Array<Slot> = Array::with_max_entries(1, 0);

/// The CPU that puts a connection into the table has an entry here.
#[map]
static CLAIM: HashMap<u32, u8> = HashMap::with_max_entries(1, 0);

/// How often to try to get it: many times what it takes.
const PATIENCE: u32 = 256;
/// A place that there is not.
const NOWHERE: u32 = u32::MAX;

/// Where a direction stands, most probably.
pub struct Near {
    slot: u32,
    entry: *mut Slot,
}

/// The place to look at first, which is asked for, so that it comes while something else is done.
#[inline(always)]
pub fn near(flow: &Flow) -> Option<Near> {
    let slot = places(flow).first();
    let entry = FLOWS.get_ptr_mut(slot)?;
    // SAFETY: as in `state`.
    fetch::<_, 5>(unsafe { &*entry });
    Some(Near { slot, entry })
}

/// What is remembered of a direction; notes where it stands.
#[inline(always)]
pub fn find(near: Near, flow: &Flow, place: &mut u32) -> Option<&'static mut FlowState> {
    let Near { mut slot, mut entry } = near;
    // SAFETY: as in `state`.
    if !unsafe { (*entry).flow.is(flow) } {
        slot = find_elsewhere(flow);
        entry = FLOWS.get_ptr_mut(slot)?;
    }
    *place = slot;
    Some(state(entry))
}

/// What is remembered of the direction beside it, if that was seen.
#[inline(always)]
pub fn find_other(slot: u32) -> Option<&'static mut FlowState> {
    at(other(slot)).filter(|state| state.owner().last_ns() != 0)
}

#[inline(never)]
fn find_elsewhere(flow: &Flow) -> u32 {
    places(flow).find_elsewhere(|slot| holds(slot, flow)).unwrap_or(NOWHERE)
}

#[inline(always)]
fn places(flow: &Flow) -> Places {
    Places::of(flow, FLOW_SETS.load(), &FLOW_SECRETS.load())
}

/// What is remembered there.
#[inline(always)]
pub fn at(slot: u32) -> Option<&'static mut FlowState> {
    FLOWS.get_ptr_mut(slot).map(state)
}

#[inline(always)]
fn state(mut entry: *mut Slot) -> &'static mut FlowState {
    // SAFETY: the entry is valid for the run of the program. Another CPU may write it at the same
    // time, or take it: it is made of integers, and any mixture is a valid state. The compiler must not add
    // before it is known that there is an entry.
    unsafe {
        asm!("{0} += {1}", inout(reg) entry, const offset_of!(Slot, state));
        &mut *entry.cast()
    }
}

/// Notes that the direction which stands here ends, or with `both` its connection.
#[inline(always)]
pub fn note_end(slot: u32, now_ns: u64, both: bool) {
    for (slot, ends) in [(slot, true), (other(slot), both)] {
        if ends && let Some(entry) = FLOWS.get_ptr_mut(slot) {
            // SAFETY: as in `state`.
            unsafe { (*entry).ended_ns = now_ns };
        }
    }
}

/// Puts a connection into the table, and notes where the direction stands then. Without a claim two CPUs could
/// put two connections there.
#[inline(never)]
pub fn remember(flow: &Flow, now_ns: u64, place: &mut u32, counters: &mut Counters) {
    *place = NOWHERE;
    for _ in 0..PATIENCE {
        if CLAIM.insert(0, 0, u64::from(BPF_NOEXIST)).is_ok() {
            put(flow, now_ns, place, counters);
            let _ = (0..PATIENCE).any(|_| CLAIM.remove(0).is_ok());
            return;
        }
    }
    counters.add(Counter::FlowsForgotten, 1);
}

#[inline(always)]
fn put(flow: &Flow, now_ns: u64, place: &mut u32, counters: &mut Counters) {
    // Another CPU may have put it there.
    if near(flow).and_then(|near| find(near, flow, place)).is_some() {
        return;
    }
    let Some(free) = FREE.get(0) else { return };
    let slot = places(flow).oldest(&mut Table { now_ns, forgotten: place });
    name(slot, &flow.src, &flow.dst, free, counters);
    name(other(slot), &flow.dst, &flow.src, free, counters);
    *place = slot;
}

/// A direction of which nothing is remembered takes the place of another.
#[inline(always)]
fn name(slot: u32, src: &Endpoint, dst: &Endpoint, free: &Slot, counters: &mut Counters) {
    let Some(entry) = FLOWS.get_ptr_mut(slot) else { return };
    // SAFETY: as above.
    let entry = unsafe { &mut *entry };
    if !entry.has_ended() {
        counters.add(Counter::FlowsForgotten, 1);
    }
    let _ = FLOWS.set(slot, free, 0);
    // SAFETY: they are references. Nothing is remembered before it has a name.
    unsafe {
        (&raw mut entry.flow.src).write_volatile(*src);
        (&raw mut entry.flow.dst).write_volatile(*dst);
    }
}

impl Slot {
    /// Whether nothing is to be expected of the direction. What was sent last may seem to come behind its end, as
    /// far as times may be from the clock.
    #[inline(always)]
    fn has_ended(&self) -> bool {
        self.state.owner().last_ns() <= self.ended_ns.saturating_add(NEAR_NS)
    }
}

/// The table, as its places are chosen by.
struct Table<'a> {
    now_ns: u64,
    /// See [`forget`].
    forgotten: &'a mut u32,
}

/// Of a connection that has ended some packets may still come, for which its place is kept so long.
const LINGER_NS: u64 = 4_000_000_000;
/// The unit of ages, as a shift of nanoseconds: 32 bits of it are seven weeks.
const UNIT: u32 = 20;

impl Slots for Table<'_> {
    #[inline(always)]
    fn age(&self, slot: u32) -> u32 {
        let (Some(one), Some(another)) = (FLOWS.get(slot), FLOWS.get(other(slot))) else {
            return slots::FREE;
        };
        let last_ns = one.state.owner().last_ns().max(another.state.owner().last_ns());
        let age_ns = self.now_ns.saturating_sub(last_ns);
        let has_ended = one.has_ended() && another.has_ended() && age_ns > LINGER_NS;
        if last_ns == 0 && one.flow.dst.port != 0 {
            // It was just put there.
            return 0;
        }
        if last_ns == 0 || has_ended {
            return slots::FREE;
        }
        (age_ns >> UNIT).min(u64::from(slots::FREE) - 1) as u32
    }

    #[inline(always)]
    fn forget(&mut self, number: u32) -> u32 {
        forget(self.forgotten, number)
    }
}

/// Whether this direction stands here.
#[inline(always)]
fn holds(slot: u32, flow: &Flow) -> bool {
    FLOWS.get(slot).is_some_and(|entry| entry.flow.is(flow))
}
