//! What was known of groups, and when: changes in, what held from one time to another out.

use std::collections::BTreeMap;

use observer::time::Timestamp;

/// A committed offset and, once both samples were there, a lag.
pub type Known = (i64, Option<i64>);

/// When something changed: not before, and not after.
pub type When = (Timestamp, Timestamp);

/// What was known over a time.
#[derive(Debug, Default)]
pub struct History {
    /// By group and partition, each change.
    known: BTreeMap<(String, i32), Vec<(When, Known)>>,
    members: BTreeMap<String, Vec<(When, Option<usize>)>>,
}

impl History {
    /// Something is known of a group's partition.
    pub fn note(&mut self, group: &str, partition: i32, when: When, known: Known) {
        note(self.known.entry((group.to_owned(), partition)).or_default(), when, known);
    }

    /// A group has so many members.
    pub fn note_members(&mut self, group: &str, when: When, members: Option<usize>) {
        note(self.members.entry(group.to_owned()).or_default(), when, members);
    }

    /// What may have been known of a partition from one time to another.
    pub fn between(
        &self,
        group: &str,
        partition: i32,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<Known> {
        let known = self.known.get(&(group.to_owned(), partition));
        within(known.map_or(&[], Vec::as_slice), from, to)
    }

    /// The partitions of a group at the end.
    pub fn at_end(&self, group: &str) -> BTreeMap<i32, Known> {
        let of_group = self.known.iter().filter(|((name, _), _)| name == group);
        of_group.filter_map(|((_, n), known)| Some((*n, known.last()?.1))).collect()
    }

    /// How many members a group may have had from one time to another.
    pub fn members(&self, group: &str, from: Timestamp, to: Timestamp) -> Vec<Option<usize>> {
        within(self.members.get(group).map_or(&[], Vec::as_slice), from, to)
    }
}

fn note<T: PartialEq>(changes: &mut Vec<(When, T)>, when: When, value: T) {
    if changes.last().is_none_or(|(_, last)| *last != value) {
        changes.push((when, value));
    }
}

/// The values that may have held from one time to another, the one that held at the beginning included.
fn within<T: Copy>(changes: &[(When, T)], from: Timestamp, to: Timestamp) -> Vec<T> {
    let begin = changes.partition_point(|((_, latest), _)| *latest <= from).saturating_sub(1);
    let end = changes.partition_point(|((earliest, _), _)| *earliest <= to);
    changes.get(begin..end).unwrap_or_default().iter().map(|(_, value)| *value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(from: u64, to: u64) -> When {
        (Timestamp(from), Timestamp(to))
    }

    fn between(changes: &[(When, Known)], from: u64, to: u64) -> Vec<i64> {
        let mut history = History::default();
        for &(when, known) in changes {
            history.note("g", 0, when, known);
        }
        let known = history.between("g", 0, Timestamp(from), Timestamp(to));
        known.into_iter().map(|(committed, _)| committed).collect()
    }

    #[test]
    fn what_held_at_the_beginning_counts() {
        let changes = [(at(1, 1), (10, None)), (at(3, 3), (20, None)), (at(5, 5), (30, None))];
        assert_eq!(between(&changes, 2, 2), [10]);
        assert_eq!(between(&changes, 3, 4), [20]);
        assert_eq!(between(&changes, 2, 5), [10, 20, 30]);
    }

    #[test]
    fn what_is_read_now_and_then_may_have_changed_before() {
        let changes = [(at(0, 2), (10, None)), (at(2, 6), (20, None)), (at(8, 9), (30, None))];
        assert_eq!(between(&changes, 3, 3), [10, 20], "either, until it is read");
        assert_eq!(between(&changes, 6, 7), [20]);
        assert_eq!(between(&changes, 6, 8), [20, 30]);
    }
}
