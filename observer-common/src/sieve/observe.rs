//! A segment through the sieve: its direction's state in, what is told of its bytes out.
//!
//! A record covers everything since the one before it, so what is left out makes none of its own. It is
//! made where bytes are kept, and where a frame ends, as its time is that of the end.

use super::bench::{Bench, Walked};
use super::place::{Late, Position};
use super::step::Step;
use super::task::Task;
use super::walk::Walk;
use super::why::Why;
use crate::Seq;
use crate::flow_state::{FlowState, Span, number};
use crate::order::Order;
use crate::record::Wants;

/// Leaps that a segment begins with, at most: a verifier goes through each of them.
const MOST_LEAPS: u32 = 4;
/// Bytes that a record covers at most, but for those of its segment.
const MAX_UNTOLD: u32 = 16 << 20;

/// Takes a segment that is [like nearly all](FlowState::oddities). False where its walk has begun, and
/// [goes on](observe).
#[inline(always)]
pub fn observe_plain(state: &mut FlowState, span: &Span, bench: &mut impl Bench) -> bool {
    let Some(from) = state.go_on(span) else {
        pass(state, false, bench);
        return true;
    };
    bench.begin(from, state.place().untold().from);
    let ends = leap(state.walk(), bench);
    if ends {
        state.place().walked_on(span.seq.plus(span.len));
        tell(state, bench, true);
    }
    ends
}

/// Takes leaps, as long as they can be and there is room; whether the segment ends with the last.
#[inline(always)]
fn leap(walk: &mut Walk, bench: &mut impl Bench) -> bool {
    for _ in 0..MOST_LEAPS {
        match bench.leap(walk) {
            Some(Step::More) if bench.has_room() => {}
            taken => return taken == Some(Step::Done),
        }
    }
    false
}

/// Takes a segment, or `goes_on` with its walk. `ends` when its flags tell of a connection's beginning or
/// end.
#[inline(always)]
pub fn observe(
    state: &mut FlowState,
    span: &Span,
    ends: bool,
    goes_on: bool,
    bench: &mut impl Bench,
) {
    let mut task = Task::walk(0);
    if !goes_on {
        bench.begin(0, span.seq);
        task = begin(state, span, ends, bench);
        if task.walks {
            bench.begin(task.walk_from, state.place().untold().from);
        }
    }
    // There is one place each where walks and copies begin, as a verifier goes through all of them for
    // each such place.
    if task.walks {
        let is_muted = state.is_shadow();
        let walked = bench.walk(state.walk(), is_muted);
        if is_muted {
            end_muted(state, span, walked);
        } else if end_walk(state, span, walked, ends, bench) {
            task = Task { copy_from: walked.to, ..Task::copy(Wants::Place) };
        }
    }
    let wants = task.wants;
    if task.copies {
        // Until the daemon knows where frames begin, all that comes is copied.
        let is_urgent = wants == Wants::Here || wants == Wants::Place && state.copies();
        bench.copy(task.copy_from, span.len, wants, is_urgent);
        if wants == Wants::Answer {
            let seen = state.place().untold();
            state.place().tell(seen.from.plus(seen.len));
            if state.is_shadow() {
                state.wait();
            }
        }
    }
}

/// Does what there is to do before, and says what comes then.
#[inline(always)]
fn begin(state: &mut FlowState, span: &Span, ends: bool, bench: &mut impl Bench) -> Task {
    if span.len == 0 && span.syn.is_none() {
        if state.is_in_step() {
            tell(state, bench, false);
        }
        return Task::copy(Wants::Nothing);
    }
    prepare(state, span, bench);
    // Of numbers that were forgotten, a verifier need not know how they came about.
    let [plan, from, duplicate] = state.plan(span).numbers().map(|number| bench.forget(number));
    if state.place().is_late() {
        let left = tell_late(state, span.seq, bench);
        state.place().late_is_told(left);
    }
    match plan {
        number::COUNT => {
            bench.count_only();
            Task::NOTHING
        }
        number::LOOK => look(state, span, bench),
        number::SHADOW_GAP => {
            state.fall();
            Task::copy(Wants::Answer)
        }
        number::SHADOW_PASSED => Task::copy(Wants::Answer),
        number::SHADOW_NEEDED => Task { walks: true, walk_from: from, ..Task::copy(Wants::Answer) },
        number::RESUME => {
            bench.resumed();
            if from > 0 {
                bench.copy(0, from, Wants::Nothing, false);
            }
            Task::walk(from)
        }
        number::GAP => {
            lose_step(state, Why::Gap, bench);
            Task::copy(Wants::Place)
        }
        number::PASSED => {
            bench.duplicate(duplicate);
            pass(state, ends, bench);
            Task::NOTHING
        }
        number::NEEDED => {
            bench.duplicate(duplicate);
            Task::walk(from)
        }
        // Of what is copied nothing is lost, so that goes for anything else, too.
        _copy => Task::copy(Wants::Place),
    }
}

