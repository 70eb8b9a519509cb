//! Regions of a message: how many bytes are left of the frame, and of each part of it that has a
//! length of its own; and how often an array goes round.

use arrayvec::ArrayVec;

use crate::protocol::program::{MAX_DEPTH, Program};

/// Where a machine is.
#[derive(Debug)]
pub(super) struct Regions {
    /// Bytes left of the innermost region.
    left: u32,
    /// What is around it.
    levels: ArrayVec<Level, { 2 * MAX_DEPTH }>,
    /// The message around a wrapped one.
    wrapper: Option<Wrapper>,
}

/// An array, or a part of the message that has a length of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Level {
    /// An array, with so many elements left, the present one included.
    Array(u32),
    /// A struct's tagged fields.
    Tags(Tags),
    /// One of them; so many bytes are left behind it.
    Field(u32),
}

/// A struct's tagged fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tags {
    /// How many are left.
    pub count: u32,
    /// The first of those that the program knows.
    pub first: u16,
    /// How many it knows.
    pub known: u16,
    /// The op behind them.
    pub back: u16,
}

/// The message around a wrapped one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrapper {
    /// Its program.
    pub program: &'static Program,
    /// Where that goes on.
    pub at: u16,
    /// The wrapped one's layout is known, and not only its header's.
    pub is_known: bool,
    /// Bytes left of it, behind the wrapped one.
    left: u32,
    /// Levels that are its own.
    depth: usize,
}

/// The program is nested more deeply than any that was compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooDeep;

impl Regions {
    pub(super) fn new(left: u32) -> Self {
        Self { left, levels: ArrayVec::new(), wrapper: None }
    }

    pub(super) fn restart(&mut self, left: u32) {
        self.left = left;
        self.levels.clear();
        self.wrapper = None;
    }

    #[inline]
    pub(super) fn left(&self) -> u32 {
        self.left
    }

    /// Takes bytes of the innermost region; `None` if it has not so many.
    #[inline]
    pub(super) fn take(&mut self, bytes: u32) -> Option<()> {
        self.left = self.left.checked_sub(bytes)?;
        Some(())
    }

    /// So many bytes are left of it again.
    pub(super) fn give_back(&mut self, left: u32) {
        self.left = left;
    }

    #[inline]
    pub(super) fn push(&mut self, level: Level) -> Result<(), TooDeep> {
        self.levels.try_push(level).map_err(|_| TooDeep)
    }

    #[inline]
    pub(super) fn pop(&mut self) {
        self.levels.pop();
    }

    #[inline]
    pub(super) fn top(&mut self) -> Option<&mut Level> {
        self.levels.last_mut()
    }

    /// The elements left of the arrays around, where nothing else is, and of no more than there is room for.
    #[inline]
    pub(super) fn arrays<const DEPTH: usize>(&self) -> Option<[u32; DEPTH]> {
        let mut arrays = [0; DEPTH];
        if self.is_wrapped() || self.levels.len() > DEPTH {
            return None;
        }
        for (array, level) in arrays.iter_mut().zip(&self.levels) {
            let Level::Array(left) = level else { return None };
            *array = *left;
        }
        Some(arrays)
    }

    /// Leaves them.
    pub(super) fn leave_arrays(&mut self) {
        self.levels.clear();
    }

    /// Enters a tagged field of `len` bytes.
    pub(super) fn enter_field(&mut self, len: u32) -> Result<(), TooDeep> {
        let behind = self.left.saturating_sub(len);
        self.push(Level::Field(behind))?;
        self.left = len;
        Ok(())
    }

    /// Leaves it; returns how many of its bytes were not taken.
    pub(super) fn leave_field(&mut self) -> u32 {
        let rest = self.left;
        if let Some(Level::Field(behind)) = self.levels.pop() {
            self.left = behind;
        }
        rest
    }

    /// Enters a wrapped message of `len` bytes; the other goes on at `at`.
    pub(super) fn enter_wrapped(
        &mut self,
        program: &'static Program,
        at: u16,
        len: u32,
        is_known: bool,
    ) {
        let left = self.left.saturating_sub(len);
        self.wrapper = Some(Wrapper { program, at, is_known, left, depth: self.levels.len() });
        self.left = len;
    }

    pub(super) fn is_wrapped(&self) -> bool {
        self.wrapper.is_some()
    }

    /// Leaves the wrapped message, wherever in it; returns the one around it, and how many of the
    /// bytes were not taken.
    pub(super) fn leave_wrapped(&mut self) -> Option<(Wrapper, u32)> {
        let wrapper = self.wrapper.take()?;
        let mut rest = self.left;
        for level in self.levels.drain(wrapper.depth.min(self.levels.len())..) {
            if let Level::Field(behind) = level {
                rest = rest.saturating_add(behind);
            }
        }
        self.left = wrapper.left;
        Some((wrapper, rest))
    }
}
