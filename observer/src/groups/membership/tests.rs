//! What members say in, who is in the group out.

use super::*;
use crate::decode::Rare;
use crate::groups::samples::{at, member, members, of};

fn is_rebalanced(step: Step) -> bool {
    step.is_rebalanced
}

#[test]
fn a_generation_is_settled_once_whoever_joins() {
    let mut group = Membership::new(9);
    assert_eq!((group.count(at(0)), group.generation()), (None, None));
    let leader = Facts { generation: Some(1), ..members("", &["a", "a", "b"]) };
    assert!(is_rebalanced(group.joined(&of("g"), &leader, at(0))));
    assert!(!is_rebalanced(group.joined(&of("g"), &member("", "b", 1), at(0))));
    assert_eq!((group.count(at(0)), group.generation()), (Some(2), Some(1)));
    assert!(is_rebalanced(group.joined(&of("g"), &member("", "b", 2), at(5))));
    assert_eq!((group.count(at(5)), group.generation()), (Some(1), Some(2)), "a is gone");
    assert!(!is_rebalanced(group.stayed(&member("g", "b", 2), &Facts::default(), at(8))));
    group.left(&members("g", &["b"]));
    assert_eq!(group.count(at(8)), Some(0));
    assert!(is_rebalanced(group.joined(&of("g"), &member("", "c", 1), at(9))), "a new group");
}

#[test]
fn a_static_member_may_leave_by_its_own_id_alone() {
    let mut group = Membership::new(9);
    let own = Rare { instances: vec!["own".into()], ..Rare::default() };
    let of_b = |facts: Facts| Facts { rare: Some(Box::new(own.clone())), ..facts };
    group.joined(&of("g"), &member("", "a", 1), at(0));
    group.joined(&of_b(of("g")), &member("", "b", 1), at(0));
    group.left(&of_b(member("g", "", 0)));
    assert_eq!(group.count(at(0)), Some(1));
    group.stayed(&of_b(member("g", "b", 1)), &Facts::default(), at(1));
    assert_eq!(group.count(at(1)), Some(2));
    group.left(&of_b(member("g", "", 0)));
    assert_eq!(group.count(at(1)), Some(1));
}

#[test]
fn a_session_ends_as_the_member_said() {
    let mut group = Membership::new(9);
    let request = Facts { session_timeout_ms: Some(6000), ..of("g") };
    group.joined(&request, &member("", "a", 1), at(0));
    assert_eq!((group.count(at(6)), group.count(at(7))), (Some(1), Some(0)));
}

#[test]
fn who_waits_for_a_rebalance_is_still_a_member() {
    let mut group = Membership::new(9);
    let waits = Rare { rebalance_timeout_ms: Some(100_000), ..Rare::default() };
    let request = Facts { rare: Some(Box::new(waits)), ..of("g") };
    for id in ["a", "b"] {
        group.joined(&request, &member("", id, 1), at(0));
    }
    let again = Facts::default().with_error(27);
    group.stayed(&member("g", "a", 1), &again, at(3));
    assert_eq!((group.count(at(103)), group.count(at(104))), (Some(2), Some(0)));
    group.joined(&request, &member("", "a", 2), at(90));
    assert_eq!((group.count(at(90)), group.count(at(136))), (Some(1), Some(0)), "it is over");
}

#[test]
fn a_group_is_known_by_its_heartbeats_too() {
    let mut group = Membership::new(9);
    assert!(
        !is_rebalanced(group.stayed(&member("g", "a", 4), &Facts::default(), at(0))),
        "not seen to happen"
    );
    group.stayed(&member("g", "b", 4), &Facts::default(), at(1));
    assert_eq!((group.count(at(1)), group.generation()), (Some(2), Some(4)));
    assert!(is_rebalanced(group.stayed(&member("g", "a", 5), &Facts::default(), at(2))));
    group.stayed(&member("g", "b", 4), &Facts::default(), at(2));
    assert_eq!(group.generation(), Some(5), "a late word of the old one");
}

#[test]
fn an_epoch_is_the_highest_that_a_member_reached() {
    let mut group = Membership::new(9);
    let beat = |group: &mut Membership, id: &str, before, now_on| {
        is_rebalanced(group.beaten(&member("g", id, before), &member("", id, now_on), at(0)))
    };
    assert!(beat(&mut group, "a", 0, 1));
    assert!(beat(&mut group, "b", 0, 2));
    assert!(!beat(&mut group, "a", 1, 1), "it still gives up what b shall have");
    assert!(!beat(&mut group, "a", 1, 2));
    assert_eq!((group.count(at(0)), group.generation()), (Some(2), Some(2)));
    assert!(!beat(&mut group, "b", -1, -1));
    assert_eq!((group.count(at(0)), group.generation()), (Some(1), Some(2)));
    assert!(!beat(&mut group, "a", -2, -2), "a static member keeps its place");
    assert_eq!(group.count(at(0)), Some(1));
    assert!(beat(&mut group, "a", 2, 3));
}

#[test]
fn an_epoch_that_was_there_before_the_observer_is_no_rebalance() {
    let mut group = Membership::new(9);
    let step = group.beaten(&member("g", "a", 7), &member("", "a", 7), at(0));
    assert_eq!((step, group.generation()), (Step::default(), Some(7)));
}

#[test]
fn members_of_two_protocols_are_in_one_group() {
    let mut group = Membership::new(9);
    for id in ["a", "b"] {
        group.joined(&of("g"), &member("", id, 3), at(0));
    }
    let count = |group: &Membership, seconds| group.count(at(seconds));
    let step = group.beaten(&member("g", "new", 0), &member("", "new", 4), at(1));
    assert!(step.is_rebalanced);
    assert_eq!((count(&group, 1), group.generation()), (Some(3), Some(4)));
    group.stayed(&member("g", "a", 3), &Facts::default(), at(2));
    group.beaten(&member("g", "new", 4), &member("", "new", 5), at(3));
    group.joined(&of("g"), &member("", "a", 6), at(4));
    group.stayed(&member("g", "new", 7), &Facts::default(), at(4));
    assert_eq!(count(&group, 5), Some(3), "b has not been told yet");
    assert_eq!(count(&group, 46), Some(2), "b fell silent");
    let leader = Facts { generation: Some(8), ..members("", &["c", "c"]) };
    group.joined(&of("g"), &leader, at(50));
    group.joined(&of("g"), &member("", "c", 9), at(51));
    assert_eq!(count(&group, 51), Some(1), "classic again");
}