/// Tells bytes of the segment that may have been missing; out of step all are told. How many are left: none.
// Of a function that is called, a verifier knows nothing afterwards of the ways through it, but it wants a number.
// What is copied comes last, as that takes most of a stack.
#[inline(never)]
fn tell_late(state: &mut FlowState, seq: Seq, bench: &mut impl Bench) -> u32 {
    let Late { head, whole, tail } = state.late(seq);
    if !state.is_in_step() {
        return bench.forget(0);
    }
    let end = head + whole;
    if head > 0 {
        bench.submit(Position { from: seq, len: head }, false);
    }
    if tail > 0 {
        bench.submit(Position { from: seq.plus(end), len: tail }, false);
    }
    if whole > 0 {
        bench.copy(head, end, Wants::Nothing, false);
    }
    bench.forget(0)
}

/// Where a frame seems to begin with the segment, the direction is followed from here on.
#[inline(always)]
fn look(state: &mut FlowState, span: &Span, bench: &mut impl Bench) -> Task {
    if span.len == 0 || !bench.may_begin(state.looks_for_requests()) {
        return Task::copy(Wants::Place);
    }
    state.follow(span.seq);
    Task { walks: true, ..Task::copy(Wants::Here) }
}

/// A segment has passed that nobody needs: it is told where it ends a frame, or much was not told.
#[inline(always)]
fn pass(state: &mut FlowState, ends: bool, bench: &mut impl Bench) {
    let unwanted = state.walk().unwanted();
    let ends_frame = state.place().has_passed(unwanted) && state.walk().ends_frame();
    if ends || ends_frame || state.place().untold().len > MAX_UNTOLD {
        let told = state.place().untold().from;
        bench.begin(0, told);
        tell(state, bench, true);
    }
}

/// What has passed is told before a connection begins in the place of this one, and before bytes that
/// are missing, which so are a hole where they are, and filled if they come.
#[inline(always)]
fn prepare(state: &mut FlowState, span: &Span, bench: &mut impl Bench) {
    if !state.is_in_step() && !state.is_shadow() {
        return;
    }
    let unwanted = state.walk().unwanted();
    let misses = span.len > 0 && state.place().misses(span.seq, unwanted);
    // What is copied is told at once.
    if state.is_in_step() && (misses || span.syn.is_some()) {
        tell(state, bench, false);
    }
    if misses {
        state.place().skip(span.seq);
    }
}

/// Notes how far a walk came; true where the rest is to be copied.
#[inline(always)]
fn end_walk(
    state: &mut FlowState,
    span: &Span,
    walked: Walked,
    ends: bool,
    bench: &mut impl Bench,
) -> bool {
    state.place().tell(walked.told);
    state.place().walked(span.seq.plus(walked.to));
    if let Some(why) = walked.out {
        lose_step(state, why, bench);
        return true;
    }
    if walked.kept || ends || state.walk().ends_frame() && state.walk().unwanted() == 0 {
        tell(state, bench, true);
    }
    false
}

/// The same in a direction that is copied.
#[inline(always)]
fn end_muted(state: &mut FlowState, span: &Span, walked: Walked) {
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

/// Does what the daemon asks.
#[inline(always)]
pub fn obey(state: &mut FlowState, order: Order, bench: &mut impl Bench) {
    state.obey(order);
    if state.is_in_step() {
        bench.resumed();
    }
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
