//! A message's body that is passing.

use super::Names;
use super::collector::{Collector, Position};
use super::facts::{Facts, Hole, Undecoded};
use crate::event::Side;
use crate::protocol::api::ApiKey;
use crate::protocol::machine::{Broken, Machine, Wrapped};
use crate::protocol::program::{self, Program};
use crate::tables::Evictions;

/// A message, from where its body's bytes are taken.
#[derive(Debug)]
pub struct Body {
    /// `None` where the table does not know the message.
    machine: Option<Machine>,
    facts: Box<Facts>,
    position: Position,
    /// The request that a wrapped response answers.
    wrapped: Option<Wrapped>,
    has_lost: bool,
    /// What kind the first hole was.
    hole: Option<Hole>,
}

/// Where a message's bytes begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Behind the correlation id.
    Header,
    /// Behind the header.
    Body,
}

impl Body {
    /// A message of which `len` bytes follow from `begin` on. Of a response, `wrapped` is the request
    /// inside its request. `facts` is memory to use again.
    pub fn new(
        (api_key, side, version): (ApiKey, Side, i16),
        begin: Begin,
        len: u32,
        wrapped: Option<Wrapped>,
        mut facts: Box<Facts>,
    ) -> Self {
        facts.clear();
        let program = program::find(api_key, side, version);
        let machine = program.map(|program: &'static Program| {
            let at = if begin == Begin::Body { program.body } else { 0 };
            Machine::new(program, at, len)
        });
        if machine.is_none() {
            facts.undecoded = Some(match api_key.lookup() {
                None => Undecoded::UnknownApi,
                Some(_) => Undecoded::UnknownVersion,
            });
        }
        let position = Position::default();
        Self { machine, facts, position, wrapped, has_lost: false, hole: None }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8], names: &mut Names, evictions: &mut Evictions) {
        self.step(names, evictions, |machine, collector| machine.feed(bytes, collector));
    }

    /// Passes over bytes that are not there.
    pub fn hole(&mut self, hole: Hole, len: u64, names: &mut Names, evictions: &mut Evictions) {
        self.hole.get_or_insert(hole);
        self.step(names, evictions, |machine, collector| machine.hole(len, collector));
    }

    /// The message has ended: what it says.
    pub fn end(mut self, names: &mut Names, evictions: &mut Evictions) -> Box<Facts> {
        let end = self.step(names, evictions, |machine, collector| machine.end(collector));
        let missing = match self.hole {
            Some(Hole::Elided) => Undecoded::Elided,
            _ => Undecoded::Gap,
        };
        match end {
            Some(Err(Broken::Missing)) => self.facts.undecoded = Some(missing),
            Some(Err(why)) => self.facts.undecoded = Some(why.into()),
            Some(Ok(())) if self.has_lost => self.facts.undecoded = Some(missing),
            Some(Ok(())) | None => {}
        }
        self.facts
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
