//! What facts weigh while they are kept, and what stays of them where they are too heavy.

use std::sync::Arc;

use super::facts::{Facts, Topic};
use super::rare::Rare;
use super::undecoded::Undecoded;

/// What an `Arc<str>` costs beside its text: its counts.
const COUNTS: usize = 16;

impl Facts {
    /// Memory that its lists take, in bytes. A name that is shared counts wherever it stands: whoever
    /// shares it may go first.
    pub fn weight(&self) -> usize {
        let topics = self.topics.iter().filter_map(|topic: &Topic| topic.name.as_ref());
        let rare = self.rare.as_deref().map_or(0, Rare::weight);
        let inside = self.forwarded.as_ref().map_or(0, |forwarded| forwarded.facts.weight());
        together([
            topics.map(name).sum(),
            names(&self.groups),
            names(&self.members),
            list(&self.topics),
            list(&self.partitions),
            list(&self.groups),
            list(&self.failed_groups),
            list(&self.members),
            list(&self.producers),
            rare,
            inside,
        ])
    }

    /// Forgets what the message says of topics, groups and the like; what is said of the message
    /// itself stays.
    pub fn shed(&mut self) {
        *self = Self {
            acks: self.acks,
            replica: self.replica,
            session: self.session,
            session_epoch: self.session_epoch,
            software: self.software.take(),
            undecoded: Some(self.undecoded.unwrap_or(Undecoded::Dropped)),
            ..Self::default()
        };
    }
}

impl Rare {
    fn weight(&self) -> usize {
        together([
            list(&self.brokers),
            list(&self.instances),
            list(&self.coordinator_keys),
            names(&self.instances),
            names(&self.coordinator_keys),
        ])
    }
}

fn name(name: &Arc<str>) -> usize {
    name.len().saturating_add(COUNTS)
}

fn names(list: &[Arc<str>]) -> usize {
    list.iter().map(name).sum()
}

/// What is in memory has a size, so this does not wrap.
fn together<const N: usize>(parts: [usize; N]) -> usize {
    parts.into_iter().fold(0, usize::wrapping_add)
}

/// Nor does this.
fn list<T>(list: &Vec<T>) -> usize {
    list.capacity().wrapping_mul(size_of::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_names_weigh() {
        assert_eq!(Facts::default().weight(), 0);
        let topic = Topic { name: Some("topic".into()), ..Topic::default() };
        let facts = Facts { topics: vec![topic], groups: vec!["g".into()], ..Facts::default() };
        assert_eq!(facts.weight(), size_of::<Topic>() + 5 + 16 + 16 + 1 + 16);
    }

    #[test]
    fn what_is_said_of_the_message_itself_stays() {
        let topics = vec![Topic::default()];
        let mut facts = Facts { acks: Some(0), topics, ..Facts::default() };
        facts.shed();
        let undecoded = Some(Undecoded::Dropped);
        assert_eq!(facts, Facts { acks: Some(0), undecoded, ..Facts::default() });
    }
}
