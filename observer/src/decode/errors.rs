//! The error codes of a message, each with how often it stands there.

use super::facts::ErrorFact;
use crate::protocol::error_code::ErrorCode;

/// Errors by code and topic, in the order of the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorCounts(Vec<ErrorFact>);

/// Pairs for which memory is kept.
const KEPT: usize = 64;
/// Pairs of code and topic that are told apart; the others count without their topic.
const MAX_PAIRS: usize = 1024;

impl ErrorCounts {
    /// Counts a code that is not NONE.
    pub fn count(&mut self, code: ErrorCode, topic: Option<u32>) {
        if code == ErrorCode::NONE {
            return;
        }
        // Topics come one after the other, so an equal pair is near the end.
        let same = |fact: &&mut ErrorFact| fact.code == code && fact.topic == topic;
        if let Some(fact) = self.0.iter_mut().rev().take(16).find(same) {
            fact.count = fact.count.saturating_add(1);
        } else if self.0.len() < MAX_PAIRS {
            self.0.push(ErrorFact { code, topic, count: 1 });
        } else {
            self.overflow(code);
        }
    }

    fn overflow(&mut self, code: ErrorCode) {
        let same = |fact: &&mut ErrorFact| fact.code == code && fact.topic.is_none();
        match self.0.iter_mut().find(same) {
            Some(fact) => fact.count = fact.count.saturating_add(1),
            None => self.0.push(ErrorFact { code, topic: None, count: 1 }),
        }
    }

    /// What was counted of `topic` is said of none: it is not a topic.
    pub fn unname(&mut self, topic: u32) {
        for fact in self.0.iter_mut().filter(|fact| fact.topic == Some(topic)) {
            fact.topic = None;
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every one; a pair of code and topic may come more than once.
    pub fn iter(&self) -> impl Iterator<Item = &ErrorFact> {
        self.0.iter()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
        if self.0.capacity() > KEPT {
            self.0.shrink_to(KEPT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_are_too_many_count_without_their_topic() {
        let mut errors = ErrorCounts::default();
        for topic in 0..MAX_PAIRS as u32 + 5 {
            errors.count(ErrorCode(3), Some(topic));
        }
        errors.count(ErrorCode(6), Some(0));
        errors.count(ErrorCode::NONE, Some(0));
        let all: Vec<_> = errors.iter().copied().collect();
        assert_eq!(all.len(), MAX_PAIRS + 2);
        let fact = |code, count| ErrorFact { code: ErrorCode(code), topic: None, count };
        assert_eq!(all[MAX_PAIRS..], [fact(3, 5), fact(6, 1)]);
    }
}
