//! Messages that are all there at once, as most are: one that is plain is read without anything that would
//! have to be kept until more of it comes.

use super::body::{Message, missing};
use super::collector::{Collector, Position};
use super::decoder::Decoder;
use super::facts::Facts;
use crate::event::Side;
use crate::protocol::machine::Begun;
use crate::protocol::pieces::Pieces;
use crate::protocol::program::{self, Program};
use crate::stream::Hole;
use crate::tables::Evictions;

impl Decoder {
    /// Takes a message of which these pieces are all: what it says.
    pub fn whole(
        &mut self,
        message: Message,
        pieces: Pieces<'_>,
        evictions: &mut Evictions,
    ) -> Box<Facts> {
        match program::find(message.api_key, message.side, message.version) {
            Some(program) if !program.is_disputed => {
                self.plain(message, program, pieces, evictions)
            }
            _ => {
                let mut body = self.begin(message);
                self.feed(&mut body, pieces, evictions);
                self.end(body, evictions)
            }
        }
    }

    fn plain(
        &mut self,
        message: Message,
        program: &Program,
        pieces: Pieces<'_>,
        evictions: &mut Evictions,
    ) -> Box<Facts> {
        let mut facts = self.facts.take().unwrap_or_default();
        // What is plain loses nothing.
        let (mut position, mut has_lost) = (Position::default(), false);
        let hole = pieces.has_hole().then_some(Hole::Elided);
        let mut collector = Collector {
            facts: &mut facts,
            position: &mut position,
            names: &mut self.names,
            evictions,
            is_request: message.side == Side::Request,
            wrapped: message.wrapped,
            has_lost: &mut has_lost,
            missing: missing(hole),
        };
        let mut begun = Begun::new(message.len, pieces);
        begun.read(program, &mut collector);
        if begun.is_whole() && !position.is_open() {
            return facts;
        }
        let mut body = self.bodies.take().unwrap_or_default();
        body.begin(message, facts);
        body.take_over(begun, position, hole, &mut self.names, evictions);
        self.end(body, evictions)
    }
}
