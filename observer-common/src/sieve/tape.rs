//! An skb's payload, and the other direction, as a step sees them.

use super::answers::Answer;
use super::tokens::Tokens;

/// The payload of an skb, and what becomes of its bytes.
pub trait Tape {
    /// Bytes that have not passed.
    fn left(&self) -> u32;
    /// How many of them can be looked at.
    fn shown(&self) -> u32;
    /// Shows at least `wanted` of them and as many as the window has, or a part of those that a record has
    /// room for; false where they cannot be read.
    fn show(&mut self, wanted: u32, window: Window) -> bool;
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

/// How many bytes to show, where no more are wanted: each cache line more is one more to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(u32);

impl Window {
    /// Of what is known to be a frame's beginning.
    pub const FRAME: Self = Self(192);
    /// Of what comes amid one.
    pub const AMID: Self = Self(96);
    /// Behind a produced set, if more of its topic's follow: at most 10 bytes come before the next, and its
    /// batch's header has 61.
    pub const PRODUCED: Self = Self(72);
    /// Behind a fetched set, if more of its topic's follow: hardly more than 42 bytes come before the next.
    pub const FETCHED: Self = Self(44);

    /// Whether a frame is known to begin with the bytes.
    #[inline(always)]
    pub const fn is_start(self) -> bool {
        self.0 == Self::FRAME.0
    }

    /// How many to show of those left. Of a frame's beginning that are all, if they are not many more, as
    /// another look at what ends it would cost more.
    #[inline(always)]
    pub const fn of(self, left: u32) -> u32 {
        self.scaled(left, Self::FRAME.0)
    }

    /// The same, if so many were shown of a frame's beginning.
    #[inline(always)]
    pub const fn scaled(self, left: u32, first: u32) -> u32 {
        let window = self.0 * first / Self::FRAME.0;
        if self.is_start() && left <= 2 * window { left } else { window }
    }
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
