//! A message's beginning, read by its layout's code, and how the machine goes on from there.

use super::super::regions::Level;
use super::super::visitor::Visitor;
use super::super::{Machine, State, plain};
use super::{Cursor, layouts};
use crate::protocol::pieces::Pieces;
use crate::protocol::program::Program;

/// How far a message was read, before which nothing is left to be done.
pub struct Begun<'a> {
    pub(super) cursor: Cursor<'a>,
    is_done: bool,
}

impl<'a> Begun<'a> {
    /// Reads a message of `len` bytes behind its correlation id, the first of which are these, as far as its
    /// layout is written out as code and the message plain.
    #[inline(always)]
    pub fn of<V: Visitor>(
        program: &Program,
        len: u32,
        pieces: Pieces<'a>,
        visitor: &mut V,
    ) -> Self {
        let mut begun = Self { cursor: Cursor::new(pieces, len as usize), is_done: false };
        if let Some(layout) = program.facts_of {
            begun.is_done = layouts::follow(layout, &mut begun.cursor, visitor);
        }
        begun
    }

    /// Whether that was all of it.
    #[inline]
    pub fn is_whole(&self) -> bool {
        self.is_done && self.cursor.left() == 0
    }
}

impl Machine {
    /// Takes over at a message's beginning, or behind what was read of it.
    #[inline]
    pub fn take_over<V: Visitor>(&mut self, begun: Begun<'_>, visitor: &mut V) {
        let Begun { cursor, is_done } = begun;
        self.has_begun = true;
        self.regions.give_back(plain::count(cursor.left()));
        if is_done {
            self.state = State::Done;
            return;
        }
        self.stop_unrolled(&cursor);
        let Cursor { bytes, mut behind, .. } = cursor;
        self.go_on(bytes, &mut behind, visitor);
        self.feed_on(behind, visitor);
    }

    /// A layout was left before this op, within some arrays.
    #[inline(never)]
    fn stop_unrolled(&mut self, cursor: &Cursor<'_>) {
        (self.at, self.skip) = (cursor.at, plain::count(cursor.missing));
        for left in cursor.left.into_iter().take(cursor.depth) {
            // A program has no more levels than there is room for.
            let _ = self.regions.push(Level::Array(left));
        }
    }
}
