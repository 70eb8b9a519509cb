//! What is known of partitions, by topic: bounded, the topics that were least recently told of go
//! first.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use foldhash::fast::RandomState;
use hashlink::LruCache;

/// Values by topic, as `T` tells topics apart, and partition.
#[derive(Debug)]
pub struct Partitions<T, V> {
    topics: LruCache<T, HashMap<i32, V, RandomState>, RandomState>,
    len: usize,
    cap: usize,
}

/// What became of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its topic was not there before.
    pub is_new_topic: bool,
    /// Values that made room for it, or itself, if there was none to make.
    pub evicted: usize,
}

impl Kept {
    const fn add(&mut self, other: Self) {
        self.is_new_topic |= other.is_new_topic;
        self.evicted = self.evicted.saturating_add(other.evicted);
    }
}

impl<T: Clone + Eq + Hash, V> Partitions<T, V> {
    /// Room for so many values.
    pub fn new(cap: usize) -> Self {
        let topics = LruCache::with_hasher(usize::MAX, RandomState::default());
        Self { topics, len: 0, cap }
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The value of a partition.
    pub fn get(&self, topic: &T, index: i32) -> Option<&V> {
        self.topics.peek(topic)?.get(&index)
    }

    /// Whether anything is known of a topic.
    pub fn has(&self, topic: &T) -> bool {
        self.topics.contains_key(topic)
    }

    /// Gives a partition a value, unless `keep` prefers the one that it has.
    pub fn set(&mut self, topic: &T, index: i32, value: V, keep: impl Fn(&V) -> bool) -> Kept {
        self.set_all(topic, [(index, value)], |known, _| keep(known))
    }

    /// The same for partitions of one topic, which is looked up but once as long as all are known. `keep` is
    /// given the value that a partition has, and the one that comes. Where nothing is told, nothing changes.
    pub fn set_all(
        &mut self,
        topic: &T,
        told: impl IntoIterator<Item = (i32, V)>,
        keep: impl Fn(&V, &V) -> bool,
    ) -> Kept {
        let mut sum = Kept::default();
        let mut told = told.into_iter().peekable();
        if told.peek().is_none() {
            return sum;
        }
        let mut values = self.topics.get_mut(topic);
        for (index, value) in told {
            match values.as_mut().and_then(|values| values.get_mut(&index)) {
                Some(known) if keep(known, &value) => {}
                Some(known) => *known = value,
                None => {
                    sum.add(self.insert(topic, index, value));
                    values = self.topics.get_mut(topic);
                }
            }
        }
        sum
    }

    /// Forgets a partition.
    pub fn remove(&mut self, topic: &T, index: i32) {
        let Some(values) = self.topics.peek_mut(topic) else {
            return;
        };
        if values.remove(&index).is_some() {
            self.len = self.len.saturating_sub(1);
        }
        if values.is_empty() {
            self.topics.remove(topic);
        }
    }

    /// Forgets a topic's partitions, but those that shall stay.
    pub fn remove_topic(&mut self, topic: &T, stays: impl Fn(i32) -> bool) {
        let Some(values) = self.topics.peek_mut(topic) else {
            return;
        };
        let before = values.len();
        values.retain(|index, _| stays(*index));
        self.len = self.len.saturating_sub(before.saturating_sub(values.len()));
        if values.is_empty() {
            self.topics.remove(topic);
        }
    }

    /// Forgets topics. Looks for each, or at each that is here, whichever are fewer.
    pub fn remove_topics(&mut self, gone: &HashSet<T, RandomState>) {
        if gone.len() > self.topics.len() {
            return self.retain(|topic, _, _| !gone.contains(topic));
        }
        for topic in gone {
            self.remove_topic(topic, |_| false);
        }
    }

    /// A topic has another name; where both have values, `keep` says of two which is preferred: the
    /// one that the new name has, before the other.
    pub fn rename(&mut self, from: &T, to: &T, keep: impl Fn(&V, &V) -> bool) -> Kept {
        let mut sum = Kept::default();
        let values = self.topics.remove(from).unwrap_or_default();
        self.len = self.len.saturating_sub(values.len());
        for (index, value) in values {
            let is_kept = self.get(to, index).is_some_and(|present| keep(present, &value));
            let kept = self.set(to, index, value, |_| is_kept);
            sum.add(kept);
        }
        sum
    }

    /// Forgets what is not to be kept.
    pub fn retain(&mut self, keep: impl Fn(&T, i32, &V) -> bool) {
        let mut len = 0_usize;
        self.topics.retain(|topic, values| {
            values.retain(|index, value| keep(topic, *index, value));
            len = len.saturating_add(values.len());
            !values.is_empty()
        });
        self.len = len;
    }

    /// The topics.
    pub fn topics(&self) -> impl Iterator<Item = &T> {
        self.topics.iter().map(|(topic, _)| topic)
    }

    /// Everything, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&T, i32, &V)> {
        self.topics.iter().flat_map(|(topic, values)| {
            values.iter().map(move |(index, value)| (topic, *index, value))
        })
    }

