//! Where the kernel remembers directions: which places of an array a connection may have.
//!
//! An array's entries are found without a call of the kernel, and a hash map's with four, which was an eighth
//! of what a small exchange costs. The two directions of a connection stand side by side, as a request tells
//! the other direction what its response will be. A connection may stand in one of two sets of a few places
//! each, so the table is mostly full before one is forgotten that could have stayed.

use crate::{Endpoint, Flow};

/// Connections of a set.
const WAYS: u32 = 8;
/// Places of a set: each of its connections has two.
const SET: u32 = 2 * WAYS;
/// Places that a direction may have.
const PLACES: u32 = 2 * WAYS;

/// The sets that a table for so many directions has; at least one.
pub const fn sets(directions: u32) -> u32 {
    let sets = directions.div_ceil(SET);
    if sets == 0 { 1 } else { sets }
}

/// The places of so many sets.
pub const fn slots(sets: u32) -> u32 {
    sets.saturating_mul(SET)
}

/// The place of the other direction of a connection.
#[inline(always)]
pub const fn other(slot: u32) -> u32 {
    slot ^ 1
}

/// What stands in the places.
pub trait Slots {
    /// For how long no direction of the connection that stands here was seen, in any unit; [`FREE`] if none
    /// does, or one that has long ended.
    fn age(&self, slot: u32) -> u32;
    /// The same number, of which a verifier forgets how it came about.
    fn forget(&mut self, number: u32) -> u32 {
        number
    }
}

/// The age of a place that is free.
pub const FREE: u32 = u32::MAX;

/// Numbers that nobody else knows.
pub type Secrets = [u64; 4];

/// The places of a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    sets: [u32; 2],
    /// Which of the two directions it is.
    side: u32,
}

impl Places {
    /// Of this flow, in a table of so many sets. Whoever does not know the secrets cannot choose connections
    /// that push others out.
    #[inline(always)]
    pub fn of(flow: &Flow, sets: u32, secrets: &Secrets) -> Self {
        let (src, dst) = (&flow.src, &flow.dst);
        // Both directions have the same places.
        let hash = mix(mix_end(src, secrets).wrapping_add(mix_end(dst, secrets)), secrets[3]);
        let is_second = src.port > dst.port || src.port == dst.port && src.halves() > dst.halves();
        let set = |hash: u64| (((hash & 0xffff_ffff) * u64::from(sets)) >> 32) as u32;
        Self { sets: [set(hash >> 32), set(hash)], side: u32::from(is_second) }
    }

    /// The place where nearly all are.
    #[inline(always)]
    pub const fn first(&self) -> u32 {
        self.at(0)
    }

    /// Where else it stands, if it does.
    #[inline(always)]
    pub fn find_elsewhere(&self, holds: impl Fn(u32) -> bool) -> Option<u32> {
        (1..PLACES).map(|n| self.at(n)).find(|slot| holds(*slot))
    }

    /// The place to take for a direction that stands nowhere: in the set with more that are free, or where none
    /// is, that of the connection that was not seen for longest.
    #[inline(always)]
    pub fn oldest(&self, slots: &mut impl Slots) -> u32 {
        let begin = u32::from(self.free(1, slots) > self.free(0, slots));
        let (mut oldest, mut most) = (self.at(begin), 0);
        for n in begin..begin + PLACES {
            let slot = self.at(n % PLACES);
            let age = slots.age(slot);
            if age > most {
                (oldest, most) = (slot, age);
            }
            (oldest, most) = (slots.forget(oldest), slots.forget(most));
        }
        oldest
    }

    /// Places of a set that are free.
    #[inline(always)]
    fn free(&self, set: u32, slots: &mut impl Slots) -> u32 {
        let mut free = 0;
        for way in 0..WAYS {
            free += u32::from(slots.age(self.at(set + 2 * way)) == FREE);
            free = slots.forget(free);
        }
        free
    }

    /// The two sets take turns.
    #[inline(always)]
    const fn at(&self, n: u32) -> u32 {
        let [first, second] = self.sets;
        let set = if n.is_multiple_of(2) { first } else { second };
        set * SET + n / 2 * 2 + self.side
    }
}

#[inline(always)]
fn mix_end(end: &Endpoint, secrets: &Secrets) -> u64 {
    let [a, b] = end.halves();
    let numbers = [a, b, u64::from(end.port)].into_iter().zip(secrets);
    mix(
        numbers.fold(0, |sum, (number, secret)| sum.wrapping_add(number.wrapping_mul(*secret))),
        secrets[3],
    )
}

/// Numbers that differ in few bits become such that differ in many.
#[inline(always)]
const fn mix(number: u64, secret: u64) -> u64 {
    let product = (number ^ (number >> 32)).wrapping_mul(secret);
    product ^ (product >> 32)
}

