//! How a walk goes on: bytes are claimed, words taken up, arrays entered, messages ended.

use super::{MAX_DEPTH, Walk};
use crate::sieve::code::Code;
use crate::sieve::tape::Tape;
use crate::sieve::word::{Op, Width, Word};

/// Counts of no tagged fields that are passed over at once: of the elements and the message that end.
const MOST_UNTAGGED: u32 = 3;

impl Walk {
    /// Claims bytes of the frame; false if it has not so many.
    #[inline(always)]
    pub(in crate::sieve) const fn claim(&mut self, n: u32) -> bool {
        if n > self.left {
            return false;
        }
        self.left -= n;
        true
    }

    /// Claims bytes, of which the first are kept and the others left out; false if the frame has not
    /// so many.
    #[inline(always)]
    pub(in crate::sieve) const fn claim_text(&mut self, len: u32, kept: u32) -> bool {
        if !self.claim(len) {
            return false;
        }
        let kept = if len < kept { len } else { kept };
        self.keep += kept;
        self.omit += len - kept;
        true
    }

    /// On to the word at this place; false where the message ends.
    #[inline(always)]
    pub(in crate::sieve) fn go(&mut self, at: u16, tape: &impl Tape, code: &impl Code) -> bool {
        self.at = at;
        let mut word = self.look(code);
        for _ in 0..MOST_UNTAGGED {
            if !word.is(Op::Tagged) || word.before() > 0 || !self.keep_untagged(tape) {
                break;
            }
            self.at = self.at.wrapping_add(1);
            word = self.look(code);
        }
        if word.is(Op::Rest) && word.before() == 0 {
            self.keep_rest(word);
            return false;
        }
        // The end of a message reads nothing, and keeps nothing but what stands before it.
        !(word.is(Op::End) && word.before() == 0) && self.load(word)
    }

    /// The word at the walk's place. The end of an element, which reads nothing, needs no step of its own.
    #[inline(always)]
    fn look(&mut self, code: &impl Code) -> Word {
        let word = code.word(self.at);
        if !word.is(Op::Next) || word.before() > 0 {
            return word;
        }
        self.at = self.round(word);
        code.word(self.at)
    }

    /// Keeps the count of tagged fields that comes next, if it is at hand and there are none, as nearly
    /// always.
    #[inline(always)]
    fn keep_untagged(&mut self, tape: &impl Tape) -> bool {
        let is_at_hand = self.omit == 0 && self.left > 0 && tape.shown() > self.keep;
        if !is_at_hand || tape.number(self.keep) >> 56 != 0 {
            return false;
        }
        self.left -= 1;
        self.keep += 1;
        true
    }

    /// Takes up a word, and claims what it reads; false if the frame has not so much.
    #[inline(always)]
    pub(in crate::sieve) const fn load(&mut self, word: Word) -> bool {
        if !self.claim(word.claims()) {
            return false;
        }
        self.before += word.before();
        self.word = word;
        true
    }

    /// The end of an array's element; returns the place to go on from.
    #[inline(always)]
    pub(in crate::sieve) fn round(&mut self, word: Word) -> u16 {
        let behind = self.at.wrapping_add(1);
        let Some(left) = self.loops.get_mut((self.depth as usize).wrapping_sub(1)) else {
            return behind;
        };
        *left = left.wrapping_sub(1);
        if *left != 0 {
            return word.a();
        }
        self.depth -= 1;
        behind
    }

    /// Elements left of the array that the walk is in, with the one at hand; 0 outside of any.
    #[inline(always)]
    pub(in crate::sieve) fn elements(&self) -> u32 {
        if self.depth == 0 { 0 } else { self.loops.get(self.innermost()).copied().unwrap_or(0) }
    }

    /// The element at hand has passed, of an array that has more of them.
    #[inline(always)]
    pub(in crate::sieve) fn pass_element(&mut self) {
        let innermost = self.innermost();
        if let Some(left) = self.loops.get_mut(innermost) {
            *left = left.wrapping_sub(1);
        }
    }

    /// The place of the array that the walk is in, in a form whose bounds Linux 6.1 follows.
    #[inline(always)]
    const fn innermost(&self) -> usize {
        const { assert!(MAX_DEPTH.is_power_of_two()) };
        (self.depth as usize).wrapping_sub(1) & (MAX_DEPTH - 1)
    }

    /// Enters an array of so many elements, at least one; false if it is too deep.
    #[inline(always)]
    pub(in crate::sieve) fn enter(&mut self, elements: u32) -> bool {
        let Some(level) = self.loops.get_mut(self.depth as usize) else {
            return false;
        };
        *level = elements;
        self.depth += 1;
        true
    }

    /// Enters an array of so many elements, which is in `depth` others of one element each.
    #[inline(always)]
    pub(in crate::sieve) fn enter_deep(&mut self, depth: u16, elements: u32) {
        self.loops = [1; MAX_DEPTH];
        self.depth = u32::from(depth) + 1;
        let innermost = self.innermost();
        if let Some(level) = self.loops.get_mut(innermost) {
            *level = elements;
        }
    }

    /// What is left of the frame, up to a limit, is kept.
    #[inline(always)]
    pub(in crate::sieve) const fn keep_rest(&mut self, word: Word) {
        self.claim_text(self.left, word.ab());
    }

    /// The message has ended, or is given up: its rest is left out.
    #[inline(always)]
    pub(in crate::sieve) fn finish(&mut self) {
        // What is kept comes first, and what was to be kept behind the rest is part of it.
        self.omit += self.left + self.before;
        self.before = 0;
        self.depth = 0;
        (self.number, self.read) = (0, 0);
        if self.back == 0 {
            self.left = 0;
            self.word = self.first_word();
        } else {
            self.left = self.around;
            self.word = Word::new(Op::Back, Width::None, 0, self.back, 0);
            self.back = 0;
        }
    }
}