    fn insert(&mut self, topic: &T, index: i32, value: V) -> Kept {
        let is_new_topic = !self.topics.contains_key(topic);
        let values = self.topics.entry(topic.clone()).or_insert_with(HashMap::default);
        values.insert(index, value);
        self.len = self.len.saturating_add(1);
        Kept { is_new_topic, evicted: self.make_room(topic, index) }
    }

    fn make_room(&mut self, topic: &T, index: i32) -> usize {
        if self.len <= self.cap {
            return 0;
        }
        // The topic that is told of was moved to the end of the order.
        if self.topics.len() > 1
            && let Some((_, values)) = self.topics.remove_lru()
        {
            self.len = self.len.saturating_sub(values.len());
            return values.len();
        }
        self.remove(topic, index);
        1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::decode::TopicId;
    use crate::groups::Topic;

    fn name(name: &str) -> Topic {
        Topic::Name(Arc::from(name))
    }

    fn set(partitions: &mut Partitions<Topic, i64>, topic: &str, index: i32, value: i64) -> usize {
        partitions.set(&name(topic), index, value, |_| false).evicted
    }

    #[test]
    fn the_topic_told_of_least_recently_makes_room() {
        let mut partitions = Partitions::new(3);
        for (topic, index) in [("a", 0), ("b", 0), ("a", 1)] {
            assert_eq!(set(&mut partitions, topic, index, 1), 0);
        }
        assert_eq!(set(&mut partitions, "a", 2, 1), 1, "b makes room");
        assert_eq!(partitions.len(), 3);
        assert_eq!(set(&mut partitions, "a", 3, 1), 1, "no other topic can");
        assert_eq!((partitions.len(), partitions.get(&name("a"), 3)), (3, None));
        assert_eq!(set(&mut partitions, "c", 0, 1), 3);
        assert_eq!(partitions.len(), 1);
    }

    #[test]
    fn a_value_may_stay_though_another_comes() {
        let mut partitions = Partitions::new(3);
        set(&mut partitions, "a", 0, 5);
        partitions.set(&name("a"), 0, 4, |present| *present > 4);
        assert_eq!(partitions.get(&name("a"), 0), Some(&5));
    }

    #[test]
    fn many_are_set_as_each_would_be() {
        let mut partitions = Partitions::new(3);
        let all = [(0, 5), (1, 6), (0, 4), (0, 7)];
        let kept = partitions.set_all(&name("a"), all, |present, value| present > value);
        assert!(kept.is_new_topic && kept.evicted == 0);
        assert_eq!([0, 1].map(|n| partitions.get(&name("a"), n)), [Some(&7), Some(&6)]);
        let kept = partitions.set_all(&name("a"), (1..6).map(|n| (n, 1)), |_, _| false);
        assert!(!kept.is_new_topic && kept.evicted == 3, "no other topic can make room");
        assert_eq!((partitions.len(), partitions.get(&name("a"), 2)), (3, Some(&1)));
        assert_eq!(partitions.get(&name("a"), 5), None);
    }

    #[test]
    fn a_topic_of_which_nothing_is_told_goes_before_others() {
        let mut partitions = Partitions::new(2);
        for topic in ["a", "b"] {
            set(&mut partitions, topic, 0, 1);
        }
        partitions.set_all(&name("a"), [], |_, _| false);
        assert_eq!(set(&mut partitions, "c", 0, 1), 1);
        assert_eq!(["a", "b"].map(|topic| partitions.has(&name(topic))), [false, true]);
    }

    #[test]
    fn a_topic_is_found_under_its_new_name() {
        let mut partitions = Partitions::new(9);
        let id = Topic::Id(TopicId([1; 16]));
        partitions.set(&id, 0, 1, |_| false);
        partitions.set(&id, 1, 9, |_| false);
        set(&mut partitions, "a", 0, 5);
        partitions.rename(&id, &name("a"), |present, other| present > other);
        assert_eq!(partitions.get(&name("a"), 0), Some(&5));
        assert_eq!(partitions.get(&name("a"), 1), Some(&9));
        assert_eq!((partitions.get(&id, 0), partitions.len()), (None, 2));
    }

    #[test]
    fn what_is_forgotten_is_not_counted() {
        let mut partitions = Partitions::new(9);
        for (topic, index) in [("a", 0), ("a", 1), ("b", 0), ("c", 0)] {
            set(&mut partitions, topic, index, i64::from(index));
        }
        partitions.remove(&name("a"), 1);
        partitions.remove(&name("a"), 7);
        partitions.remove_topic(&name("b"), |_| false);
        partitions.remove_topics(&["x", "y", "b"].map(name).into_iter().collect());
        assert_eq!(partitions.len(), 2);
        partitions.retain(|topic, _, _| *topic == name("c"));
        assert_eq!((partitions.len(), partitions.topics().count()), (1, 1));
        assert_eq!(partitions.iter().collect::<Vec<_>>(), [(&name("c"), 0, &0)]);
        for gone in [&["x"][..], &["x", "c"]] {
            partitions.remove_topics(&gone.iter().map(|gone| name(gone)).collect());
        }
        assert_eq!((partitions.len(), partitions.topics().count()), (0, 0));
    }
}
