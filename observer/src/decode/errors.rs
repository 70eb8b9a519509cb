//! The error codes of a message, each with how often it stands there.

use super::facts::ErrorFact;
use crate::protocol::error_code::ErrorCode;

/// Errors by code and topic, about in the order of the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorCounts {
    pairs: Vec<ErrorFact>,
    /// Of hardly any message there is any.
    rest: Option<Box<Rest>>,
}

/// Errors for whose code and topic there was no room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rest {
    /// By code, and whether a topic is said; in this order, so that each is found by halves.
    codes: Vec<ErrorFact>,
    /// How many of further codes.
    untold: u32,
}

/// Pairs for which memory is kept.
const KEPT: usize = 64;
/// Pairs of code and topic that are told apart; the others count by their code.
const MAX_PAIRS: usize = 1024;
/// Codes that are told apart among the others: more than Kafka has, and few enough that a message
/// which makes up codes costs no more than one that does not.
const MAX_CODES: usize = 512;

impl ErrorCounts {
    /// Counts a code that is not NONE. Returns whether it is told with its topic.
    pub fn count(&mut self, code: ErrorCode, topic: Option<u32>) -> bool {
        code == ErrorCode::NONE || self.add(code, topic, 1)
    }

    /// Counts a code of a topic that is one too many. Returns whether it is told.
    pub fn count_of_other(&mut self, code: ErrorCode) -> bool {
        self.rest.get_or_insert_default().add(code, true, 1)
    }

    fn add(&mut self, code: ErrorCode, topic: Option<u32>, count: u32) -> bool {
        // Topics come one after the other, so an equal pair is near the end.
        let same = |fact: &&mut ErrorFact| fact.code == code && fact.topic == topic;
        if let Some(fact) = self.pairs.iter_mut().rev().take(16).find(same) {
            fact.count = fact.count.saturating_add(count);
        } else if self.pairs.len() < MAX_PAIRS {
            self.pairs.push(ErrorFact { code, topic, is_of_other: false, count });
        } else {
            let rest = self.rest.get_or_insert_default();
            return rest.add(code, topic.is_some(), count) && topic.is_none();
        }
        true
    }

    /// What was counted of `topic`, of which nothing else was counted since, is said of none: it is
    /// not a topic.
    pub fn unname(&mut self, topic: u32) {
        let other = self.pairs.iter().rposition(|fact| fact.topic != Some(topic));
        let its = self.pairs.split_off(other.map_or(0, |other| other.saturating_add(1)));
        for fact in its {
            self.add(fact.code, None, fact.count);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.rest.is_none()
    }

    /// Every one that is told; a pair of code and topic may come more than once.
    pub fn iter(&self) -> impl Iterator<Item = &ErrorFact> {
        self.pairs.iter().chain(self.rest.iter().flat_map(|rest| &rest.codes))
    }

    /// How many there are besides, of codes that were too many.
    pub fn untold(&self) -> u32 {
        self.rest.as_ref().map_or(0, |rest| rest.untold)
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.pairs.clear();
        if self.pairs.capacity() > KEPT {
            self.pairs.shrink_to(KEPT);
        }
        if self.rest.is_some() {
            self.rest = None;
        }
    }
}

impl Rest {
    /// Returns whether the code is told.
    fn add(&mut self, code: ErrorCode, is_of_other: bool, count: u32) -> bool {
        let key = (code.0, is_of_other);
        match self.codes.binary_search_by_key(&key, |fact| (fact.code.0, fact.is_of_other)) {
            Ok(at) => {
                if let Some(fact) = self.codes.get_mut(at) {
                    fact.count = fact.count.saturating_add(count);
                }
            }
            Err(at) if self.codes.len() < MAX_CODES => {
                self.codes.insert(at, ErrorFact { code, topic: None, is_of_other, count });
            }
            Err(_) => {
                self.untold = self.untold.saturating_add(count);
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(code: i16, topic: Option<u32>, is_of_other: bool, count: u32) -> ErrorFact {
        ErrorFact { code: ErrorCode(code), topic, is_of_other, count }
    }

    fn all(errors: &ErrorCounts) -> Vec<ErrorFact> {
        errors.iter().copied().collect()
    }

    /// As many pairs as are told apart.
    fn full() -> ErrorCounts {
        let mut errors = ErrorCounts::default();
        for topic in 0..MAX_PAIRS as u32 {
            assert!(errors.count(ErrorCode(3), Some(topic)));
        }
        errors
    }

    #[test]
    fn pairs_that_are_too_many_count_by_their_code() {
        let mut errors = full();
        assert!(!errors.count(ErrorCode(6), Some(0)));
        assert!((0..5).all(|more| !errors.count(ErrorCode(3), Some(MAX_PAIRS as u32 + more))));
        assert!(errors.count(ErrorCode(3), None), "it has no topic to be told with");
        assert!(errors.count(ErrorCode::NONE, Some(0)));
        let rest = [fact(3, None, false, 1), fact(3, None, true, 5), fact(6, None, true, 1)];
        assert_eq!(all(&errors)[MAX_PAIRS..], rest);
    }

    #[test]
    fn codes_that_are_too_many_count_together() {
        let mut errors = full();
        let codes = 1..=i16::MAX;
        let is_told = codes.clone().map(|code| errors.count(ErrorCode(code), None));
        assert_eq!(is_told.filter(|is_told| *is_told).count(), MAX_CODES);
        assert_eq!(all(&errors).len(), MAX_PAIRS + MAX_CODES);
        assert_eq!(errors.untold() as usize, codes.len() - MAX_CODES);
        errors.clear();
        assert!(errors == ErrorCounts::default() && errors.is_empty());
    }

    #[test]
    fn what_is_not_a_topic_takes_the_room_of_none() {
        let mut errors = ErrorCounts::default();
        errors.count(ErrorCode(7), Some(0));
        for _ in 0..2 * MAX_PAIRS {
            errors.count(ErrorCode(3), Some(1));
            errors.unname(1);
        }
        errors.count(ErrorCode(3), Some(1));
        let expected =
            [fact(7, Some(0), false, 1), fact(3, None, false, 2048), fact(3, Some(1), false, 1)];
        assert_eq!(all(&errors), expected);
    }
}
