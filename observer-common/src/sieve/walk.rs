//! Where a direction is: the state that goes on from skb to skb.

mod course;

use super::answers::Answers;
use super::tape::{News, Window};
use super::tokens::Tokens;
use super::word::{Op, Word};

/// Arrays inside each other at most.
pub const MAX_DEPTH: usize = 4;

/// A direction whose frame boundaries are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Walk {
    /// What is to be done next.
    pub(super) word: Word,
    /// The beginning of a number that is split over two skbs.
    pub(super) number: u64,
    /// Bytes of the frame, or of a message wrapped in it, that no op has claimed yet.
    pub(super) left: u32,
    /// Bytes claimed that come next, and are kept,
    pub(super) keep: u32,
    /// those behind them, which are left out,
    pub(super) omit: u32,
    /// and those behind these, which are kept before the next number.
    pub(super) before: u32,
    /// Bytes left of a record set.
    pub(super) set: u32,
    /// Bytes of its batch at hand.
    pub(super) batch: u32,
    /// Bytes left of the frame behind a wrapped message.
    pub(super) around: u32,
    /// Tagged fields left.
    pub(super) tags: u32,
    /// The request's correlation id.
    pub(super) correlation_id: u32,
    /// Elements left of each array that the walk is in.
    loops: [u32; MAX_DEPTH],
    depth: u32,
    /// The place of `word`.
    pub(super) at: u16,
    /// The first word of the response to the request at hand.
    pub(super) answer: u16,
    /// The first word of the message wrapped in it.
    pub(super) inner: u16,
    /// The word behind a wrapped message, while in one; 0 while not.
    pub(super) back: u16,
    /// Bytes of `number` that have been read.
    pub(super) read: u8,
    is_request: u8,
    is_proven: u8,
    tokens: u8,
    /// Responses that are expected; of the response direction. Behind what every step looks at.
    pub(super) answers: Answers,
}

const _: () = assert!(size_of::<Walk>() == 232);

impl Walk {
    /// A direction at a frame's beginning; `is_proven` when it is known to be Kafka's.
    #[inline(always)]
    pub const fn new(is_request: bool, is_proven: bool) -> Self {
        let mut walk = Self {
            word: Word::RESPONSE,
            number: 0,
            left: 0,
            keep: 0,
            omit: 0,
            before: 0,
            set: 0,
            batch: 0,
            around: 0,
            tags: 0,
            correlation_id: 0,
            loops: [0; MAX_DEPTH],
            depth: 0,
            at: 0,
            answer: 0,
            inner: 0,
            back: 0,
            read: 0,
            is_request: 0,
            is_proven: 0,
            tokens: Tokens::No as u8,
            answers: Answers::NONE,
        };
        walk.begin(is_request, is_proven);
        walk
    }

    /// The same, in its place. What else there is of it is not looked at before it is written.
    #[inline(always)]
    pub const fn begin(&mut self, is_request: bool, is_proven: bool) {
        self.answers.forget();
        self.word = if is_request { Word::REQUEST } else { Word::RESPONSE };
        (self.number, self.read) = (0, 0);
        (self.left, self.keep, self.omit, self.before) = (0, 0, 0, 0);
        (self.depth, self.back) = (0, 0);
        self.is_request = is_request as u8;
        self.is_proven = is_proven as u8;
        self.tokens = Tokens::No as u8;
    }

    /// Whether requests pass here.
    #[inline(always)]
    pub const fn is_request(&self) -> bool {
        self.is_request != 0
    }

    /// Whether the connection is known to be Kafka's.
    #[inline(always)]
    pub const fn is_proven(&self) -> bool {
        self.is_proven != 0
    }

    /// It is.
    #[inline(always)]
    pub(super) const fn prove(&mut self) {
        self.is_proven = 1;
    }

    /// 0 if the connection is known to be Kafka's, and nothing of a frame is to be kept that has not passed.
    #[inline(always)]
    pub(crate) const fn oddities(&self) -> u64 {
        (self.keep | (self.is_proven ^ 1) as u32) as u64
    }

    /// Bytes that come next and are not wanted.
    #[inline(always)]
    pub const fn unwanted(&self) -> u32 {
        if self.keep == 0 { self.omit } else { 0 }
    }

    /// The same where nothing is to be kept before them.
    #[inline(always)]
    pub const fn unwanted_now(&self) -> u32 {
        self.omit
    }

