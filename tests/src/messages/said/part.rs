//! Facts of a message of which bytes were missing, and those of the whole: whether the one are a part
//! of the other.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use observer::decode::{Facts, Partition, Producer, Topic, TopicId};
use observer::protocol::error_code::ErrorCode;

/// Whether facts say nothing that the whole does not.
pub fn is_part(part: &Facts, whole: &Facts) -> bool {
    why_not_part(part, whole).is_none()
}

/// What they say too much.
pub fn why_not_part(part: &Facts, whole: &Facts) -> Option<&'static str> {
    let checks = [
        ("topics", is_among(&part.topics, &whole.topics, |a, b| topic(a, b, (part, whole)))),
        (
            "partitions",
            is_among(&part.partitions, &whole.partitions, |a, b| partition(a, b, (part, whole))),
        ),
        ("sizes", sizes(part, whole)),
        ("errors", errors(part, whole)),
        ("groups", is_among(&part.groups, &whole.groups, Arc::eq)),
        ("members", is_among(&part.members, &whole.members, Arc::eq)),
        ("instances", is_among(part.instances(), whole.instances(), Arc::eq)),
        ("coordinator keys", is_among(keys(part), keys(whole), Arc::eq)),
        ("brokers", is_among(part.brokers(), whole.brokers(), |a, b| a == b)),
        ("cluster", is_same_or_unseen(part.cluster(), whole.cluster())),
        ("failed groups", is_among(&failed(part), &failed(whole), |a, b| a == b)),
        ("numbers", numbers(part, whole)),
        ("producers", producers(part, whole)),
        ("software", software(part, whole)),
        ("forwarded", forwarded(part, whole)),
        ("codecs", part.codecs.iter().zip(whole.codecs).all(|(part, whole)| *part <= whole)),
    ];
    checks.into_iter().find(|(_, holds)| !holds).map(|(what, _)| what)
}

fn keys(facts: &Facts) -> &[Arc<str>] {
    facts.rare.as_ref().map_or(&[], |rare| &rare.coordinator_keys)
}

/// Whether each is among the others, in their order.
fn is_among<T>(part: &[T], whole: &[T], is_same: impl Fn(&T, &T) -> bool) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|item| rest.any(|other| is_same(item, other)))
}

fn is_same_or_unseen<T: Copy + PartialEq>(part: Option<T>, whole: Option<T>) -> bool {
    part.is_none() || part == whole
}

type Both<'f> = (&'f Facts, &'f Facts);

fn topic(a: &Topic, b: &Topic, (part, whole): Both<'_>) -> bool {
    is_same_or_unseen(a.name.as_ref(), b.name.as_ref())
        && is_same_or_unseen(a.id, b.id)
        && is_same_or_unseen(group(part, a.group), group(whole, b.group))
        && (a.is_partial || a.partitions == b.partitions)
        && a.is_failed <= b.is_failed
        && a.is_forgotten == b.is_forgotten
}

fn group(facts: &Facts, index: Option<u16>) -> Option<&Arc<str>> {
    index.map(|index| &facts.groups[usize::from(index)])
}

fn partition(a: &Partition, b: &Partition, (part, whole): Both<'_>) -> bool {
    let is_same_topic = match (part.topic(a.topic), whole.topic(b.topic)) {
        (Some(ours), Some(theirs)) => topic(ours, theirs, (part, whole)),
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    };
    // Another of its errors where its first was not seen (ShareFetch has two).
    let is_its_error = a.error == b.error
        || whole.errors.iter().any(|error| error.code == a.error && error.topic == Some(b.topic));
    is_same_topic
        && (a.index == -1 || a.index == b.index)
        && (a.error == ErrorCode::NONE || is_its_error)
        && is_same_or_unseen(a.bytes, b.bytes)
        && is_same_or_unseen(a.records, b.records)
        && is_same_or_unseen(a.offset, b.offset)
}

/// Whether each topic that is not said to be a part has the bytes that it has in the whole.
fn sizes(part: &Facts, whole: &Facts) -> bool {
    let each = |facts: &Facts| -> Vec<(Topic, u64)> {
        let mut topics: Vec<_> = facts.topics.iter().map(|topic| (topic.clone(), 0)).collect();
        for partition in &facts.partitions {
            if let Some((_, bytes)) = topics.get_mut(partition.topic as usize) {
                *bytes += u64::from(partition.bytes.unwrap_or_default());
            }
        }
        topics
    };
    let whole_topics = each(whole);
    let mut ours = each(part);
    ours.retain(|(topic, _)| !topic.is_partial);
    is_among(&ours, &whole_topics, |a, b| topic(&a.0, &b.0, (part, whole)) && a.1 == b.1)
}

