//! What the kernel remembers of a direction of a connection: who observes it, and how.

mod fallen;
mod obey;
mod plain;
mod plan;

pub(crate) use plan::number;
pub use plan::{Plan, Span};

use crate::Seq;
use crate::owner::{Owner, Sighting};
use crate::sieve::{Arrival, News, Place, Walk};

/// How a direction is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Mode {
    /// Payload goes to the ring as it is.
    Copy = 0,
    /// Payload is only counted.
    CountOnly = 1,
    /// In step: metadata goes to the ring.
    Sieve = 2,
    /// Payload goes to the ring as it is, and perhaps the direction is in step.
    Shadow = 3,
}

/// A value of the kernel's flow table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct FlowState {
    owner: Owner,
    /// Whether a CPU is at work on it.
    pub busy: u64,
    mode: u32,
    /// Whether another CPU came meanwhile.
    pub contended: u32,
    /// What is waited for, if anything: [`START`], [`RESUME`] or [`LOOK`], of [`REQUESTS`] or responses.
    awaits: u32,
    /// Where a connection may begin in the place of this one, where to resume, or where a frame seemed
    /// to begin.
    awaited: Seq,
    /// Segments that were copied whole since it was in step.
    copied: u32,
    place: Place,
    walk: Walk,
    /// Where it fell out of step, or shortly before the place where it resumed: from there on to that place
    /// nothing was walked over.
    fell: Seq,
}

/// A connection in the place of this one.
const START: u32 = 1;
/// A place to resume at.
const RESUME: u32 = 2;
const REQUESTS: u32 = 4;
/// A segment that seems to begin with a frame: places that are told come too late.
const LOOK: u32 = 8;
/// A segment that passed since a frame seemed to begin, and how many may.
const PASSED: u32 = 1 << 8;
const PATIENCE: u32 = 64;

const _: () = assert!(size_of::<FlowState>() == 320);

impl FlowState {
    /// A direction seen for the first time.
    #[inline(always)]
    pub const fn new(first: &Sighting) -> Self {
        Self {
            owner: Owner::new(first),
            busy: 0,
            mode: Mode::Copy as u32,
            contended: 0,
            awaits: 0,
            awaited: Seq(0),
            copied: 0,
            place: Place::new(first.seq),
            walk: Walk::new(false, false),
            // Nowhere; near where it resumes, only less is told as it is.
            fell: Seq(0),
        }
    }

    /// Whether a sighting counts; not where another hook observes the direction.
    #[inline(always)]
    pub const fn admits(&mut self, seen: &Sighting) -> bool {
        self.owner.admits(seen)
    }

    /// Gives the direction to another hook.
    #[inline(always)]
    pub const fn hand_over(&mut self, seen: &Sighting) {
        self.owner = Owner::new(seen);
    }

    /// The owner.
    #[inline(always)]
    pub const fn owner(&self) -> &Owner {
        &self.owner
    }

    /// What is to be done with a segment where nothing is ever left out.
    #[inline(always)]
    pub const fn plan_whole(&mut self, span: &Span) -> Plan {
        if span.syn.is_some() {
            // A new connection has yet to show what it carries.
            self.mode = Mode::Copy as u32;
        }
        if self.mode == Mode::CountOnly as u32 { Plan::Count } else { Plan::Copy }
    }

    /// What is to be done with a segment.
    #[inline(always)]
    pub fn plan(&mut self, span: &Span) -> Plan {
        if let Some(is_answer) = span.syn
            && !self.begin(span.seq, !is_answer)
        {
            return Plan::Copy;
        }
        if self.awaits & START != 0 && span.len > 0 && span.seq == self.awaited {
            self.start(span.seq, self.awaits & REQUESTS != 0, false);
        } else if self.awaits & START != 0 {
            self.await_start();
        }
        if self.mode == Mode::Sieve as u32 {
            return Plan::Sieve(self.arrive(span));
        }
        if self.mode == Mode::Shadow as u32 {
            return Plan::Shadow(self.arrive(span));
        }
        if self.mode == Mode::CountOnly as u32 {
            return Plan::Count;
        }
        match self.resumes_in(span) {
            Some(from) => Plan::Resume(from),
            None if self.awaits & LOOK != 0 => Plan::Look,
            None => Plan::Copy,
        }
    }

