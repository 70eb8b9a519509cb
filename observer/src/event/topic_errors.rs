//! Which topics a response refuses: its facts in, errors by topic out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::totals::{Identity, identities};
use crate::decode::{ErrorFact, Facts, TopicId};

/// The errors of a response's topics.
#[derive(Debug)]
pub struct TopicErrors<'a>(HashMap<Identity<'a>, Vec<&'a ErrorFact>, RandomState>);

impl<'a> TopicErrors<'a> {
    /// Of a response. `None` where it was not decoded whole, or where its errors were too many to tell
    /// of which topics they are.
    pub fn new(response: &'a Facts) -> Option<Self> {
        let is_told = |error: &ErrorFact| !error.is_of_other;
        let is_whole = response.undecoded.is_none() && response.errors.untold() == 0;
        if !is_whole || !response.errors.iter().all(is_told) {
            return None;
        }
        let mut errors: HashMap<_, Vec<_>, RandomState> = HashMap::default();
        for error in response.errors.iter() {
            let Some(topic) = error.topic.and_then(|index| response.topic(index)) else {
                continue;
            };
            for identity in identities(topic.name.as_ref(), topic.id) {
                errors.entry(identity).or_default().push(error);
            }
        }
        Some(Self(errors))
    }

    /// A topic's errors by their names.
    pub fn of(&self, name: Option<&Arc<str>>, id: Option<TopicId>) -> BTreeMap<String, u32> {
        let mut by_name = BTreeMap::new();
        let errors = identities(name, id).find_map(|topic| self.0.get(&topic));
        for error in errors.into_iter().flatten() {
            let count = by_name.entry(error.code.to_string()).or_insert(0_u32);
            *count = count.saturating_add(error.count);
        }
        by_name
    }
}
