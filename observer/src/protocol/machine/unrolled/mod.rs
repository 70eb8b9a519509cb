//! Layouts unrolled: the programs of the messages that carry most of the traffic, written out as code.
//!
//! What an op is, where its values lie and what they mean are constants there, so that little is left
//! to be done at run time but to look at the bytes, and to tell what they say. It does only what the
//! steps would do, from a message's beginning on, and stops before the first op that is cut, wrong, long
//! or rare; from there on the other ways go, as they do for every other layout.

#[rustfmt::skip]
mod layouts;
#[cfg(test)]
mod tests;

use super::regions::Level;
use super::visitor::Visitor;
use super::{Machine, State, plain, read};
use crate::protocol::meaning::{Role, Scope};
use crate::protocol::program::{Length, Place};

/// Arrays within each other in any of the layouts.
const DEPTH: usize = 4;

/// How far it is.
struct Cursor<'a> {
    /// The bytes that come next in the region.
    bytes: &'a [u8],
    /// The op that comes next.
    at: u16,
    /// The arrays that it stopped in, and their elements left, the present one included.
    depth: usize,
    left: [u32; DEPTH],
}

impl Machine {
    /// Begins a message whose layout may be written out as code; returns the bytes that it did not take.
    #[inline(always)]
    pub(super) fn go_unrolled<'a, V: Visitor>(
        &mut self,
        bytes: &'a [u8],
        visitor: &mut V,
    ) -> &'a [u8] {
        let Some(layout) = self.program.facts_of else {
            return bytes;
        };
        let room = bytes.len().min(self.regions.left() as usize);
        let in_region = bytes.get(..room).unwrap_or_default();
        let used = layouts::follow(layout, self, in_region, visitor);
        bytes.get(used..).unwrap_or_default()
    }

    /// A layout was left before this op, within `depth` arrays.
    #[inline(never)]
    fn stop_unrolled(&mut self, at: u16, depth: usize, left: [u32; DEPTH]) {
        self.at = at;
        for left in left.into_iter().take(depth) {
            // A program has no more levels than there is room for.
            let _ = self.regions.push(Level::Array(left));
        }
    }
}

/// Follows a layout as far as it is plain; returns how many of the region's bytes that took. Each layout
/// has its own copy, with the cursor in registers.
#[inline(never)]
fn to_its_stop<'a, V: Visitor>(
    machine: &mut Machine,
    bytes: &'a [u8],
    visitor: &mut V,
    layout: impl Fn(&mut Cursor<'a>, &mut V) -> Option<()>,
) -> usize {
    let mut cursor = Cursor { bytes, at: 0, depth: 0, left: [0; DEPTH] };
    let is_done = layout(&mut cursor, visitor).is_some();
    let used = bytes.len().saturating_sub(cursor.bytes.len());
    let _ = machine.regions.take(u32::try_from(used).unwrap_or(u32::MAX));
    if is_done {
        machine.state = State::Done;
    } else {
        machine.stop_unrolled(cursor.at, cursor.depth, cursor.left);
    }
    used
}

const fn place(role: Role, field: u16) -> Place {
    Place { role, field }
}

/// The ops. Each notes which it is, so that it is known where to go on.
impl<'a> Cursor<'a> {
    /// Takes a value, which returns the bytes behind it.
    #[inline(always)]
    fn take(&mut self, at: u16, value: impl FnOnce(&'a [u8]) -> Option<&'a [u8]>) -> Option<()> {
        self.at = at;
        self.bytes = value(self.bytes)?;
        Some(())
    }

    #[inline(always)]
    fn no_tags(&mut self, at: u16) -> Option<()> {
        self.at = at;
        let [0, behind @ ..] = self.bytes else {
            return None;
        };
        self.bytes = behind;
        Some(())
    }

    /// Bytes with values at fixed places.
    #[inline(always)]
    fn fixed<const LEN: usize>(&mut self, at: u16) -> Option<Fixed<'a, LEN>> {
        self.at = at;
        let (bytes, behind) = self.bytes.split_first_chunk()?;
        self.bytes = behind;
        Some(Fixed(bytes))
    }

    #[inline(always)]
    fn text(
        &mut self,
        at: u16,
        length: Length,
        place: Place,
        visitor: &mut impl Visitor,
    ) -> Option<()> {
        self.take(at, |bytes| plain::text(bytes, length, place, visitor))
    }

    /// What is passed over by its length, in elements of `width` bytes.
    #[inline(always)]
    fn row(&mut self, at: u16, length: Length, width: u16) -> Option<()> {
        self.take(at, |bytes| plain::row(bytes, length, width))
    }

    #[inline(always)]
    fn records(
        &mut self,
        at: u16,
        length: Length,
        place: Place,
        visitor: &mut impl Visitor,
    ) -> Option<()> {
        self.take(at, |bytes| plain::records(bytes, length, place, visitor))
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
        self.take(at, |bytes| plain::set(bytes, length, place, visitor))
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
        self.at = at;
        let (value, behind) = plain::prefix(self.bytes, length)?;
        let count = value.unwrap_or_default();
        if count as usize > behind.len() {
            return None;
        }
        self.bytes = behind;
        visitor.array(place, value);
        Some(count)
    }

    /// Its elements, within so many other arrays.
    #[inline(always)]
    fn each<const AROUND: usize, V: Visitor>(
        &mut self,
        count: u32,
        scope: Option<Scope>,
        visitor: &mut V,
        element: impl Fn(&mut Self, &mut V) -> Option<()>,
    ) -> Option<()> {
        const { assert!(AROUND < DEPTH) };
        for done in 0..count {
            if let Some(scope) = scope {
                visitor.enter(scope);
            }
            if element(self, visitor).is_none() {
                self.depth = self.depth.max(AROUND.saturating_add(1));
                if let Some(left) = self.left.get_mut(AROUND) {
                    *left = count.saturating_sub(done);
                }
                return None;
            }
            if let Some(scope) = scope {
                visitor.leave(scope);
            }
        }
        Some(())
    }
}

/// Values at fixed places.
struct Fixed<'a, const LEN: usize>(&'a [u8; LEN]);

impl<const LEN: usize> Fixed<'_, LEN> {
    /// A number of `WIDTH` bytes.
    #[inline(always)]
    fn number<const OFFSET: usize, const WIDTH: usize>(
        &self,
        place: Place,
        visitor: &mut impl Visitor,
    ) {
        let bytes = self.0.get(OFFSET..).unwrap_or_default();
        if let Some(number) = read::number_of::<WIDTH>(bytes) {
            visitor.number(place, number);
        }
    }

    #[inline(always)]
    fn uuid<const OFFSET: usize>(&self, place: Place, visitor: &mut impl Visitor) {
        let bytes = self.0.get(OFFSET..).unwrap_or_default();
        if let Some(uuid) = bytes.first_chunk() {
            visitor.uuid(place, uuid);
        }
    }
}
