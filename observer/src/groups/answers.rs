//! Which of the things that a request asks for the response grants: an exchange in, partitions out.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Topic;
use crate::decode::{Facts, Partition, Producer};
use crate::event::{Exchange, Outcome};
use crate::protocol::error_code::ErrorCode;

/// Request and response, if both were understood as far as needed: the response whole, as what it
/// does not refuse is granted.
pub fn both(exchange: &Exchange) -> Option<(&Facts, &Facts)> {
    let response = answered(exchange).filter(|facts| facts.undecoded.is_none())?;
    Some((exchange.request.as_deref()?, response))
}

/// The same where the response holds no error at all.
pub fn granted(exchange: &Exchange) -> Option<(&Facts, &Facts)> {
    both(exchange).filter(|(_, response)| response.errors.is_empty())
}

/// The response, as far as it was understood.
pub fn answered(exchange: &Exchange) -> Option<&Facts> {
    exchange.response.as_deref().filter(|_| exchange.outcome == Outcome::Answered)
}

/// Partitions of a message that have an offset and no error.
pub fn offsets(facts: &Facts) -> impl Iterator<Item = (Topic, &Partition, i64)> {
    offsets_by_topic(facts).flat_map(|(topic, told)| {
        told.map(move |(partition, offset)| (topic.clone(), partition, offset))
    })
}

/// The same, topic by topic.
pub fn offsets_by_topic(
    facts: &Facts,
) -> impl Iterator<Item = (Topic, impl Iterator<Item = (&Partition, i64)>)> {
    facts.partitions.chunk_by(|a, b| a.topic == b.topic).filter_map(|partitions| {
        let topic = Topic::of(facts.topic(partitions.first()?.topic)?)?;
        let granted = partitions.iter().filter(|p| p.error == ErrorCode::NONE);
        Some((topic, granted.filter_map(|partition| Some((partition, partition.offset?)))))
    })
}

/// Partitions of a request with the offsets that the response takes.
pub fn taken<'a>(
    request: &'a Facts,
    response: &'a Facts,
) -> impl Iterator<Item = (Topic, &'a Partition, i64)> {
    // What is said of topics that are too many to be counted apart is said of each partition, too.
    let is_refused = response.has_untold_failure()
        || response.errors.iter().any(|error| error.topic.is_none() && !error.is_of_other);
    let refused: HashSet<_> = refused(response).collect();
    offsets(request)
        .filter(move |_| !is_refused)
        .filter(move |(topic, partition, _)| !refused.contains(&(topic.clone(), partition.index)))
}

/// Topics of a response of which something was deleted, each with the partitions of which it was not;
/// none where these were too many to be told.
pub fn deleted(response: &Facts) -> impl Iterator<Item = (Topic, HashSet<i32>)> {
    let mut refused: HashMap<_, HashSet<_>> = HashMap::new();
    for partition in response.partitions.iter().filter(|p| p.error != ErrorCode::NONE) {
        refused.entry(partition.topic).or_default().insert(partition.index);
    }
    let topics = if response.has_untold_failure() { &[][..] } else { &response.topics };
    (0_u32..).zip(topics).filter_map(move |(number, topic)| {
        let refused = refused.remove(&number).unwrap_or_default();
        let are_all_refused = !refused.is_empty() && refused.len() >= topic.partitions as usize;
        let topic = Topic::of(topic).filter(|_| !topic.is_failed && !are_all_refused)?;
        Some((topic, refused))
    })
}

/// Producers of whom a leader of this topic was told that their transaction has ended, and who could
/// write that down.
pub fn marked(exchange: &Exchange, topic: &str) -> Vec<Producer> {
    let whole = both(exchange).filter(|(request, _)| request.undecoded.is_none());
    let Some((request, response)) = whole else {
        return Vec::new();
    };
    let failed: HashSet<_> = response.errors.iter().map(|error| error.topic).collect();
    if failed.contains(&None) {
        return Vec::new();
    }
    let is_failed = |index| failed.contains(&Some(index));
    let refused: HashSet<_> = producers_in(response, topic, is_failed).map(|p| p.id).collect();
    let told = producers_in(request, topic, |_| true);
    told.filter(|producer| !refused.contains(&producer.id)).copied().collect()
}

/// Producers of whom a topic of this name, and such an index, is told.
fn producers_in<'a>(
    facts: &'a Facts,
    name: &'a str,
    is_meant: impl Fn(u32) -> bool + 'a,
) -> impl Iterator<Item = &'a Producer> {
    let is_named = |index| facts.topic(index).is_some_and(|t| t.name.as_deref() == Some(name));
    let is_told = move |topics: Range<u32>| topics.into_iter().any(|i| is_meant(i) && is_named(i));
    let producers = facts.topics_by_producer().filter(move |(_, topics)| is_told(topics.clone()));
    producers.map(|(producer, _)| producer)
}

/// Members that may not leave, by their place in the request, in whose order they are answered; one
/// that is not known has left in any case.
pub fn stay(response: &Facts) -> HashSet<usize> {
    let failed = response.failed_members().iter();
    let refused = failed.filter(|(_, code)| *code != ErrorCode::UNKNOWN_MEMBER_ID);
    refused.filter_map(|(place, _)| usize::try_from(*place).ok()).collect()
}

fn refused(response: &Facts) -> impl Iterator<Item = (Topic, i32)> {
    response.partitions.iter().filter(|p| p.error != ErrorCode::NONE).filter_map(|partition| {
        Some((Topic::of(response.topic(partition.topic)?)?, partition.index))
    })
}
