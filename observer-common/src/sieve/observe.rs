//! A segment through the sieve: its direction's state in, what is told of its bytes out.
//!
//! A record covers everything since the one before it, so what is left out makes none of its own. It is
//! made where bytes are kept, and where a frame ends, as its time is that of the end.

use super::place::{Arrival, Position};
use super::walk::Walk;
use super::why::Why;
use crate::Seq;
use crate::flow_state::{FlowState, Plan, Span};
use crate::record::Wants;

/// Bytes that a record covers at most, but for those of its segment.
const MAX_UNTOLD: u32 = 16 << 20;

/// The segment at hand, and what can be done with it.
pub trait Bench {
    /// Walks from this place of the segment on. What is kept waits for [`Bench::submit`], but for what
    /// finds no room; records have covered the bytes before `told`.
    fn walk(&mut self, walk: &mut Walk, from: u32, told: Seq) -> Walked;
    /// Makes a record of what was kept; it covers these bytes. With `flags` it is the segment's last.
    fn submit(&mut self, covered: Position, flags: bool);
    /// Walks from this place on, but keeps nothing; what was to be kept is in records.
    fn follow(&mut self, walk: &mut Walk, from: u32) -> Walked;
    /// Whether a frame may begin with the segment.
    fn may_begin(&mut self, is_request: bool) -> bool;
    /// Copies a part of the segment as it is; the last part takes the flags along.
    fn copy(&mut self, from: u32, to: u32, wants: Wants);
    /// Counts bytes that are not copied at all.
    fn count_only(&mut self);
    /// Counts bytes that came before.
    fn duplicate(&mut self, bytes: u32);
    /// The direction is out of step.
    fn fell(&mut self, why: Why);
    /// The direction is in step again.
    fn resumed(&mut self);
}

/// How far a walk came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The place in the segment.
    pub to: u32,
    /// Records have covered the bytes before it.
    pub told: Seq,
    /// Whether anything was kept.
    pub kept: bool,
    /// Why not to the segment's end, if so.
    pub out: Option<Why>,
}

/// Takes a segment. `ends` when its flags tell of a connection's beginning or end.
#[inline(always)]
pub fn observe(state: &mut FlowState, span: &Span, ends: bool, bench: &mut impl Bench) {
    if span.len == 0 && span.syn.is_none() {
        if state.is_in_step() {
            tell(state, bench, false);
        }
        return bench.copy(0, 0, Wants::Nothing);
    }
    if state.is_in_step() {
        prepare(state, span, bench);
    }
    let plan = state.plan(span);
    let late = state.place().take_late();
    if late.len > 0 {
        bench.submit(late, false);
    }
    match plan {
        Plan::Count => bench.count_only(),
        Plan::Copy => bench.copy(0, span.len, Wants::Place),
        Plan::Look => {
            let is_request = state.looks_for_requests();
            let begins = span.len > 0 && bench.may_begin(is_request);
            if begins {
                state.follow(span.seq);
                follow(state, span, 0, bench);
            }
            bench.copy(0, span.len, if begins { Wants::Here } else { Wants::Place });
        }
        Plan::Shadow(arrival) => {
            match arrival {
                Arrival::Gap => state.fall(),
                Arrival::Passed { .. } => {}
                Arrival::Needed { from, .. } => follow(state, span, from, bench),
            }
            bench.copy(0, span.len, Wants::Answer);
            let seen = state.place().untold();
            state.place().tell(seen.from.plus(seen.len));
            if state.is_shadow() {
                state.wait();
            }
        }
        Plan::Resume(from) => {
            bench.resumed();
            if from > 0 {
                bench.copy(0, from, Wants::Nothing);
            }
            walk(state, span, from, ends, bench);
        }
        Plan::Sieve(Arrival::Gap) => {
            lose_step(state, Why::Gap, bench);
            bench.copy(0, span.len, Wants::Place);
        }
        Plan::Sieve(Arrival::Passed { duplicate }) => {
            bench.duplicate(duplicate);
            let unwanted = state.walk().unwanted();
            let ends_frame = state.walk().ends_frame() && state.place().has_passed(unwanted);
            if ends || ends_frame || state.place().untold().len > MAX_UNTOLD {
                tell(state, bench, true);
            }
        }
        Plan::Sieve(Arrival::Needed { from, duplicate }) => {
            bench.duplicate(duplicate);
            walk(state, span, from, ends, bench);
        }
    }
}

/// What has passed is told before a connection begins in the place of this one, and before bytes that
/// are missing, which so are a hole where they are, and filled if they come.
#[inline(always)]
fn prepare(state: &mut FlowState, span: &Span, bench: &mut impl Bench) {
    let unwanted = state.walk().unwanted();
    let misses = span.len > 0 && state.place().misses(span.seq, unwanted);
    if misses || span.syn.is_some() {
        tell(state, bench, false);
    }
    if misses {
        state.place().skip(span.seq);
    }
}

#[inline(always)]
fn walk(state: &mut FlowState, span: &Span, from: u32, ends: bool, bench: &mut impl Bench) {
    let told = state.place().untold().from;
    let walked = bench.walk(state.walk(), from, told);
    state.place().tell(walked.told);
    state.place().walked(span.seq.plus(walked.to));
    if let Some(why) = walked.out {
        lose_step(state, why, bench);
        bench.copy(walked.to, span.len, Wants::Place);
    } else if walked.kept || ends || state.walk().ends_frame() && state.walk().unwanted() == 0 {
        tell(state, bench, true);
    }
}

/// Walks on in a direction that is copied.
#[inline(always)]
fn follow(state: &mut FlowState, span: &Span, from: u32, bench: &mut impl Bench) {
    let walked = bench.follow(state.walk(), from);
    let at = span.seq.plus(walked.to);
    state.place().walked(at);
    state.place().tell(at);
    if walked.out.is_some() {
        state.fall();
    }
}

/// The direction loses the step; what has passed is told.
#[inline(always)]
pub fn lose_step(state: &mut FlowState, why: Why, bench: &mut impl Bench) {
    tell(state, bench, false);
    fall(state, why, bench);
}

#[inline(always)]
fn fall(state: &mut FlowState, why: Why, bench: &mut impl Bench) {
    state.fall();
    bench.fell(why);
}

/// Makes a record of what no record has covered.
#[inline(always)]
fn tell(state: &mut FlowState, bench: &mut impl Bench, flags: bool) {
    let covered = state.place().untold();
    if covered.len > 0 || flags {
        bench.submit(covered, flags);
        state.place().tell(covered.from.plus(covered.len));
    }
}