    /// So many of them have passed.
    #[inline(always)]
    pub const fn pass_unwanted(&mut self, n: u32) {
        self.omit = self.omit.saturating_sub(n);
    }

    /// Whether a frame of Kafka's begins with the next byte.
    #[inline(always)]
    pub(super) const fn starts_frame(&self) -> bool {
        self.is_proven() && self.is_between() && self.keep == 0 && self.omit == 0
    }

    /// The same, where it can be no token. One question, as it is asked of nearly all.
    #[inline(always)]
    pub(super) const fn starts_plain_frame(&self) -> bool {
        const { assert!(Op::Request as u8 == 0 && Op::Response as u8 == 2 && Tokens::No as u8 == 0) };
        let unread = self.keep | self.omit | self.read as u32;
        let other = self.word.op() & !(Op::Response as u8) | self.tokens | self.is_proven ^ 1;
        unread | other as u32 == 0
    }

    /// How much to show of what comes next.
    #[inline(always)]
    pub(super) fn window(&self) -> Window {
        if self.starts_frame() { Window::FRAME } else { self.window_amid() }
    }

    /// The same amid a frame. Behind a topic's last set comes the next one's name, too.
    #[inline(always)]
    pub(super) fn window_amid(&self) -> Window {
        if self.elements() <= 1 {
            Window::AMID
        } else if self.is_request() {
            Window::PRODUCED
        } else {
            Window::FETCHED
        }
    }

    /// Takes what the other direction says.
    #[inline(always)]
    pub fn hear(&mut self, news: News) {
        match news {
            News::Proven => self.prove(),
            News::Expect(answer) => self.answers.note(answer),
            News::Wraps(answer) => self.answers.correct(answer),
            News::Tokens(tokens) => self.note_tokens(tokens),
        }
    }

    /// Whether frames may be authentication tokens (after SaslHandshake v0).
    #[inline(always)]
    pub(super) fn note_tokens(&mut self, tokens: Tokens) {
        self.tokens = tokens as u8;
        if tokens == Tokens::No && self.word.is(Op::Token) {
            self.word = self.first_word();
        }
    }

    /// A response's length was read: tokens that were to come soon come now.
    #[inline(always)]
    pub(super) const fn pass_response(&mut self) {
        if self.tokens == Tokens::Soon as u8 {
            self.tokens = Tokens::Now as u8;
        }
    }

    #[inline(always)]
    const fn first_word(&self) -> Word {
        if self.tokens == Tokens::Now as u8 {
            Word::TOKEN
        } else if self.is_request != 0 {
            Word::REQUEST
        } else {
            Word::RESPONSE
        }
    }

    /// Whether the walk is at a frame's end once the bytes that come next and are not wanted have
    /// passed.
    #[inline(always)]
    pub const fn ends_frame(&self) -> bool {
        let is_over = self.left == 0 && self.back == 0 && self.word.width() == 0;
        (is_over || self.is_between()) && self.keep == 0 && self.before == 0
    }

    /// Whether a frame begins next.
    #[inline(always)]
    const fn is_between(&self) -> bool {
        let word = self.word;
        let begins = word.is(Op::Request) || word.is(Op::Response) || word.is(Op::Token);
        begins && self.read == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_is_odd_where_a_connection_is_unproven_or_bytes_are_to_be_kept() {
        assert_eq!(Walk::new(true, true).oddities(), 0);
        assert_ne!(Walk::new(true, false).oddities(), 0);
        assert_ne!(Walk { keep: 1, ..Walk::new(false, true) }.oddities(), 0);
    }

    #[test]
    fn no_plain_frame_begins_where_anything_else_comes_next() {
        for is_request in [false, true] {
            let walk = Walk::new(is_request, true);
            assert!(walk.starts_plain_frame());
            assert!(!Walk::new(is_request, false).starts_plain_frame());
            let others = [
                Walk { keep: 1, ..walk },
                Walk { omit: 1, ..walk },
                Walk { read: 1, ..walk },
                Walk { tokens: Tokens::Soon as u8, ..walk },
                Walk { word: Word::TOKEN, ..walk },
                Walk { word: Word::END, ..walk },
            ];
            assert!(others.iter().all(|walk| !walk.starts_plain_frame()));
        }
    }
}
