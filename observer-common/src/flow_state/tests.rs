//! Directions as scripts: segments and orders in, what is to be done out.

use super::*;
use crate::order::Order;
use crate::owner::Hook;

fn seen(hook: u64, seq: u32, syn: bool) -> Sighting {
    Sighting { hook: Hook(hook), time_ns: 1, seq: Seq(seq), end: Seq(seq + 10), syn }
}

fn data(seq: u32) -> Span {
    Span { seq: Seq(seq), len: 10, syn: None }
}

fn syn(seq: u32) -> Span {
    Span { seq: Seq(seq), len: 0, syn: Some(false) }
}

const NEEDED: Plan = Plan::Sieve(Arrival::Needed { from: 0, duplicate: 0 });

#[test]
fn a_direction_set_to_count_only_stays_so_until_a_new_connection() {
    let mut state = FlowState::new(&seen(1, 0, false));
    assert_eq!(state.plan(&data(0)), Plan::Copy);
    state.obey(Order::CountOnly);
    assert_eq!(state.plan(&data(10)), Plan::Count);
    assert!(!state.takes_orders());
    state.plan(&syn(500));
    assert_eq!(state.plan(&data(500)), NEEDED);
    state.obey(Order::CountOnly);
    assert_eq!(state.plan_whole(&data(10)), Plan::Count);
    assert_eq!(state.plan_whole(&syn(900)), Plan::Copy);
    assert_eq!(state.plan_whole(&data(900)), Plan::Copy);
}

#[test]
fn a_direction_can_be_handed_over() {
    let mut state = FlowState::new(&seen(1, 0, false));
    assert!(!state.admits(&seen(2, 10, false)));
    state.hand_over(&seen(2, 10, false));
    assert_eq!(state.owner().hook(), Hook(2));
    assert!(state.admits(&seen(2, 20, false)));
    assert!(!state.admits(&seen(1, 20, false)));
}

#[test]
fn a_direction_resumes_where_it_is_told_to() {
    let mut state = FlowState::new(&seen(1, 0, false));
    state.obey(Order::Resume { at: Seq(17), is_request: true });
    assert_eq!(state.plan(&data(0)), Plan::Copy);
    assert_eq!(state.plan(&data(10)), Plan::Resume(7));
    assert!(state.is_in_step() && state.walk().is_request() && state.walk().is_proven());
    state.fall();
    state.obey(Order::Resume { at: Seq(15), is_request: true });
    assert_eq!(state.plan(&data(20)), Plan::Look, "too late");
    assert_eq!(state.plan(&data(10)), Plan::Look, "and forgotten");
}

#[test]
fn a_direction_may_be_followed_until_it_is_known_to_be_in_step() {
    let mut state = FlowState::new(&seen(1, 0, false));
    state.obey(Order::Resume { at: Seq(5), is_request: true });
    assert_eq!(state.plan(&data(20)), Plan::Look);
    state.follow(Seq(20));
    assert!(!state.is_in_step() && state.takes_orders());
    let shadow = Plan::Shadow(Arrival::Needed { from: 0, duplicate: 0 });
    assert_eq!(state.plan(&data(20)), shadow);
    state.place().walked(Seq(30));
    state.obey(Order::Resume { at: Seq(20), is_request: true });
    assert!(state.is_in_step());
    assert_eq!(state.plan(&data(30)), NEEDED);
}

/// What seemed to be a frame was none: a place that is told in time is the next byte, and has not passed.
#[test]
fn a_place_that_is_the_next_byte_is_not_too_late_for_a_direction_that_is_followed() {
    let mut state = FlowState::new(&seen(1, 0, false));
    state.obey(Order::Resume { at: Seq(5), is_request: false });
    assert_eq!(state.plan(&data(20)), Plan::Look);
    state.follow(Seq(20));
    state.place().walked(Seq(30));
    state.obey(Order::Resume { at: Seq(30), is_request: false });
    assert_eq!(state.plan(&data(30)), Plan::Resume(0));
    assert!(state.is_in_step());
}

#[test]
fn nobody_waits_for_an_answer_for_ever() {
    let mut state = FlowState::new(&seen(1, 0, false));
    state.obey(Order::Resume { at: Seq(5), is_request: true });
    state.plan(&data(20));
    state.follow(Seq(20));
    (0..=PATIENCE).for_each(|_| state.wait());
    assert_eq!(state.plan(&data(30)), Plan::Look);
    assert!(state.looks_for_requests());
}

#[test]
fn a_stray_syn_does_not_lose_the_step() {
    let mut state = FlowState::new(&seen(1, 0, false));
    state.plan(&syn(0));
    assert_eq!(state.plan(&data(0)), NEEDED);
    state.place().walked(Seq(10));
    state.plan(&syn(4_000_000_000));
    assert_eq!(state.plan(&data(10)), NEEDED);
    state.place().walked(Seq(20));
    assert_eq!(state.plan(&data(4_000_000_000)), NEEDED, "it was none");
    assert_eq!(state.place().next(), Seq(4_000_000_000));
}
