//! A program's ops in, the sieve's words out.
//!
//! Values that nobody asks for are bytes to keep before the next word's number, so there are far
//! fewer words than ops.

use observer_common::sieve::{MAX_DEPTH, MOST_COUNTS_BEHIND, Op as Code, Width, Word};

use crate::protocol::meaning::Role;
use crate::protocol::program::{Length, Op, Program};

/// Whether the message holds something to leave out.
pub(super) fn holds_data(program: &Program) -> bool {
    program.ops.iter().any(is_data)
}

/// The words of a program, of which the first stands at `base`. `None` where the message is one that the
/// sieve cannot follow.
pub(super) fn translate(program: &Program, base: u16) -> Option<Vec<Word>> {
    let end = program.ops.iter().position(|op| *op == Op::End)?;
    let ops = program.ops.get(..=end)?;
    let mut translation = Translation { words: Vec::new(), places: Vec::new(), kept: 0, depth: 0 };
    for (index, op) in ops.iter().enumerate() {
        if is_target(ops, index) {
            translation.settle();
        }
        translation.places.push(translation.words.len());
        translation.op(*op)?;
    }
    translation.link(base)
}

fn is_data(op: &Op) -> bool {
    match op {
        Op::Records { .. } | Op::Wrapped { .. } => true,
        Op::Bytes { place, .. } => place.role == Role::Secret,
        _ => false,
    }
}

/// Whether some op goes on from this one.
fn is_target(ops: &[Op], index: usize) -> bool {
    ops.iter().any(|op| match op {
        Op::Array { end, .. } | Op::Nullable { end, .. } => usize::from(*end) == index,
        Op::Next { begin, .. } => usize::from(*begin) == index,
        _ => false,
    })
}

struct Translation {
    /// The words; where one goes elsewhere, its number is still that of an op.
    words: Vec<Word>,
    /// The word that each op begins with.
    places: Vec<usize>,
    /// Bytes to keep before the next word's number.
    kept: u16,
    depth: usize,
}

impl Translation {
    fn op(&mut self, op: Op) -> Option<()> {
        match op {
            Op::Skip(len) | Op::Fixed { len, .. } => self.kept = self.kept.checked_add(len)?,
            Op::Bytes { length, place } if place.role == Role::Secret => {
                self.push(Code::Secret, width(length), 0);
            }
            Op::Bytes { length, .. } | Op::Pass(length) => self.push(Code::Text, width(length), 0),
            Op::Records { length, is_walked, .. } => {
                self.push(Code::Records, width(length), u16::from(is_walked));
            }
            Op::Wrapped { length, place } => {
                let is_request = place.role == Role::WrappedRequest;
                let code = if is_request { Code::WrappedRequest } else { Code::WrappedResponse };
                self.push(code, width(length), 0);
            }
            Op::Row { length, width: row } => self.push(Code::Row, width(length), row),
            Op::Array { length, end, .. } => {
                let depth = self.depth;
                self.depth = depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH)?;
                self.push_with(Code::Array, width(length), end, u16::try_from(depth).ok()?);
            }
            Op::Next { begin, .. } => {
                self.depth = self.depth.checked_sub(1)?;
                self.push(Code::Next, Width::None, begin);
            }
            Op::Nullable { end, .. } => self.push(Code::Nullable, Width::One, end),
            Op::Tagged { .. } => self.push(Code::Tagged, Width::Varint, 0),
            Op::End => self.push(Code::End, Width::None, 0),
            Op::EndTagged | Op::If { .. } => return None,
        }
        Some(())
    }

    fn push(&mut self, code: Code, width: Width, a: u16) {
        self.push_with(code, width, a, 0);
    }

    fn push_with(&mut self, code: Code, width: Width, a: u16, b: u16) {
        let kept = std::mem::take(&mut self.kept);
        self.words.push(Word::new(code, width, kept, a, b));
    }

    /// The bytes before a place that others come to as well are kept by a word of their own.
    fn settle(&mut self) {
        if self.kept > 0 {
            self.push(Code::Keep, Width::None, 0);
        }
    }

    /// Ops that words go to become words.
    fn link(self, base: u16) -> Option<Vec<Word>> {
        let Self { words, places, .. } = self;
        let link = |(index, word): (usize, &Word)| {
            if word.is(Code::Records) {
                let behind = words.get(index.saturating_add(1)..).unwrap_or_default();
                return Some(word.with_b(counts_behind(behind)));
            }
            let goes = word.is(Code::Array) || word.is(Code::Next) || word.is(Code::Nullable);
            if !goes {
                return Some(*word);
            }
            let place = places.get(usize::from(word.a()))?;
            let place = u16::try_from(*place).ok()?.checked_add(base)?;
            Some(word.with_a(place))
        };
        words.iter().enumerate().map(link).collect()
    }
}

/// One more than the counts of tagged fields that these words are, if they are nothing else but ends of
/// elements, and few; 0 if not. See [`Code::Records`].
fn counts_behind(words: &[Word]) -> u16 {
    let mut counts: u16 = 0;
    for word in words.iter().take_while(|word| word.before() == 0) {
        if word.is(Code::Tagged) {
            counts = counts.saturating_add(1);
        } else if word.is(Code::End) && counts <= MOST_COUNTS_BEHIND {
            return counts.saturating_add(1);
        } else if !word.is(Code::Next) {
            break;
        }
    }
    0
}

fn width(length: Length) -> Width {
    match length {
        Length::Int16 => Width::Two,
        Length::Int32 => Width::Four,
        Length::Compact => Width::Varint,
    }
}
