//! The maps, and what is done with them in more than one place.

use aya_ebpf::macros::map;
use aya_ebpf::maps::{Array, HashMap, LruHashMap, PerCpuArray, RingBuf};
use observer_common::Flow;
use observer_common::counters::{Counter, Counters};
use observer_common::order::{ORDERS_MAX, Order};
use observer_common::owner::Hook;
use observer_common::ports::{PORT_WORDS, bit_of, word_of};

use crate::ring::Scratch;
use crate::socket::SocketState;

/// Segment and socket records for the daemon, where the programs do not write [a ring](crate::own_ring)
/// themselves; where they do, it wakes the daemon. The loader sets its size.
#[map]
pub static RING: RingBuf = RingBuf::with_byte_size(16 << 20, 0);

/// Watched ports, a bit each.
#[map]
static PORTS: Array<u64> = Array::with_max_entries(PORT_WORDS as u32, 0);

/// What the daemon asks to do with a direction; see `observer_common::order`. The daemon takes back
/// the oldest where there are too many.
#[map]
static ORDERS: HashMap<Flow, u64> = HashMap::with_max_entries(ORDERS_MAX, 0);

/// Hooks that are attached.
#[map]
static HOOKS: HashMap<u64, u8> = HashMap::with_max_entries(16_384, 0);

/// Sockets measured lately, by cookie, the least recently measured forgotten first; the loader sets its
/// size. One that is not there when it closes was forgotten, and is counted then.
#[map]
pub static SOCKETS: LruHashMap<u64, SocketState> = LruHashMap::with_max_entries(16_384, 0);

/// What was counted on each CPU.
#[map]
static COUNTERS: PerCpuArray<Counters> = PerCpuArray::with_max_entries(1, 0);

/// Where records are put together.
#[map]
static SCRATCH: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

/// Whether a port is watched.
#[inline(always)]
pub fn watched(port: u16) -> bool {
    PORTS.get(word_of(port)).is_some_and(|word| word & bit_of(port) != 0)
}

/// Whether a hook is still attached.
#[inline(always)]
pub fn attached(hook: Hook) -> bool {
    HOOKS.get_ptr(hook.0).is_some()
}

/// What the daemon asks to do with a direction.
#[inline(always)]
pub fn take_order(flow: &Flow) -> Option<Order> {
    // SAFETY: an integer; if it changes while it is read, either is an order.
    let order = unsafe { ORDERS.get(flow).copied() }?;
    let _ = ORDERS.remove(flow);
    Order::decode(order)
}

/// This CPU's counters.
#[inline(always)]
pub fn counters() -> Option<&'static mut Counters> {
    // SAFETY: an entry of a per-CPU array outlives the program, and no other CPU writes it.
    COUNTERS.get_ptr_mut(0).map(|counters| unsafe { &mut *counters })
}

/// Counts one.
#[inline(always)]
pub fn count(counter: Counter) {
    if let Some(counters) = counters() {
        counters.add(counter, 1);
    }
}

/// This CPU's scratch space.
#[inline(always)]
pub fn scratch() -> Option<&'static mut Scratch> {
    // SAFETY: as for the counters.
    SCRATCH.get_ptr_mut(0).map(|scratch| unsafe { &mut *scratch })
}
