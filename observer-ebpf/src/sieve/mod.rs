//! Segments through the sieve (`observer_common::sieve`): what the kernel adds to it are the maps that
//! words and states stand in, the loop that takes the steps, and the records.

mod code;
mod desk;
mod lock;
mod tape;
mod turns;

use observer_common::Seq;
use observer_common::counters::{Counter, Counters, Loss};
use observer_common::flow_state::{FlowState, Span};
use observer_common::packet::Load;
use observer_common::record::Wants;
use observer_common::sieve::{
    Bench, Position, Step, Walk, Walked, Why, lose_step, may_begin, obey, observe, observe_plain,
};

pub use desk::Desk;

use crate::maps::take_order;
use crate::measure;
use crate::ring::{Segment, lose};
use crate::table::{self, Near};
use code::Maps;

/// Copies a segment of a direction that nothing can be remembered of.
#[inline(always)]
pub fn copy(segment: Segment<'_>, desk: &mut Desk, counters: &mut Counters) {
    Table { segment, desk, counters }.copy(0, segment.seen.len, Wants::Nothing, false);
}

/// What came of a segment that may be like nearly all.
pub enum Plain {
    /// It is taken.
    Taken,
    /// It is, and its walk in this direction goes on.
    Begun(&'static mut FlowState),
    /// It is not, or another hook's; what is remembered of its direction.
    Odd(Option<&'static mut FlowState>),
}

/// Takes a segment, if it is like nearly all.
#[inline(always)]
pub fn take_plain(
    segment: Segment<'_>,
    near: Near,
    desk: &mut Desk,
    counters: &mut Counters,
) -> Plain {
    let seen = segment.seen;
    let Some(state) = table::find(near, seen.flow(), &mut desk.slot) else {
        return Plain::Odd(None);
    };
    let sighting = seen.sighting();
    // What passes another hook as well has no business with the direction.
    if state.owner().hook() != sighting.hook {
        return Plain::Odd(Some(state));
    }
    let busy = lock::try_lock(state);
    let due = measure::due(state.owner().last_ns(), seen.time_ns);
    if busy | seen.oddities() | due | state.oddities(sighting.seq) != 0 {
        if busy == 0 {
            lock::unlock(state);
        }
        return Plain::Odd(Some(state));
    }
    state.see(&sighting);
    counters.add(Counter::Seen, u64::from(seen.len));
    let span = Span { seq: sighting.seq, len: seen.len, syn: None };
    if !observe_plain(state, &span, &mut Table { segment, desk, counters }) {
        return Plain::Begun(state);
    }
    lock::unlock(state);
    Plain::Taken
}

/// Takes a segment of a direction that this hook owns, or goes on with it.
#[inline(always)]
pub fn take(
    segment: Segment<'_>,
    desk: &mut Desk,
    state: &mut FlowState,
    goes_on: bool,
    counters: &mut Counters,
) {
    let (span, ends) = (segment.seen.span(), segment.seen.ends());
    let mut table = Table { segment, desk, counters };
    if !goes_on && !prepare(state, &span, &mut table) {
        return;
    }
    observe(state, &span, ends, goes_on, &mut table);
    lock::unlock(state);
}

/// Takes the direction, and does what there is to do before; false where that was all.
#[inline(always)]
fn prepare(state: &mut FlowState, span: &Span, table: &mut Table<'_>) -> bool {
    if !lock::lock(state) {
        // Another CPU is at it: what comes now is told as it is, and the direction has lost the step.
        state.contended = 1;
        table.copy(0, span.len, Wants::Place, false);
        return false;
    }
    if state.contended != 0 {
        state.contended = 0;
        if state.is_in_step() {
            table.begin(0, span.seq);
            lose_step(state, Why::Contention, table);
        }
    }
    if state.takes_orders()
        && let Some(order) = take_order(table.segment.seen.flow())
    {
        obey(state, order, table);
    }
    true
}

/// A segment, and where its records are put together.
struct Table<'a> {
    segment: Segment<'a>,
    desk: &'a mut Desk,
    counters: &'a mut Counters,
}

impl Bench for Table<'_> {
    #[inline(always)]
    fn begin(&mut self, from: u32, told: Seq) {
        self.desk.begin(from, told);
    }

    #[inline(always)]
    fn leap(&mut self, walk: &mut Walk) -> Option<Step> {
        turns::leap(self.segment, walk, self.desk)
    }

    #[inline(always)]
    fn has_room(&self) -> bool {
        self.desk.has_room()
    }

    #[inline(always)]
    fn walk(&mut self, walk: &mut Walk, is_muted: bool) -> Walked {
        self.desk.is_muted = u32::from(is_muted);
        let walked = turns::run(self.segment, walk, self.desk);
        if is_muted {
            self.desk.is_muted = 0;
            self.desk.clear();
        }
        walked
    }

    #[inline(always)]
    fn may_begin(&mut self, is_request: bool) -> bool {
        let Segment { skb, seen } = self.segment;
        let first = skb.load::<8>(seen.packet.payload_offset);
        first.is_some_and(|first| may_begin(u64::from_be_bytes(first), is_request, &Maps))
    }

    #[inline(always)]
    fn submit(&mut self, covered: Position, flags: bool) {
        self.desk.submit(self.segment.seen, covered.from, covered.len, flags);
    }

    #[inline(always)]
    fn copy(&mut self, from: u32, to: u32, wants: Wants, is_urgent: bool) {
        let Segment { seen, .. } = self.segment;
        self.desk.begin(from, seen.packet.seq.plus(from));
        self.desk.wants = wants;
        self.desk.is_urgent = u32::from(is_urgent);
        if to > from {
            turns::copy(self.segment, to, self.desk);
            let unread = to - self.desk.at;
            if unread > 0 {
                lose(self.counters, Loss::LoadFailed, unread);
            }
        }
        let read = seen.packet.seq.plus(self.desk.at).since(self.desk.told) as u32;
        self.desk.submit(seen, self.desk.told, read, to == seen.len);
    }

    #[inline(always)]
    fn count_only(&mut self) {
        let Segment { seen, .. } = self.segment;
        self.counters.add(Counter::CountOnlyBytes, u64::from(seen.len));
        if seen.ends() {
            self.desk.submit(seen, seen.packet.seq.plus(seen.len), 0, true);
        }
    }

    #[inline(always)]
    fn duplicate(&mut self, bytes: u32) {
        self.counters.add(Counter::DuplicateBytes, u64::from(bytes));
    }

    #[inline(always)]
    fn fell(&mut self, why: Why) {
        self.counters.add(Counter::of_fall(why), 1);
    }

    #[inline(always)]
    fn forget(&mut self, number: u32) -> u32 {
        self.desk.forget(number)
    }

    #[inline(always)]
    fn resumed(&mut self) {
        self.counters.add(Counter::Resumes, 1);
    }
}
