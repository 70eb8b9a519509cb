//! Arrays, and structs that may be null.

use super::Machine;
use super::read::{self, Prefix};
use super::regions::Level;
use super::step::{OVERRUN, Step, Stop};
use super::visitor::Visitor;
use crate::protocol::meaning::Scope;
use crate::protocol::program::{Length, Place};

/// The op [`crate::protocol::program::Op::Array`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Array {
    pub length: Length,
    pub place: Place,
    pub end: u16,
    pub scope: Option<Scope>,
}

impl Machine {
    #[inline]
    pub(super) fn array<V: Visitor>(
        &mut self,
        bytes: &[u8],
        Array { length, place, end, scope }: Array,
        visitor: &mut V,
    ) -> Step {
        let Prefix { value, width } = read::prefix(bytes, length)?;
        self.take(width)?;
        let count = value.unwrap_or_default();
        // Each element takes a byte at least.
        if count > self.regions.left() {
            return Err(OVERRUN);
        }
        visitor.array(place, value);
        if count == 0 {
            self.at = end;
        } else {
            self.regions.push(Level::Array(count))?;
            if let Some(scope) = scope {
                visitor.enter(scope);
            }
            self.next();
        }
        Ok(width as usize)
    }

    /// The end of an element.
    pub(super) fn go_round<V: Visitor>(
        &mut self,
        begin: u16,
        scope: Option<Scope>,
        visitor: &mut V,
    ) {
        if self.round(scope, visitor) {
            self.at = begin;
        } else {
            self.next();
        }
    }

    /// The end of an element; returns whether another one follows.
    #[inline(always)]
    pub(super) fn round<V: Visitor>(&mut self, scope: Option<Scope>, visitor: &mut V) -> bool {
        if let Some(scope) = scope {
            visitor.leave(scope);
        }
        let Some(Level::Array(left)) = self.regions.top() else {
            return false;
        };
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.regions.pop();
            return false;
        }
        if let Some(scope) = scope {
            visitor.enter(scope);
        }
        true
    }

    #[inline]
    pub(super) fn nullable<V: Visitor>(
        &mut self,
        bytes: &[u8],
        end: u16,
        place: Place,
        visitor: &mut V,
    ) -> Step {
        let is_null = read::number(bytes, 1).ok_or(Stop::More)? < 0;
        self.take(1)?;
        visitor.nullable(place, is_null);
        self.at = if is_null { end } else { self.at.saturating_add(1) };
        Ok(1)
    }
}