    #[inline(always)]
    const fn arrive(&mut self, span: &Span) -> Arrival {
        let unwanted = self.walk.unwanted();
        let arrival = self.place.arrive(span.seq, span.len, unwanted);
        if matches!(arrival, Arrival::Needed { .. }) {
            self.walk.pass_unwanted(unwanted);
        }
        arrival
    }

    /// A SYN. It proves nothing where a connection is followed: that which begins is known by its
    /// first byte, when it comes. Returns whether it begins now.
    #[inline(always)]
    const fn begin(&mut self, first: Seq, is_request: bool) -> bool {
        if self.mode == Mode::Sieve as u32 {
            if self.place.next().0 == first.0 && self.walk.is_request() == is_request {
                return true;
            }
            self.await_at(START, first, is_request);
            return false;
        }
        self.start(first, is_request, false);
        true
    }

    #[inline(always)]
    const fn await_at(&mut self, what: u32, at: Seq, is_request: bool) {
        self.awaits = if is_request { what | REQUESTS } else { what };
        self.awaited = at;
    }

    /// In step from a connection's first byte on.
    #[inline(always)]
    const fn start(&mut self, first: Seq, is_request: bool, is_proven: bool) {
        self.note_fall();
        self.awaits = 0;
        self.mode = Mode::Sieve as u32;
        self.place = Place::new(first);
        self.walk.begin(is_request, is_proven);
    }

    /// In step from this byte on, with which a frame begins.
    #[inline(always)]
    const fn resume(&mut self, at: Seq) {
        self.start(at, self.awaits & REQUESTS != 0, true);
        self.place = Place::resumed(at);
        self.fell = Place::unwalked(self.fell, at);
    }

    /// Segments go on as before: after a while the SYN meant nothing.
    #[inline(always)]
    const fn await_start(&mut self) {
        if self.loses_patience() {
            self.awaits = 0;
        }
    }

    /// A segment has passed that was not what is awaited; whether that were too many.
    #[inline(always)]
    const fn loses_patience(&mut self) -> bool {
        self.awaits += PASSED;
        self.awaits / PASSED > PATIENCE
    }

    /// Where in the segment to resume, if there.
    #[inline(always)]
    const fn resumes_in(&mut self, span: &Span) -> Option<u32> {
        if self.awaits & RESUME == 0 || span.len == 0 {
            return None;
        }
        let from = self.awaited.since(span.seq);
        if from < 0 {
            // It has passed.
            self.awaits = LOOK | self.awaits & REQUESTS;
            return None;
        }
        if from as u32 >= span.len {
            return None;
        }
        self.resume(self.awaited);
        Some(from as u32)
    }

    /// Takes what the request direction says. What is proven there is the connection that has begun
    /// in the place of this one, if one has.
    #[inline(always)]
    pub fn hear(&mut self, news: News) {
        if news == News::Proven && self.awaits & START != 0 {
            self.start(self.awaited, self.awaits & REQUESTS != 0, true);
        }
        self.walk.hear(news);
    }

    /// Whether requests are looked for.
    #[inline(always)]
    pub const fn looks_for_requests(&self) -> bool {
        self.awaits & REQUESTS != 0
    }

    /// A segment is copied whole. Whether the daemon is to look at it at once: ever more rarely, as it
    /// may have nothing to say.
    #[inline(always)]
    pub const fn copies(&mut self) -> bool {
        self.copied = self.copied.wrapping_add(1);
        self.copied & self.copied.wrapping_sub(1) == 0
    }

    /// A segment has passed since a frame seemed to begin; too many, and it is looked for again.
    #[inline(always)]
    pub const fn wait(&mut self) {
        if self.loses_patience() {
            self.fall();
        }
    }

    /// A frame seems to begin here.
    #[inline(always)]
    pub const fn follow(&mut self, first: Seq) {
        self.resume(first);
        self.mode = Mode::Shadow as u32;
        self.awaited = first;
    }

    /// Whether it is perhaps in step.
    #[inline(always)]
    pub const fn is_shadow(&self) -> bool {
        self.mode == Mode::Shadow as u32
    }

    /// Whether it is in step.
    #[inline(always)]
    pub const fn is_in_step(&self) -> bool {
        self.mode == Mode::Sieve as u32
    }

    /// Where it is.
    #[inline(always)]
    pub const fn place(&mut self) -> &mut Place {
        &mut self.place
    }

    /// What comes next in it.
    #[inline(always)]
    pub const fn walk(&mut self) -> &mut Walk {
        &mut self.walk
    }
}

#[cfg(test)]
mod tests;
