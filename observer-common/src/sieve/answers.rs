//! Responses that have words of their own: which request they answer is told by its correlation id,
//! and noted where the responses pass.

/// Responses of a connection that can be expected at once; those of further requests go the general
/// way.
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

    /// Whether it answers the request with this id.
    #[inline(always)]
    pub const fn is_to(self, correlation_id: u32) -> bool {
        self.word() != 0 && (self.0 >> 32) as u32 == correlation_id
    }
}

/// Notes an answer in the place of an earlier one to the same id, else of the one noted longest ago.
#[inline(always)]
pub fn note(answers: &mut [Answer; ANSWERS], newest: &mut u32, answer: Answer) {
    let id = (answer.0 >> 32) as u32;
    let last = *newest as usize % ANSWERS;
    if let Some(slot) = answers.get_mut(last).filter(|slot| slot.is_to(id)) {
        *slot = answer;
        return;
    }
    let next = last.wrapping_add(1) % ANSWERS;
    if let Some(slot) = answers.get_mut(next) {
        *slot = answer;
        *newest = next as u32;
    }
}

/// Takes the answer to this id.
#[inline(always)]
pub fn take(answers: &mut [Answer; ANSWERS], correlation_id: u32) -> Answer {
    for slot in answers {
        if slot.is_to(correlation_id) {
            return core::mem::take(slot);
        }
    }
    Answer::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_once() {
        let (mut answers, mut newest) = ([Answer::default(); ANSWERS], 0);
        note(&mut answers, &mut newest, Answer::new(7, 3, 0));
        note(&mut answers, &mut newest, Answer::new(0, 4, 0));
        assert_eq!(take(&mut answers, 8), Answer::default());
        assert_eq!(take(&mut answers, 0).word(), 4);
        assert_eq!(take(&mut answers, 7).word(), 3);
        assert_eq!(take(&mut answers, 7), Answer::default());
    }

    #[test]
    fn what_is_said_later_of_the_newest_replaces_it() {
        let (mut answers, mut newest) = ([Answer::default(); ANSWERS], 0);
        note(&mut answers, &mut newest, Answer::new(7, 3, 0));
        note(&mut answers, &mut newest, Answer::new(7, 3, 9));
        assert_eq!(take(&mut answers, 7).inner(), 9);
        assert_eq!(take(&mut answers, 7), Answer::default());
    }

    #[test]
    fn the_oldest_gives_way() {
        let (mut answers, mut newest) = ([Answer::default(); ANSWERS], 0);
        for id in 0..=ANSWERS as u32 {
            note(&mut answers, &mut newest, Answer::new(id, 1, 0));
        }
        assert_eq!(take(&mut answers, 0), Answer::default());
        assert_eq!(take(&mut answers, 1).word(), 1);
        assert_eq!(take(&mut answers, ANSWERS as u32).word(), 1);
    }
}
