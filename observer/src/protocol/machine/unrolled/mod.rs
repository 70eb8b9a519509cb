//! Layouts unrolled: the programs of the messages that carry most of the traffic, written out as code.
//!
//! What an op is, where its values lie and what they mean are constants there, so that little is left
//! to be done at run time but to look at the bytes, and to tell what they say. It does only what the
//! steps would do, from a message's beginning, or of one with record sets from where it stands between two ops,
//! and stops before the first op that is cut, wrong, long or rare; from there on the other ways go, as they do
//! for every other layout.

mod begun;
#[rustfmt::skip]
mod layouts;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use begun::Begun;

use super::visitor::Visitor;
use super::{plain, read};
use crate::protocol::meaning::{Role, Scope};
use crate::protocol::pieces::Pieces;
use crate::protocol::program::{Length, Place};

/// Arrays within each other in any of the layouts.
const DEPTH: usize = 4;

/// How far it is. One that goes on amid a message is of its own type, as it has more to ask.
pub(super) struct Cursor<'a, const AMID: bool> {
    /// The bytes that come next in the region.
    bytes: &'a [u8],
    /// What is behind them, and how many more the region has.
    behind: Pieces<'a>,
    beyond: usize,
    /// Bytes of a set that are still to come.
    missing: usize,
    /// The op that comes next.
    at: u16,
    /// Those before this one were done before, and are passed over.
    from: u16,
    /// The arrays that it stopped in, and their elements left, the present one included.
    depth: usize,
    left: [u32; DEPTH],
}

/// Follows a layout as far as it is plain; returns whether that was all of it. Each layout has its own
/// copy, with the cursor in registers.
#[inline(never)]
fn to_its_stop<'a, const AMID: bool, V: Visitor>(
    shown: &mut Cursor<'a, AMID>,
    visitor: &mut V,
    layout: impl Fn(&mut Cursor<'a, AMID>, &mut V) -> Option<()>,
) -> bool {
    let Cursor { bytes, behind, beyond, from, left, .. } = *shown;
    let mut cursor = Cursor::at(bytes, behind, beyond);
    if AMID {
        (cursor.from, cursor.left) = (from, left);
    }
    let is_done = layout(&mut cursor, visitor).is_some();
    if is_done {
        (shown.bytes, shown.beyond) = (cursor.bytes, cursor.beyond);
    } else {
        *shown = cursor;
    }
    is_done
}

const fn place(role: Role, field: u16) -> Place {
    Place { role, field }
}

impl<'a, const AMID: bool> Cursor<'a, AMID> {
    /// At the beginning of a message with so many bytes.
    #[inline(always)]
    fn new(mut pieces: Pieces<'a>, len: usize) -> Self {
        let bytes = pieces.take_bytes();
        let bytes = bytes.get(..len).unwrap_or(bytes);
        Self::at(bytes, pieces, len.saturating_sub(bytes.len()))
    }

    #[inline(always)]
    const fn at(bytes: &'a [u8], behind: Pieces<'a>, beyond: usize) -> Self {
        Self { bytes, behind, beyond, missing: 0, at: 0, from: 0, depth: 0, left: [0; DEPTH] }
    }

    /// Bytes of the message behind the op that comes next and what is passed over before it.
    #[inline(always)]
    fn left(&self) -> usize {
        self.bytes.len().saturating_add(self.beyond).saturating_sub(self.missing)
    }
}

/// The ops. Each notes which it is, so that it is known where to go on.
impl<'a, const AMID: bool> Cursor<'a, AMID> {
    /// Notes which op comes next; false for one that was done before, and is passed over.
    #[inline(always)]
    const fn comes_to(&mut self, at: u16) -> bool {
        if AMID && at < self.from {
            return false;
        }
        self.at = at;
        true
    }

    #[inline(always)]
    fn no_tags(&mut self, at: u16) -> Option<()> {
        if !self.comes_to(at) {
            return Some(());
        }
        let [0, behind @ ..] = self.bytes else {
            return None;
        };
        self.bytes = behind;
        Some(())
    }

