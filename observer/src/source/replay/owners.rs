//! The owners of flow directions, as many as are recent.

use std::collections::HashMap;

use observer_common::owner::{Owner, Sighting};

use crate::input::Flow;

/// Flow directions in one generation; both together take about 20 MB when full.
const GENERATION: usize = 1 << 16;

/// A bounded table in two generations: when the young one is full it becomes the old one, and the
/// one that was old, of which nothing was seen since, is forgotten.
#[derive(Debug)]
pub struct Owners {
    young: HashMap<Flow, Owner>,
    old: HashMap<Flow, Owner>,
    generation: usize,
    evicted: u64,
}

impl Default for Owners {
    fn default() -> Self {
        Self::with_generation(GENERATION)
    }
}

impl Owners {
    fn with_generation(generation: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation, evicted: 0 }
    }

    /// Whether a sighting counts. A direction without an owner is its first hook's.
    pub fn admit(&mut self, flow: Flow, seen: &Sighting) -> bool {
        if let Some(owner) = self.young.get_mut(&flow) {
            return owner.admits(seen);
        }
        let mut owner = self.old.remove(&flow);
        let admitted = owner.as_mut().is_none_or(|owner| owner.admits(seen));
        self.insert(flow, owner.unwrap_or_else(|| Owner::new(seen)));
        admitted
    }

    /// Directions forgotten.
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    fn insert(&mut self, flow: Flow, owner: Owner) {
        if self.young.len() >= self.generation {
            self.evicted = self.evicted.saturating_add(self.old.len() as u64);
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(flow, owner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Endpoint, Seq};
    use observer_common::owner::Hook;

    fn flow(n: u32) -> Flow {
        Flow { src: Endpoint::v4(n.to_be_bytes(), 1), dst: Endpoint::v4([9; 4], 9092) }
    }

    fn seen(hook: u64) -> Sighting {
        Sighting { hook: Hook(hook), time_ns: 0, seq: Seq(0), end: Seq(10), syn: false }
    }

    #[test]
    fn the_table_is_bounded_and_keeps_what_is_in_use() {
        let mut owners = Owners::with_generation(100);
        for n in 1..10_000 {
            assert!(owners.admit(flow(n), &seen(1)));
            assert!(owners.admit(flow(0), &seen(1)), "the owner of a direction in use");
            assert!(!owners.admit(flow(0), &seen(2)), "a copy of a direction in use");
            assert!(owners.young.len() + owners.old.len() <= 200);
        }
        assert!(owners.evicted() > 9_000);
        assert!(owners.admit(flow(1), &seen(2)), "forgotten, so anybody's");
    }
}
