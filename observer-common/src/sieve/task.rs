//! What there is to do with a segment, once its place is known.

use crate::record::Wants;

/// What is to be done with a segment: first to walk, then to copy.
// All of it always has a value, as a verifier wants of what is passed on.
pub(super) struct Task {
    /// Whether to walk, and from where on.
    pub(super) walks: bool,
    pub(super) walk_from: u32,
    /// Whether to copy, from where on, and what to ask for.
    pub(super) copies: bool,
    pub(super) copy_from: u32,
    pub(super) wants: Wants,
}

impl Task {
    pub(super) const NOTHING: Self =
        Self { walks: false, walk_from: 0, copies: false, copy_from: 0, wants: Wants::Nothing };

    /// To walk.
    #[inline(always)]
    pub(super) const fn walk(from: u32) -> Self {
        Self { walks: true, walk_from: from, ..Self::NOTHING }
    }

    /// To copy all.
    #[inline(always)]
    pub(super) const fn copy(wants: Wants) -> Self {
        Self { copies: true, wants, ..Self::NOTHING }
    }
}
