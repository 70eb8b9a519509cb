//! A message's body that is passing.

use super::collector::{Collector, Position};
use super::facts::{Facts, Undecoded};
use super::names::Names;
use crate::event::Side;
use crate::protocol::api::ApiKey;
use crate::protocol::machine::{Broken, Machine, Wrapped};
use crate::protocol::program;
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
    facts: Box<Facts>,
    position: Position,
    wrapped: Option<Wrapped>,
    /// Of a version that the table does not know yet: only what does not change is believed.
    is_newer: bool,
    has_lost: bool,
    /// What kind the first hole was.
    hole: Option<Hole>,
}

impl Body {
    /// Begins a message.
    pub(super) fn begin(&mut self, message: Message, mut facts: Box<Facts>) {
        let Message { api_key, side, version, len, wrapped } = message;
        facts.clear();
        let program = program::find(api_key, side, version);
        // A Produce of a later version still says first whether it wants an answer.
        let newest = || message.is_newer_produce().then(newest_produce).flatten();
        if program.is_none() {
            facts.undecoded = Some(match api_key.lookup() {
                None => Undecoded::UnknownApi,
                Some(_) => Undecoded::UnknownVersion,
            });
        }
        let is_newer = program.is_none();
        let machine = program.or_else(newest).map(|program| Machine::new(program, len));
        let position = Position::default();
        *self = Self { machine, facts, position, wrapped, is_newer, has_lost: false, hole: None };
    }

    pub(super) fn feed(&mut self, bytes: &[u8], names: &mut Names, evictions: &mut Evictions) {
        self.step(names, evictions, |machine, collector| machine.feed(bytes, collector));
    }

    pub(super) fn miss(
        &mut self,
        hole: Hole,
        len: u64,
        names: &mut Names,
        evictions: &mut Evictions,
    ) {
        self.hole.get_or_insert(hole);
        self.step(names, evictions, |machine, collector| machine.hole(len, collector));
    }

    /// The message has ended: what it says. Nothing of it is left here.
    pub(super) fn end(&mut self, names: &mut Names, evictions: &mut Evictions) -> Box<Facts> {
        let end = self.step(names, evictions, |machine, collector| machine.end(collector));
        let missing = match self.hole {
            Some(Hole::Elided) => Undecoded::Elided,
            Some(Hole::Gap) | None => Undecoded::Gap,
        };
        let mut facts = std::mem::take(&mut self.facts);
        if self.is_newer {
            let (acks, undecoded) = (facts.acks, facts.undecoded);
            facts.clear();
            (facts.acks, facts.undecoded) = (acks, undecoded);
            return facts;
        }
        match end {
            Some(Err(Broken::Missing)) => facts.undecoded = Some(missing),
            Some(Err(why)) => facts.undecoded = Some(why.into()),
            Some(Ok(())) if self.has_lost => facts.undecoded = Some(missing),
            Some(Ok(())) | None => {}
        }
        facts
    }

    fn step<T>(
        &mut self,
        names: &mut Names,
        evictions: &mut Evictions,
        step: impl FnOnce(&mut Machine, &mut Collector<'_>) -> T,
    ) -> Option<T> {
        let Self { machine, facts, position, wrapped, has_lost, .. } = self;
        let mut collector =
            Collector { facts, position, names, evictions, wrapped: *wrapped, has_lost };
        machine.as_mut().map(|machine| step(machine, &mut collector))
    }
}

impl Message {
    fn is_newer_produce(&self) -> bool {
        let newest = newest_produce_version();
        self.api_key == ApiKey::PRODUCE && self.side == Side::Request && self.version > newest
    }
}

fn newest_produce_version() -> i16 {
    let ranges = ApiKey::PRODUCE.lookup().map(|api| api.valid);
    ranges.into_iter().flatten().map(|range| range.last).max().unwrap_or(i16::MAX)
}

fn newest_produce() -> Option<&'static program::Program> {
    program::find(ApiKey::PRODUCE, Side::Request, newest_produce_version())
}
