//! A message's body that is passing.

use super::collector::{Collector, Position};
use super::facts::{ErrorFact, Facts};
use super::names::Names;
use super::undecoded::Undecoded;
use crate::event::Side;
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::protocol::machine::{Begun, Broken, Machine, Wrapped};
use crate::protocol::pieces::Pieces;
use crate::protocol::program::{self, Program};
use crate::stream::Hole;
use crate::tables::Evictions;

/// Which message it is.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// API key.
    pub api_key: ApiKey,
    /// Direction.
    pub side: Side,
    /// API version.
    pub version: i16,
    /// Bytes behind the correlation id.
    pub len: u32,
    /// Of a response: the request inside its request (Envelope).
    pub wrapped: Option<Wrapped>,
}

/// A message that is passing: a machine that follows its layout, and the facts found so far.
#[derive(Debug, Default)]
pub struct Body {
    /// `None` where the table does not know the message.
    machine: Option<Machine>,
    /// `None` between messages.
    facts: Option<Box<Facts>>,
    position: Position,
    is_request: bool,
    wrapped: Option<Wrapped>,
    trust: Trust,
    has_lost: bool,
    /// What kind a hole was: if any was a gap where something was needed, then that.
    hole: Option<Hole>,
}

/// What is believed of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Trust {
    /// All.
    #[default]
    Everything,
    /// All, if it fits the layout: an older release has another one.
    IfItFits,
    /// What does not change: the table does not know its version.
    WhatStays,
}

impl Body {
    /// Begins a message; the facts are empty.
    pub(super) fn begin(&mut self, message: Message, mut facts: Box<Facts>) {
        let Message { api_key, side, version, len, wrapped } = message;
        let program = program::find(api_key, side, version);
        if program.is_none() {
            facts.undecoded = Some(match api_key.lookup() {
                None => Undecoded::UnknownApi,
                Some(_) => Undecoded::UnknownVersion,
            });
        }
        self.trust = match program {
            None => Trust::WhatStays,
            Some(Program { is_disputed: true, .. }) => Trust::IfItFits,
            Some(_) => Trust::Everything,
        };
        match program.or_else(|| message.fallback()) {
            Some(program) => match &mut self.machine {
                Some(machine) => machine.restart(program, len),
                machine @ None => *machine = Some(Machine::new(program, len)),
            },
            None => self.machine = None,
        }
        self.facts = Some(facts);
        self.position.reset();
        self.is_request = side == Side::Request;
        self.wrapped = wrapped;
        (self.has_lost, self.hole) = (false, None);
    }

    pub(super) fn feed(
        &mut self,
        pieces: Pieces<'_>,
        names: &mut Names,
        evictions: &mut Evictions,
    ) {
        if self.hole.is_none() && pieces.has_hole() {
            self.hole = Some(Hole::Elided);
        }
        self.step(names, evictions, |machine, collector| machine.feed(pieces, collector));
    }

    /// Takes over where a message was begun with, and nothing was lost.
    pub(super) fn take_over(
        &mut self,
        begun: Begun<'_>,
        position: Position,
        hole: Option<Hole>,
        names: &mut Names,
        evictions: &mut Evictions,
    ) {
        (self.position, self.hole) = (position, hole);
        self.step(names, evictions, |machine, collector| machine.take_over(begun, collector));
    }

    #[inline]
    pub(super) fn miss(
        &mut self,
        hole: Hole,
        len: u64,
        names: &mut Names,
        evictions: &mut Evictions,
    ) {
        if self.machine.as_mut().is_some_and(|machine| machine.passes_over(len)) {
            // As it nearly always is.
            return;
        }
        // What was left out on purpose is seldom missed.
        if hole == Hole::Gap || self.hole.is_none() {
            self.hole = Some(hole);
        }
        self.step(names, evictions, |machine, collector| machine.hole(len, collector));
    }

    /// How many of its next bytes are passed over in any case; there may be fewer.
    pub fn unneeded(&self) -> u32 {
        self.machine.as_ref().map_or(u32::MAX, Machine::unneeded)
    }

    /// The message has ended: what it says. Nothing of it is left here.
    pub(super) fn end(&mut self, names: &mut Names, evictions: &mut Evictions) -> Box<Facts> {
        let is_whole = self.machine.as_ref().is_some_and(Machine::is_whole);
        let end = if is_whole && !self.position.is_open() {
            Some(Ok(()))
        } else {
            self.step(names, evictions, |machine, collector| {
                let end = machine.end(collector);
                collector.close();
                end
            })
        };
        let missing = missing(self.hole);
        let mut facts = self.facts.take().unwrap_or_default();
        if self.trust == Trust::WhatStays {
            keep_what_stays(&mut facts, end == Some(Ok(())));
            return facts;
        }
        match end {
            Some(Err(Broken::Missing)) => facts.undecoded = Some(missing),
            Some(Err(why)) => facts.undecoded = Some(why.into()),
            Some(Ok(())) if self.has_lost => facts.undecoded = Some(missing),
            Some(Ok(())) | None => {}
        }
        if self.trust == Trust::IfItFits && facts.undecoded.is_some() {
            // What was found may stand at places of the other layout.
            let undecoded = facts.undecoded;
            facts.clear();
            facts.undecoded = undecoded;
        }
        facts
    }

    fn step<T>(
        &mut self,
        names: &mut Names,
        evictions: &mut Evictions,
        step: impl FnOnce(&mut Machine, &mut Collector<'_>) -> T,
    ) -> Option<T> {
        let Self { machine, facts, position, is_request, wrapped, has_lost, hole, .. } = self;
        let mut collector = Collector {
            facts: facts.as_deref_mut()?,
            position,
            names,
            evictions,
            is_request: *is_request,
            wrapped: *wrapped,
            has_lost,
            missing: missing(*hole),
        };
        machine.as_mut().map(|machine| step(machine, &mut collector))
    }
}

/// What became of the bytes that are not there.
pub(super) const fn missing(hole: Option<Hole>) -> Undecoded {
    match hole {
        Some(Hole::Elided) => Undecoded::Elided,
        Some(Hole::Gap) | None => Undecoded::Gap,
    }
}

impl Message {
    /// The program that tells what does not change in a version that the table does not know.
    fn fallback(&self) -> Option<&'static Program> {
        let Self { api_key, side, version, .. } = *self;
        match (api_key, side) {
            // Whether it wants an answer stands at its beginning.
            (ApiKey::PRODUCE, Side::Request) => {
                let known = api_key.lookup()?.valid.map(|range| range.last);
                let newest = known.into_iter().max().filter(|newest| version > *newest)?;
                program::find(api_key, side, newest)
            }
            // A broker that does not know the version either answers in version 0 (KIP-511).
            (ApiKey::API_VERSIONS, Side::Response) => program::find(api_key, side, 0),
            _ => None,
        }
    }
}

/// Of a message of an unknown version: `acks`, or the error that says that it is of version 0.
fn keep_what_stays(facts: &mut Facts, is_whole: bool) {
    let (acks, undecoded) = (facts.acks, facts.undecoded);
    let is_refusal = |error: &ErrorFact| error.code == ErrorCode::UNSUPPORTED_VERSION;
    let is_refused = is_whole && facts.errors.iter().any(is_refusal);
    facts.clear();
    facts.acks = acks;
    if is_refused {
        facts.errors.count(ErrorCode::UNSUPPORTED_VERSION, None);
    } else {
        facts.undecoded = undecoded;
    }
}