/// A code, and the name and id of the topic that it is said of.
type Error = (ErrorCode, Option<(Option<Arc<str>>, Option<TopicId>)>);

/// Of each code no more than there are, and no more of a topic.
fn errors(part: &Facts, whole: &Facts) -> bool {
    let count = |facts: &Facts, is_by_topic: bool| {
        let mut counts: BTreeMap<Error, u32> = BTreeMap::new();
        for error in facts.errors.iter() {
            let topic = error.topic.and_then(|topic| facts.topic(topic)).filter(|_| is_by_topic);
            let topic = topic.filter(|topic| topic.name.is_some() || topic.id.is_some());
            let topic = topic.map(|topic| (topic.name.clone(), topic.id));
            *counts.entry((error.code, topic)).or_default() += error.count;
        }
        counts
    };
    let all = count(whole, false);
    let is_less = |(code, n): (&Error, &u32)| all.get(code).is_some_and(|all| n <= all);
    let theirs = count(whole, true);
    let is_of_topic = |((code, topic), n): (&Error, &u32)| {
        let Some((name, id)) = topic else { return true };
        let same = theirs.iter().filter(|((other, topic), _)| {
            let is_same = topic.as_ref().is_some_and(|(their_name, their_id)| {
                is_same_or_unseen(name.as_ref(), their_name.as_ref())
                    && is_same_or_unseen(*id, *their_id)
            });
            other == code && is_same
        });
        *n <= same.map(|(_, n)| n).sum()
    };
    count(part, false).iter().all(is_less) && count(part, true).iter().all(is_of_topic)
}

fn failed(facts: &Facts) -> Vec<&Arc<str>> {
    facts.failed_groups.iter().filter_map(|(index, _)| group(facts, Some(*index))).collect()
}

fn numbers(a: &Facts, b: &Facts) -> bool {
    is_same_or_unseen(a.generation, b.generation)
        && is_same_or_unseen(a.session_timeout_ms, b.session_timeout_ms)
        && is_same_or_unseen(a.throttle_ms, b.throttle_ms)
        && is_same_or_unseen(a.acks, b.acks)
        && is_same_or_unseen(a.replica, b.replica)
        && is_same_or_unseen(a.session, b.session)
        && is_same_or_unseen(a.session_epoch, b.session_epoch)
        && is_same_or_unseen(a.isolation, b.isolation)
        && is_same_or_unseen(a.mechanism.as_ref(), b.mechanism.as_ref())
}

/// Whether each has the end and the topics that it has in the whole.
fn producers(part: &Facts, whole: &Facts) -> bool {
    let each = |facts: &Facts| -> Vec<(Producer, Vec<Topic>)> {
        let topics =
            |range: Range<u32>| facts.topics[range.start as usize..range.end as usize].to_vec();
        facts.topics_by_producer().map(|(producer, range)| (*producer, topics(range))).collect()
    };
    is_among(&each(part), &each(whole), |(ours, topics), (theirs, all)| {
        (ours.id == Producer::UNSEEN || ours.id == theirs.id)
            && is_same_or_unseen(ours.is_committed, theirs.is_committed)
            && is_among(topics, all, |a, b| topic(a, b, (part, whole)))
    })
}

fn software(a: &Facts, b: &Facts) -> bool {
    a.software.as_deref().is_none_or(|(name, version)| {
        b.software.as_deref().is_some_and(|(their_name, their_version)| {
            name == their_name && (version.is_empty() || version == their_version)
        })
    })
}

fn forwarded(a: &Facts, b: &Facts) -> bool {
    a.forwarded.as_ref().is_none_or(|ours| {
        b.forwarded.as_ref().is_some_and(|theirs| {
            (ours.api_key, ours.api_version) == (theirs.api_key, theirs.api_version)
                && is_same_or_unseen(ours.client_id.as_ref(), theirs.client_id.as_ref())
                && (ours.facts.undecoded.is_some() || ours.facts == theirs.facts)
                && is_part(&ours.facts, &theirs.facts)
        })
    })
}
