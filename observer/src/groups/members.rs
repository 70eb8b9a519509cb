//! The members of one group, as far as they were seen.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use hashlink::LruCache;

use crate::time::Timestamp;

/// How long a silent member stays where nobody said it (`session.timeout.ms` since 3.0,
/// `group.consumer.session.timeout.ms`, and so on).
pub const SESSION: Duration = Duration::from_secs(45);

/// Members by their ids.
#[derive(Debug)]
pub struct Members {
    /// When each was heard, the longest ago first; `None` for one that only the leader was told of.
    heard: LruCache<Arc<str>, Option<Timestamp>, RandomState>,
    /// Static members by their own ids.
    instances: HashMap<Arc<str>, Arc<str>, RandomState>,
    session: Duration,
    /// A rebalance may last until then: a member that waits for it says nothing.
    waits_until: Timestamp,
    /// When any of them was heard.
    last: Timestamp,
    cap: usize,
}

impl Members {
    /// Room for so many.
    pub fn new(cap: usize) -> Self {
        let heard = LruCache::with_hasher(usize::MAX, RandomState::default());
        let never = Timestamp::default();
        let instances = HashMap::default();
        Self { heard, instances, session: SESSION, waits_until: never, last: never, cap }
    }

    /// How long a silent member stays.
    pub fn set_session(&mut self, session: Duration) {
        self.session = session;
    }

    /// Until then those who were here are, though they say nothing; a time that has passed ends that.
    pub fn wait_until(&mut self, time: Timestamp) {
        self.waits_until = time;
    }

    /// A member was heard, and may stay. Returns whether another had to make room.
    pub fn hear(&mut self, member: &Arc<str>, now: Timestamp) -> bool {
        self.last = now;
        self.insert(member, Some(now))
    }

    /// The leader was told that these are all. Returns how many were too many.
    pub fn replace(&mut self, members: &[Arc<str>], now: Timestamp) -> usize {
        let mut before = std::mem::replace(&mut self.heard, Self::new(0).heard);
        self.last = now;
        let is_evicted = |member| {
            let heard = before.remove(member).flatten();
            self.insert(member, heard)
        };
        members.iter().map(is_evicted).filter(|evicted| *evicted).count()
    }

    /// A member left.
    pub fn leave(&mut self, member: &Arc<str>) {
        self.heard.remove(member);
    }

    /// A member has an id of its own, by which it may be thrown out. A member that had it before was
    /// another run of the same, whose place it takes (KIP-345). Returns whether there was no
    /// room for that.
    pub fn call(&mut self, member: &Arc<str>, instance: &Arc<str>) -> bool {
        if self.instances.len() >= self.cap && !self.instances.contains_key(instance) {
            let Self { heard, instances, cap, .. } = self;
            instances.retain(|_, member| heard.contains_key(member));
            if instances.len() >= *cap {
                return true;
            }
        }
        let before = self.instances.insert(Arc::clone(instance), Arc::clone(member));
        if let Some(before) = before.filter(|before| before != member) {
            self.leave(&before);
        }
        false
    }

    /// The member with this id of its own left.
    pub fn leave_instance(&mut self, instance: &Arc<str>) {
        if let Some(member) = self.instances.remove(instance) {
            self.leave(&member);
        }
    }

    /// A new generation begins: only who joins is in it.
    pub fn clear(&mut self) {
        self.heard.clear();
    }

    /// How many there are at this time. Who falls silent is thrown out by the coordinator, without a
    /// word on the wire; who was never heard may be somewhere that is not observed.
    pub fn count(&self, now: Timestamp) -> usize {
        let is_here =
            |heard: Timestamp| now.since(heard) <= self.session || now <= self.waits_until;
        if !is_here(self.last) {
            return 0;
        }
        self.heard.iter().filter(|(_, heard)| heard.is_none_or(is_here)).count()
    }

    fn insert(&mut self, member: &Arc<str>, heard: Option<Timestamp>) -> bool {
        self.heard.insert(Arc::clone(member), heard);
        let is_over = self.heard.len() > self.cap;
        if is_over {
            self.heard.remove_lru();
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::samples::at;

    fn ids(ids: &[&str]) -> Vec<Arc<str>> {
        ids.iter().map(|&id| Arc::from(id)).collect()
    }

    #[test]
    fn who_falls_silent_is_gone() {
        let mut members = Members::new(9);
        let [a, b] = &ids(&["a", "b"])[..] else { panic!() };
        members.hear(a, at(0));
        members.hear(b, at(40));
        assert_eq!(
            (members.count(at(45)), members.count(at(46)), members.count(at(86))),
            (2, 1, 0)
        );
        members.set_session(Duration::from_secs(6));
        assert_eq!((members.count(at(46)), members.count(at(47))), (1, 0));
    }

    #[test]
    fn the_leaders_list_is_complete() {
        let mut members = Members::new(9);
        let all = ids(&["a", "b", "c"]);
        members.hear(&all[0], at(0));
        members.hear(&ids(&["old"])[0], at(0));
        assert_eq!(members.replace(&all, at(10)), 0);
        assert_eq!(members.count(at(10)), 3);
        members.hear(&all[1], at(50));
        assert_eq!(members.count(at(50)), 2, "a was heard long ago, c never");
        members.leave(&all[2]);
        assert_eq!(members.count(at(50)), 1);
        members.clear();
        assert_eq!(members.count(at(50)), 0);
    }

    #[test]
    fn a_member_may_be_thrown_out_by_its_own_id() {
        let mut members = Members::new(2);
        let [a, b, c, d] = &ids(&["a", "b", "c", "d"])[..] else { panic!() };
        members.hear(a, at(0));
        for (member, instance) in [(a, c), (b, d), (b, d), (b, a)] {
            members.call(member, instance);
            assert!(members.instances.len() <= 2);
        }
        members.hear(b, at(0));
        members.leave_instance(d);
        assert_eq!(members.count(at(0)), 2, "that id was forgotten, as b had not been heard");
        members.leave_instance(a);
        members.leave_instance(c);
        assert_eq!(members.count(at(0)), 0);
    }

    #[test]
    fn own_ids_are_bounded() {
        let mut members = Members::new(1);
        let [a, b] = &ids(&["a", "b"])[..] else { panic!() };
        members.hear(a, at(0));
        assert!(!members.call(a, a) && !members.call(a, a));
        assert!(members.call(a, b), "there is room for one");
    }

    #[test]
    fn members_are_bounded() {
        let mut members = Members::new(2);
        let all = ids(&["a", "b", "c"]);
        assert_eq!(members.replace(&all, at(0)), 1);
        assert!(members.hear(&all[0], at(1)));
        assert!(!members.hear(&all[0], at(2)));
        assert_eq!(members.count(at(2)), 2);
    }
}
