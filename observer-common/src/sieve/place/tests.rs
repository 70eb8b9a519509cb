//! Segments in order, late and again: where the walk goes on, and what is told late.

use super::*;

/// Late: so many bytes as they are, and so many that nobody needs.
const fn late(whole: u32, tail: u32) -> Late {
    if whole == 0 { Late { head: tail, whole: 0, tail: 0 } } else { Late { head: 0, whole, tail } }
}

fn take_late(place: &mut Place, seq: Seq, fell: Seq) -> Late {
    let late = place.late(seq, fell);
    place.late_is_told(0);
    late
}

/// It was never in step before 100.
const NEVER: Seq = Place::unwalked(Seq(1 << 31), Seq(100));

const fn passed(duplicate: u32) -> Arrival {
    Arrival::Passed { duplicate }
}

#[test]
fn segments_in_order_are_walked() {
    let mut place = Place::new(Seq(u32::MAX - 9));
    let needed = Arrival::Needed { from: 0, duplicate: 0 };
    assert_eq!(place.arrive(Seq(u32::MAX - 9), 20, 0), needed);
    place.walked(Seq(10));
    assert_eq!(place.untold(), Position { from: Seq(u32::MAX - 9), len: 20 });
    place.tell(Seq(10));
    assert_eq!(place.arrive(Seq(10), 5, 0), needed);
}

#[test]
fn what_nobody_needs_may_come_again() {
    let mut place = Place::new(Seq(100));
    assert_eq!(place.arrive(Seq(100), 30, 1000), passed(0));
    assert_eq!(place.arrive(Seq(105), 20, 1000), passed(20));
    assert_eq!(take_late(&mut place, Seq(105), NEVER), late(0, 0));
    assert_eq!(place.untold(), Position { from: Seq(100), len: 30 });
    let needed = Arrival::Needed { from: 970, duplicate: 0 };
    assert_eq!(place.arrive(Seq(130), 2000, 1000), needed);
    assert_eq!(place.next(), Seq(1100));
}

#[test]
fn what_is_missing_of_it_is_left_open_and_told_when_it_comes() {
    let mut place = Place::new(Seq(100));
    assert_eq!(place.arrive(Seq(100), 10, 1000), passed(0));
    assert!(place.misses(Seq(150), 1000) && !place.misses(Seq(110), 1000));
    place.skip(Seq(150));
    assert_eq!(place.arrive(Seq(150), 10, 1000), passed(0));
    assert_eq!(place.untold(), Position { from: Seq(150), len: 10 });
    assert_eq!(place.arrive(Seq(110), 40, 1000), passed(0));
    assert_eq!(take_late(&mut place, Seq(110), NEVER), late(0, 40));
    assert_eq!(take_late(&mut place, Seq(110), NEVER), late(0, 0));
    assert_eq!(place.arrive(Seq(110), 40, 1000), passed(40), "nothing is owed any more");
}

#[test]
fn what_comes_again_settles_nothing_that_is_missing() {
    let mut place = Place::new(Seq(100));
    assert_eq!(place.arrive(Seq(100), 10, 1000), passed(0));
    place.skip(Seq(120));
    assert_eq!(place.arrive(Seq(120), 10, 1000), passed(0));
    place.skip(Seq(150));
    assert_eq!(place.arrive(Seq(150), 10, 1000), passed(0));
    assert_eq!(place.arrive(Seq(100), 10, 1000), passed(10));
    assert_eq!(place.arrive(Seq(150), 10, 1000), passed(10));
    assert_eq!(take_late(&mut place, Seq(150), NEVER), late(0, 0));
    for (from, len) in [(130, 20), (120, 10), (105, 15)] {
        assert_eq!(place.arrive(Seq(from), len, 1000), passed(0));
        assert_eq!(take_late(&mut place, Seq(from), NEVER), late(0, len));
    }
    assert_eq!(place.arrive(Seq(110), 40, 1000), passed(40), "nothing is owed any more");
}

#[test]
fn what_comes_from_before_the_place_to_resume_at_is_told() {
    let mut place = Place::resumed(Seq(100));
    assert_eq!(place.arrive(Seq(60), 40, 0), passed(0));
    assert_eq!(take_late(&mut place, Seq(60), NEVER), late(40, 0));
    let needed = Arrival::Needed { from: 10, duplicate: 10 };
    assert_eq!(place.arrive(Seq(90), 20, 0), needed, "some came before");
}

#[test]
fn what_comes_from_both_sides_of_the_place_to_resume_at() {
    let mut place = Place::resumed(Seq(100));
    place.skip(Seq(120));
    assert_eq!(place.arrive(Seq(120), 10, 1000), passed(0));
    assert_eq!(place.arrive(Seq(60), 60, 1000), passed(0));
    assert_eq!(take_late(&mut place, Seq(60), NEVER), late(40, 20));
    let mut place = Place::new(Seq(100));
    place.skip(Seq(120));
    assert_eq!(place.arrive(Seq(90), 30, 1000), passed(0));
    assert_eq!(take_late(&mut place, Seq(90), NEVER), late(0, 30), "nothing before the beginning");
}

#[test]
fn nothing_is_owed_any_more_when_the_numbers_come_round() {
    let mut place = Place::resumed(Seq(100));
    let mut at = Seq(100);
    for _ in 0..256 {
        at = at.plus(1 << 24);
        place.walked(at);
        place.tell(at);
    }
    assert_eq!(place.arrive(Seq(60), 40, 0), passed(40));
    assert_eq!(take_late(&mut place, Seq(60), NEVER), late(0, 0));
}

const MIB: u32 = 1 << 20;

/// So many bytes from 100 on are walked and told.
fn walk_on(place: &mut Place, bytes: u32) {
    let to = Seq(100).plus(bytes);
    place.walked(to);
    place.tell(to);
}

#[test]
fn a_hole_is_owed_whatever_is_given_up_before_it() {
    let mut place = Place::resumed(Seq(100));
    walk_on(&mut place, 62 * MIB);
    place.skip(Seq(100).plus(62 * MIB + 50));
    walk_on(&mut place, 66 * MIB);
    let hole = Seq(100).plus(62 * MIB);
    assert_eq!(place.arrive(hole, 50, 0), passed(0));
    assert_eq!(take_late(&mut place, hole, NEVER), late(0, 50));
}

#[test]
fn a_place_to_resume_at_is_forgotten_when_the_numbers_come_round() {
    let mut place = Place::resumed(Seq(100));
    for step in 1..=256 {
        let walked = (16 * MIB).wrapping_mul(step);
        place.skip(Seq(100).plus(walked.wrapping_sub(8 * MIB)));
        walk_on(&mut place, walked);
    }
    place.arrive(Seq(60), 40, 0);
    assert_eq!(take_late(&mut place, Seq(60), NEVER).whole, 0);
}

#[test]
fn a_needed_byte_that_is_missing_is_a_gap() {
    let mut place = Place::new(Seq(100));
    assert_eq!(place.arrive(Seq(101), 10, 0), Arrival::Gap);
    assert_eq!(place.arrive(Seq(101).plus(1 << 31), 10, 0), Arrival::Gap);
    assert_eq!(place.arrive(Seq(90), 10, 0), passed(10));
    assert_eq!(place.arrive(Seq(90), 12, 0), Arrival::Needed { from: 10, duplicate: 10 });
}