    /// Bytes with values at fixed places.
    #[inline(always)]
    fn fixed<const LEN: usize>(&mut self, at: u16) -> Option<Fixed<'a, LEN>> {
        if !self.comes_to(at) {
            return Some(Fixed(None));
        }
        let (bytes, behind) = self.bytes.split_first_chunk()?;
        self.bytes = behind;
        Some(Fixed(Some(bytes)))
    }

    #[inline(always)]
    fn text(
        &mut self,
        at: u16,
        length: Length,
        place: Place,
        visitor: &mut impl Visitor,
    ) -> Option<()> {
        if !self.comes_to(at) {
            return Some(());
        }
        self.bytes = plain::text(self.bytes, length, place, visitor)?;
        Some(())
    }

    /// What is passed over by its length, in elements of `width` bytes.
    #[inline(always)]
    fn row(&mut self, at: u16, length: Length, width: u16) -> Option<()> {
        if !self.comes_to(at) {
            return Some(());
        }
        self.bytes = plain::row(self.bytes, length, width)?;
        Some(())
    }

    #[inline(always)]
    fn records(
        &mut self,
        at: u16,
        length: Length,
        place: Place,
        visitor: &mut impl Visitor,
    ) -> Option<()> {
        if !self.comes_to(at) {
            return Some(());
        }
        let left = plain::Left { beyond: self.beyond, is_cut: self.behind.begins_with_hole() };
        let set = plain::records(self.bytes, left, length, place, visitor)?;
        self.pass_set(set)
    }

    /// A set of records that is looked at.
    #[inline(always)]
    fn set(
        &mut self,
        at: u16,
        length: Length,
        place: Place,
        visitor: &mut impl Visitor,
    ) -> Option<()> {
        if !self.comes_to(at) {
            return Some(());
        }
        let left = plain::Left { beyond: self.beyond, is_cut: self.behind.begins_with_hole() };
        let set = plain::set(self.bytes, left, length, place, visitor)?;
        self.pass_set(set)
    }

    /// Goes on behind a set.
    #[inline(always)]
    fn pass_set(&mut self, (bytes, missing): (&'a [u8], usize)) -> Option<()> {
        self.bytes = bytes;
        if missing > 0 {
            (self.bytes, self.missing) = plain::pass(&mut self.behind, &mut self.beyond, missing);
            if self.missing > 0 {
                // The next op comes when they have passed.
                self.at = self.at.saturating_add(1);
                return None;
            }
        }
        Some(())
    }

    /// An array's beginning; returns how many elements it has.
    #[inline(always)]
    fn array(
        &mut self,
        at: u16,
        length: Length,
        place: Place,
        visitor: &mut impl Visitor,
    ) -> Option<u32> {
        if !self.comes_to(at) {
            return Some(0);
        }
        let (value, behind) = plain::prefix(self.bytes, length)?;
        let count = value.unwrap_or_default();
        if count as usize > behind.len().saturating_add(self.beyond) {
            return None;
        }
        self.bytes = behind;
        visitor.array(place, value);
        Some(count)
    }

    /// Its elements, each of which these ops are, within so many other arrays.
    #[inline(always)]
    fn each<const AROUND: usize, V: Visitor>(
        &mut self,
        mut count: u32,
        ops: Range<u16>,
        scope: Option<Scope>,
        visitor: &mut V,
        element: impl Fn(&mut Self, &mut V) -> Option<()>,
    ) -> Option<()> {
        const { assert!(AROUND < DEPTH) };
        let mut is_within = AMID && ops.contains(&self.from);
        if is_within {
            count = self.left.get(AROUND).copied().unwrap_or_default();
        }
        for done in 0..count {
            if let Some(scope) = scope
                && !is_within
            {
                visitor.enter(scope);
            }
            if element(self, visitor).is_none() {
                self.depth = self.depth.max(AROUND.saturating_add(1));
                if let Some(left) = self.left.get_mut(AROUND) {
                    *left = count.saturating_sub(done);
                }
                return None;
            }
            if AMID {
                (self.from, is_within) = (0, false);
            }
            if let Some(scope) = scope {
                visitor.leave(scope);
            }
        }
        Some(())
    }
}

/// Values at fixed places, if they were not told before.
struct Fixed<'a, const LEN: usize>(Option<&'a [u8; LEN]>);

impl<const LEN: usize> Fixed<'_, LEN> {
    /// A number of `WIDTH` bytes.
    #[inline(always)]
    fn number<const OFFSET: usize, const WIDTH: usize>(
        &self,
        place: Place,
        visitor: &mut impl Visitor,
    ) {
        let bytes = self.0.and_then(|bytes| bytes.get(OFFSET..)).unwrap_or_default();
        if let Some(number) = read::number_of::<WIDTH>(bytes) {
            visitor.number(place, number);
        }
    }

    #[inline(always)]
    fn uuid<const OFFSET: usize>(&self, place: Place, visitor: &mut impl Visitor) {
        let bytes = self.0.and_then(|bytes| bytes.get(OFFSET..)).unwrap_or_default();
        if let Some(uuid) = bytes.first_chunk() {
            visitor.uuid(place, uuid);
        }
    }
}
