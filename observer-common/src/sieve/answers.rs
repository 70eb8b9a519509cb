//! Responses that have words of their own: which request they answer is told by its correlation id,
//! and noted where the responses pass.
//!
//! Brokers answer a connection's requests in order, so an answer that is found ends the wait for all
//! that were noted before it. The request direction alone counts up what is noted, and the response
//! direction what has passed, as each may be at work on a CPU of its own.

/// Responses of a connection that can be expected at once. If there are more, the first are forgotten.
pub const ANSWERS: usize = 16;

/// A response that is expected: correlation id, its first word, and that of a response inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(transparent)]
pub struct Answer(pub u64);

impl Answer {
    /// One whose first word is not 0.
    #[inline(always)]
    pub const fn new(correlation_id: u32, word: u16, inner: u16) -> Self {
        Self((correlation_id as u64) << 32 | (inner as u64) << 16 | word as u64)
    }

    /// The first word.
    #[inline(always)]
    pub const fn word(self) -> u16 {
        self.0 as u16
    }

    /// The first word of the response inside; 0 where none is known.
    #[inline(always)]
    pub const fn inner(self) -> u16 {
        (self.0 >> 16) as u16
    }

    #[inline(always)]
    const fn correlation_id(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// The answers that a response direction expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Answers {
    /// How many were noted.
    noted: u32,
    /// How many of them have passed.
    passed: u32,
    /// Whether there were more than there is room for, and none of those left has passed.
    has_forgotten: u32,
    slots: [Answer; ANSWERS],
}

impl Answers {
    /// None.
    pub const NONE: Self =
        Self { noted: 0, passed: 0, has_forgotten: 0, slots: [Answer(0); ANSWERS] };

    /// None is expected any more. What stands in the slots is not looked at.
    #[inline(always)]
    pub const fn forget(&mut self) {
        (self.noted, self.passed, self.has_forgotten) = (0, 0, 0);
    }

    /// Notes an answer.
    #[inline(always)]
    pub fn note(&mut self, answer: Answer) {
        let noted = self.noted.wrapping_add(1);
        if let Some(slot) = self.slots.get_mut(noted as usize % ANSWERS) {
            *slot = answer;
            self.noted = noted;
        }
    }

    /// More is known of the one noted last.
    #[inline(always)]
    pub fn correct(&mut self, answer: Answer) {
        let last = self.slots.get_mut(self.noted as usize % ANSWERS);
        if let Some(slot) = last.filter(|slot| slot.correlation_id() == answer.correlation_id()) {
            *slot = answer;
        }
    }

    /// Whether a response that is not expected may be one that was.
    #[inline(always)]
    pub const fn has_forgotten(&self) -> bool {
        self.has_forgotten != 0
    }

    /// Whether no response is expected, nor may be one that was.
    #[inline(always)]
    pub const fn expects_none(&self) -> bool {
        self.noted == self.passed && !self.has_forgotten()
    }

    /// The answer that is expected next, if it is to this id.
    #[inline(always)]
    pub fn next(&self, correlation_id: u32) -> Option<Answer> {
        if !(1..=ANSWERS as u32).contains(&self.noted.wrapping_sub(self.passed)) {
            return None;
        }
        let answer = self.slots.get(self.passed.wrapping_add(1) as usize % ANSWERS).copied();
        answer.filter(|answer| answer.correlation_id() == correlation_id)
    }

    /// It has passed.
    #[inline(always)]
    pub const fn pass(&mut self) {
        self.passed = self.passed.wrapping_add(1);
        self.has_forgotten = 0;
    }

    /// Takes the answer to this id, if it is expected.
    #[inline(always)]
    pub fn take(&mut self, correlation_id: u32) -> Option<Answer> {
        let noted = self.noted;
        if noted.wrapping_sub(self.passed) > ANSWERS as u32 {
            self.passed = noted.wrapping_sub(ANSWERS as u32);
            self.has_forgotten = 1;
        }
        let mut at = self.passed;
        for _ in 0..ANSWERS {
            if at == noted {
                break;
            }
            at = at.wrapping_add(1);
            let answer = self.slots.get(at as usize % ANSWERS).copied().unwrap_or_default();
            if answer.correlation_id() == correlation_id {
                self.passed = at;
                self.has_forgotten = 0;
                return Some(answer);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(answers: impl IntoIterator<Item = Answer>) -> Answers {
        let mut all = Answers::NONE;
        answers.into_iter().for_each(|answer| all.note(answer));
        all
    }

    fn word(answers: &mut Answers, id: u32) -> Option<u16> {
        answers.take(id).map(Answer::word)
    }

    #[test]
    fn an_answer_is_taken_once() {
        let mut answers = noted([Answer::new(7, 3, 0), Answer::new(0, 4, 0)]);
        assert_eq!(word(&mut answers, 8), None);
        assert_eq!(word(&mut answers, 7), Some(3));
        assert_eq!(word(&mut answers, 7), None);
        assert_eq!(word(&mut answers, 0), Some(4));
        assert_eq!(word(&mut answers, 0), None);
        assert!(!answers.has_forgotten());
    }

    #[test]
    fn ids_may_repeat() {
        let mut answers = noted([3, 4].map(|word| Answer::new(7, word, 0)));
        assert_eq!([7, 7, 7].map(|id| word(&mut answers, id)), [Some(3), Some(4), None]);
    }

    #[test]
    fn more_is_said_of_the_one_noted_last() {
        let mut answers = noted([Answer::new(6, 3, 0), Answer::new(7, 3, 0)]);
        answers.correct(Answer::new(7, 3, 9));
        answers.correct(Answer::new(6, 3, 9));
        let inner = [6, 7].map(|id| answers.take(id).map(Answer::inner));
        assert_eq!(inner, [Some(0), Some(9)]);
    }

    #[test]
    fn an_answer_ends_the_wait_for_those_before_it() {
        let mut answers = noted((0..4).map(|id| Answer::new(id, 1, 0)));
        assert_eq!([2, 1, 3].map(|id| word(&mut answers, id)), [Some(1), None, Some(1)]);
    }

    #[test]
    fn the_first_are_forgotten_and_that_is_known_until_the_others_are_answered() {
        let mut answers = noted((0..=ANSWERS as u32).map(|id| Answer::new(id, 1, 0)));
        assert_eq!(word(&mut answers, 0), None);
        assert!(answers.has_forgotten());
        assert_eq!(word(&mut answers, 1), Some(1));
        assert!(!answers.has_forgotten());
        assert_eq!(word(&mut answers, ANSWERS as u32), Some(1));
    }
}
