//! An skb's payload, and the other direction, as a step sees them.

use super::answers::Answer;
use super::tokens::Tokens;

/// The payload of an skb, and what becomes of its bytes.
pub trait Tape {
    /// Bytes that have not passed.
    fn left(&self) -> u32;
    /// How many of them can be looked at.
    fn shown(&self) -> u32;
    /// Shows at least `wanted` of them, or a part of those that a record has room for; false where
    /// they cannot be read. With `is_start` a frame is known to begin with them.
    fn show(&mut self, wanted: u32, is_start: bool) -> bool;
    /// The eight bytes that begin `ahead` of the next; what lies behind those shown is anything.
    fn number(&self, ahead: u32) -> u64;
    /// The eight bytes that end so far ahead of the next, at least eight, whether they are shown or not.
    fn ending(&self, ahead: u32) -> u64;
    /// Keeps the next `n`, of those shown.
    fn keep(&mut self, n: u32);
    /// Keeps the next `n`, at most eight, which are zeros; none are shown.
    fn keep_zeros(&mut self, n: u32);
    /// Leaves out the next `n`.
    fn leave_out(&mut self, n: u32);
    /// Tells the other direction.
    fn tell(&mut self, news: News);
    /// The same number. Behind it a verifier need not know any more how it came about, so that what
    /// follows is verified once, not for each way that leads there.
    fn forget(&mut self, number: u32) -> u32 {
        number
    }
}

/// Bytes to show where a frame begins, of those left: a window, or all, if they are not many more, as another
/// look at what ends it would cost more.
#[inline(always)]
pub const fn first_shown(left: u32, window: u32) -> u32 {
    if left <= 2 * window { left } else { window }
}

/// What the request direction has to say to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The connection is Kafka's.
    Proven,
    /// A response that has words of its own will come.
    Expect(Answer),
    /// What the response will hold that is expected last.
    Wraps(Answer),
    /// Whether authentication tokens will come.
    Tokens(Tokens),
}
