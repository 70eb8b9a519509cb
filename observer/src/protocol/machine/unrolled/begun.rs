//! A message's beginning, read by its layout's code, and how the machine goes on from there.

use super::super::regions::Level;
use super::super::visitor::Visitor;
use super::super::{Machine, Mode, State, plain};
use super::{Cursor, layouts};
use crate::protocol::pieces::Pieces;
use crate::protocol::program::Program;

/// How far a message was read, before which nothing is left to be done.
pub struct Begun<'a> {
    pub(super) cursor: Cursor<'a, false>,
    is_done: bool,
}

impl<'a> Begun<'a> {
    /// A message of `len` bytes behind its correlation id, the first of which are these.
    #[inline(always)]
    pub fn new(len: u32, pieces: Pieces<'a>) -> Self {
        Self { cursor: Cursor::new(pieces, len as usize), is_done: false }
    }

    /// Reads it as far as its layout is written out as code and the message plain.
    #[inline(always)]
    pub fn read<V: Visitor>(&mut self, program: &Program, visitor: &mut V) {
        if let Some(layout) = program.facts_of {
            self.is_done = layouts::follow(layout, &mut self.cursor, visitor);
        }
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

    /// Goes on by its layout's code, if that has record sets, it stands between two ops, and the bytes are all of
    /// the message's; returns those that are left.
    #[inline]
    pub(in super::super) fn go_on_unrolled<'a, V: Visitor>(
        &mut self,
        bytes: &'a [u8],
        behind: &mut Pieces<'a>,
        visitor: &mut V,
    ) -> &'a [u8] {
        let beyond = (self.regions.left() as usize).checked_sub(bytes.len());
        let is_between_ops = self.mode == Mode::Op && self.fixed_from == 0 && self.skip == 0;
        let is_plain = is_between_ops && self.carry.is_empty() && self.at > 0;
        let (Some(layout), Some(beyond), true) = (self.program.facts_of, beyond, is_plain) else {
            return bytes;
        };
        let Some(left) = self.regions.arrays() else { return bytes };
        let mut cursor = Cursor::<true>::at(bytes, *behind, beyond);
        (cursor.from, cursor.left) = (self.at, left);
        let Some(is_done) = layouts::follow_on(layout, &mut cursor, visitor) else {
            return bytes;
        };
        *behind = cursor.behind;
        self.regions.leave_arrays();
        self.regions.give_back(plain::count(cursor.left()));
        if is_done {
            self.state = State::Done;
            return &[];
        }
        self.stop_unrolled(&cursor);
        cursor.bytes
    }

    /// A layout was left before this op, within some arrays.
    #[inline(never)]
    fn stop_unrolled<const AMID: bool>(&mut self, cursor: &Cursor<'_, AMID>) {
        (self.at, self.skip) = (cursor.at, plain::count(cursor.missing));
        for left in cursor.left.into_iter().take(cursor.depth) {
            // A program has no more levels than there is room for.
            let _ = self.regions.push(Level::Array(left));
        }
    }
}
