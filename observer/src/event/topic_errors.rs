//! Which topics a response refuses: its facts in, errors by entry of the topics told out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::totals::{Identity, identities};
use crate::decode::{ErrorFact, Facts, Topic};

/// The errors of a response, for each topic that is told of an exchange.
///
/// A message may name a topic more than once: in several groups (OffsetFetch), or for no good reason.
/// Where request and response name it as often, the one entry answers the other; where they do not,
/// nobody can tell which of them an error is said of.
#[derive(Debug)]
pub struct TopicErrors<'a> {
    /// By the topics of the response.
    errors: HashMap<u32, Vec<&'a ErrorFact>, RandomState>,
    /// For each topic that was asked about the one that answers; `None` where those that were asked
    /// about are not the ones told, but those of the response itself.
    answers: Option<Vec<Answer>>,
}

/// What a response says of a topic that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// Nothing, or no error.
    Nothing,
    /// What its topic with this index says.
    Of(u32),
    /// An error, but it may be another entry's.
    Unclear,
}

/// What an entry is known by: its group, where both messages name some, and how it names the topic.
type Key<'a> = (Option<&'a Arc<str>>, Identity<'a>);

/// Indices of the topics with a key, ascending.
type Entries<'a> = HashMap<Key<'a>, Vec<u32>, RandomState>;

impl<'a> TopicErrors<'a> {
    /// Of a response, for the topics that its request asks about, or where that is not given, for its own.
    /// `None` where it was not decoded whole, or where its errors were too many to tell of which topics
    /// they are.
    pub fn new(request: Option<&'a Facts>, response: &'a Facts) -> Option<Self> {
        let is_told = |error: &ErrorFact| !error.is_of_other;
        let is_whole = response.undecoded.is_none() && response.errors.untold() == 0;
        if !is_whole || !response.errors.iter().all(is_told) {
            return None;
        }
        let mut errors: HashMap<_, Vec<_>, RandomState> = HashMap::default();
        for error in response.errors.iter() {
            if let Some(topic) = error.topic {
                errors.entry(topic).or_default().push(error);
            }
        }
        let answers = request.map(|request| answers(request, response, &errors));
        Some(Self { errors, answers })
    }

    /// The errors of the topic with this index among those told, by their names; an entry that is
    /// none of the message's has none. `None` where it is not known whose they are.
    pub fn of(&self, index: Option<u32>) -> Option<BTreeMap<String, u32>> {
        let mut by_name = BTreeMap::new();
        let answer = match (&self.answers, index) {
            (_, None) => Answer::Nothing,
            (None, Some(index)) => Answer::Of(index),
            (Some(answers), Some(index)) => {
                answers.get(index as usize).copied().unwrap_or(Answer::Nothing)
            }
        };
        let errors = match answer {
            Answer::Unclear => return None,
            Answer::Nothing => None,
            Answer::Of(topic) => self.errors.get(&topic),
        };
        for error in errors.into_iter().flatten() {
            let count = by_name.entry(error.code.to_string()).or_insert(0_u32);
            *count = count.saturating_add(error.count);
        }
        Some(by_name)
    }
}

/// For each topic of a request what answers it.
fn answers(
    request: &Facts,
    response: &Facts,
    errors: &HashMap<u32, Vec<&ErrorFact>, RandomState>,
) -> Vec<Answer> {
    if errors.is_empty() {
        return Vec::new();
    }
    let by_group = !request.groups.is_empty() && !response.groups.is_empty();
    let (asked, answered) = (entries(request, by_group), entries(response, by_group));
    let failed = errors.keys().filter_map(|index| response.topic(*index));
    let failed: HashSet<Key<'_>, RandomState> =
        failed.flat_map(|topic| keys(response, topic, by_group)).collect();
    let answer = |(index, topic): (u32, &Topic)| {
        let is_nameless = topic.name.is_none() && topic.id.is_none();
        if is_nameless || (by_group && topic.group.is_none()) {
            // What it was was not seen.
            return Answer::Unclear;
        }
        let found = keys(request, topic, by_group).find_map(|key| Some((key, answered.get(&key)?)));
        let Some((key, answers)) = found.filter(|(key, _)| failed.contains(key)) else {
            return Answer::Nothing;
        };
        let alike = asked.get(&key).filter(|alike| alike.len() == answers.len());
        let own = alike.and_then(|alike| answers.get(alike.binary_search(&index).ok()?));
        own.map_or(Answer::Unclear, |own| Answer::Of(*own))
    };
    (0_u32..).zip(&request.topics).map(answer).collect()
}

fn entries(facts: &Facts, by_group: bool) -> Entries<'_> {
    let mut entries = Entries::default();
    for (index, topic) in (0_u32..).zip(&facts.topics) {
        for key in keys(facts, topic, by_group) {
            entries.entry(key).or_default().push(index);
        }
    }
    entries
}

fn keys<'a>(facts: &'a Facts, topic: &'a Topic, by_group: bool) -> impl Iterator<Item = Key<'a>> {
    let group = topic.group.filter(|_| by_group);
    let group = group.and_then(|group| facts.groups.get(usize::from(group)));
    identities(topic.name.as_ref(), topic.id).map(move |topic| (group, topic))
}
