//! What was known of groups, and when: changes in, what held from one time to another out.

use std::collections::BTreeMap;

use observer::time::Timestamp;

/// A committed offset and, once both samples were there, a lag.
pub type Known = (i64, Option<i64>);

/// What was known over a time.
#[derive(Debug, Default)]
pub struct History {
    /// By group and partition, each change.
    known: BTreeMap<(String, i32), Vec<(Timestamp, Known)>>,
    members: BTreeMap<String, Vec<(Timestamp, Option<usize>)>>,
}

impl History {
    /// Something is known of a group's partition.
    pub fn note(&mut self, group: &str, partition: i32, now: Timestamp, known: Known) {
        note(self.known.entry((group.to_owned(), partition)).or_default(), now, known);
    }

    /// A group has so many members.
    pub fn note_members(&mut self, group: &str, now: Timestamp, members: Option<usize>) {
        note(self.members.entry(group.to_owned()).or_default(), now, members);
    }

    /// What was known of a partition from one time to another.
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

    /// How many members a group had from one time to another.
    pub fn members(&self, group: &str, from: Timestamp, to: Timestamp) -> Vec<Option<usize>> {
        within(self.members.get(group).map_or(&[], Vec::as_slice), from, to)
    }
}

fn note<T: PartialEq>(changes: &mut Vec<(Timestamp, T)>, now: Timestamp, value: T) {
    if changes.last().is_none_or(|(_, last)| *last != value) {
        changes.push((now, value));
    }
}

/// The values from one time to another, the one that held at the beginning included.
fn within<T: Copy>(changes: &[(Timestamp, T)], from: Timestamp, to: Timestamp) -> Vec<T> {
    let begin = changes.partition_point(|(time, _)| *time <= from).saturating_sub(1);
    let end = changes.partition_point(|(time, _)| *time <= to);
    changes.get(begin..end).unwrap_or_default().iter().map(|(_, value)| *value).collect()
}
