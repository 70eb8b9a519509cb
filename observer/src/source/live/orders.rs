//! Orders to the kernel: given here, obeyed with the next segment of their direction, if one comes. Those
//! that wait longest are taken back where there are too many; then their direction goes on as it is.

use aya::maps::{HashMap, MapData};
use hashlink::LruCache;
use observer_common::Flow;
use observer_common::order::{ORDERS_MAX, Order};

type Key = [u8; size_of::<Flow>()];

/// The kernel's map, and what was put into it.
pub(super) struct Orders {
    map: HashMap<MapData, Key, u64>,
    /// Directions whose order the kernel has not been seen to obey, the oldest first; as many as the map
    /// has room for.
    given: LruCache<Key, ()>,
    evicted: u64,
}

impl Orders {
    /// None yet.
    pub fn new(map: HashMap<MapData, Key, u64>) -> Self {
        Self { map, given: LruCache::new_unbounded(), evicted: 0 }
    }

    /// Gives an order, in the place of one that the direction has not obeyed yet.
    pub fn give(&mut self, flow: Flow, order: Order) {
        let key = flow.key();
        self.given.insert(key, ());
        if self.given.len() > ORDERS_MAX as usize
            && let Some((oldest, ())) = self.given.remove_lru()
            && self.map.remove(&oldest).is_ok()
        {
            self.evicted += 1;
        }
        if self.map.insert(key, order.encode(), 0).is_err() {
            self.evicted += 1;
        }
    }

    /// Orders that were not obeyed, for want of room.
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }
}
