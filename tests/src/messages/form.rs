//! How thoroughly messages are tried.

/// How many messages of each layout, and how long those are, in bytes, that are tried at every place.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Messages of each layout.
    pub per_layout: u32,
    every_place: usize,
}

impl Form {
    /// That of every run.
    pub const SHORT: Self = Self { per_layout: 20, every_place: 99 };
    /// That of minutes.
    pub const LONG: Self = Self { per_layout: 200, every_place: 1200 };

    /// Every place of a message that is not too long for it, some of one that is.
    pub fn places(self, len: usize) -> impl Iterator<Item = usize> {
        (0..len).step_by(if len <= self.every_place { 1 } else { 1 + len / 100 })
    }
}
