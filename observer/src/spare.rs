//! Boxes that are no longer needed, kept for the next values: most come and go one after the other.

/// Boxes whose memory is used again.
#[derive(Debug)]
pub struct Spare<T>(Vec<Box<T>>);

/// Boxes that are kept.
const KEPT: usize = 1024;

impl<T> Default for Spare<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Spare<T> {
    /// A box, with what it was taken back with.
    #[inline]
    pub fn take(&mut self) -> Option<Box<T>> {
        self.0.pop()
    }

    /// Puts a value into a box.
    #[inline]
    pub fn boxed(&mut self, value: T) -> Box<T> {
        let Some(mut place) = self.take() else { return Box::new(value) };
        *place = value;
        place
    }

    /// Takes back a box. What its value holds stays until the box is used again: what may be much is to be
    /// taken from it before.
    #[inline]
    pub fn recycle(&mut self, place: Box<T>) {
        if self.0.len() < KEPT {
            self.0.push(place);
        }
    }
}