/// Secret numbers from one; odd, as they are multiplied with.
pub fn secrets(mut secret: u64) -> Secrets {
    [(); 4].map(|()| {
        // Splitmix64: bits that are as good as random.
        secret = secret.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (secret ^ (secret >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) | 1
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// A table, with when its connections were last seen, and the time.
    struct Table(Vec<Option<(Flow, u32)>>, u32);

    impl Slots for Table {
        fn age(&self, slot: u32) -> u32 {
            self.0[slot as usize].map_or(FREE, |(_, last)| self.1 - last)
        }
    }

    impl Table {
        fn new(directions: u32) -> Self {
            Self(vec![None; slots(sets(directions)) as usize], 0)
        }

        fn places(&self, flow: &Flow) -> Places {
            Places::of(flow, self.0.len() as u32 / SET, &secrets(7))
        }

        fn find(&self, flow: &Flow) -> Option<u32> {
            let holds = |slot: u32| self.0[slot as usize].is_some_and(|(held, _)| held.is(flow));
            let places = self.places(flow);
            let first = Some(places.first()).filter(|slot| holds(*slot));
            first.or_else(|| places.find_elsewhere(holds))
        }

        /// Whether a connection was forgotten for it.
        fn remember(&mut self, flow: &Flow, now: u32) -> bool {
            self.1 = now;
            let slot = self.places(flow).oldest(self);
            let before = self.0[slot as usize].replace((*flow, now));
            self.0[other(slot) as usize] = Some((flow.reversed(), now));
            before.is_some()
        }
    }

    fn clients(n: u32) -> impl Iterator<Item = Flow> {
        (0..n).map(|n| Flow {
            src: Endpoint::v4([10, 0, (n / 5_000) as u8, 7], 32_768 + (n % 5_000) as u16),
            dst: Endpoint::v4([10, 0, 200, (n % 3) as u8], 9092),
        })
    }

    #[test]
    fn both_directions_are_found_beside_each_other() {
        let mut table = Table::new(4_096);
        for flow in clients(1_000) {
            assert_eq!(table.find(&flow), None);
            table.remember(&flow, 1);
        }
        for flow in clients(1_000) {
            let slot = table.find(&flow).unwrap();
            assert_eq!(table.find(&flow.reversed()), Some(other(slot)));
        }
    }

    #[test]
    fn with_equal_ports_the_addresses_tell_the_directions_apart() {
        let flow =
            Flow { src: Endpoint::v4([10, 0, 0, 1], 9), dst: Endpoint::v4([10, 0, 0, 2], 9) };
        let table = Table::new(64);
        let [one, another] = [flow, flow.reversed()].map(|flow| table.places(&flow).first());
        assert_eq!(one, other(another));
    }

    #[test]
    fn the_two_sets_of_a_connection_have_nothing_to_do_with_each_other() {
        let sets = 64;
        let pairs: HashSet<_> =
            clients(10_000).map(|flow| Places::of(&flow, sets, &secrets(7)).sets).collect();
        // Of 4,096 pairs that there are, one in 11 is met by none.
        assert!((3_650..3_800).contains(&pairs.len()), "{}", pairs.len());
    }

    #[test]
    fn ends_that_differ_alike_do_not_stand_alike() {
        let sets = 1 << 16;
        let flow = |n: u8| Flow {
            src: Endpoint::v4([127, 0, n, 1], 40_000),
            dst: Endpoint::v4([127, 0, n, 2], 9092),
        };
        let firsts: HashSet<_> =
            (0..=255).map(|n| Places::of(&flow(n), sets, &secrets(7)).sets).collect();
        assert_eq!(firsts.len(), 256);
    }

    #[test]
    fn a_table_is_mostly_full_before_one_is_forgotten() {
        let mut table = Table::new(65_536);
        let forgotten = clients(32_768 * 7 / 10).filter(|flow| table.remember(flow, 1)).count();
        assert_eq!(forgotten, 0);
    }

    #[test]
    fn the_one_not_seen_for_longest_is_forgotten() {
        let mut table = Table::new(16);
        for (flow, now) in clients(16).zip(1..) {
            assert_eq!(table.remember(&flow, now), now > 8, "a set has eight");
        }
        let known = clients(16).map(|flow| table.find(&flow).is_some());
        assert!(known.eq((0..16).map(|n| n >= 8)));
    }

    #[test]
    fn a_table_of_any_size_has_places_for_all() {
        for directions in [0, 1, 16, 17, 1 << 24] {
            let sets = sets(directions);
            assert!(slots(sets) >= directions.max(SET));
            for flow in clients(100) {
                let places = Places::of(&flow, sets, &secrets(7));
                assert!((0..PLACES).all(|n| places.at(n) < slots(sets)));
            }
        }
    }
}
