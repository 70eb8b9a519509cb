//! Who is in a group, and how often that was settled anew: requests of members and their answers in.

use std::sync::Arc;
use std::time::Duration;

use super::members::Members;
use crate::decode::Facts;
use crate::time::Timestamp;

/// A group's members and generation.
#[derive(Debug)]
pub struct Membership {
    /// Classic: the generation; else the highest epoch that a member reached.
    generation: Option<i32>,
    /// `None` until a member was heard.
    members: Option<Members>,
    /// Members settle each by itself, in epochs (KIP-848, KIP-932, KIP-1071); beside them there may be
    /// some that still go together, in generations.
    has_epochs: bool,
    /// How long it waits for a member to join again.
    rebalance: Duration,
    cap: usize,
}

/// What a request changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Members were settled anew.
    pub is_rebalanced: bool,
    /// Members that made room for others.
    pub evicted: usize,
}

/// How long a group waits where nobody said it (`max.poll.interval.ms`).
const REBALANCE: Duration = Duration::from_mins(5);
/// A member that joins has this epoch, one that leaves another below it.
const JOINS: i32 = 0;
/// A static member will be back (KIP-848), and keeps its place until its session ends.
const LEAVES_FOR_NOW: i32 = -2;

impl Membership {
    /// Nobody was heard; room for so many.
    pub fn new(cap: usize) -> Self {
        Self { generation: None, members: None, has_epochs: false, rebalance: REBALANCE, cap }
    }

    /// Members at this time, if any was ever heard.
    pub fn count(&self, now: Timestamp) -> Option<usize> {
        self.members.as_ref().map(|members| members.count(now))
    }

    /// The generation, or the group's epoch as far as its members have reached it.
    pub const fn generation(&self) -> Option<i32> {
        self.generation
    }

    /// JoinGroup was granted. Its answer names the member first, and to the leader all of them.
    pub fn joined(&mut self, request: &Facts, response: &Facts, now: Timestamp) -> Step {
        let is_rebalanced = response.generation.is_some() && response.generation != self.generation;
        if is_rebalanced {
            self.begin(response.generation);
        }
        if let Some(session) = session(request) {
            self.members().set_session(session);
        }
        if let Some(rebalance) = millis(request.rebalance_timeout_ms()) {
            self.rebalance = rebalance;
        }
        self.members().wait_until(Timestamp::default());
        let evicted = match response.members.split_first() {
            Some((_, all)) if !all.is_empty() => {
                self.has_epochs = false;
                self.members().replace(all, now)
            }
            _ => 0,
        };
        let step = self.met(response.members.first(), request, now);
        Step { is_rebalanced, evicted: evicted.saturating_add(step.evicted) }
    }

    /// SyncGroup or Heartbeat was granted to a member of this generation. It may be told to join again,
    /// and says no more until all have done so.
    pub fn stayed(&mut self, request: &Facts, response: &Facts, now: Timestamp) -> Step {
        let known = self.generation;
        // A higher one shows a rebalance whose JoinGroup was not seen.
        let is_newer = request.generation.is_some_and(|g| known.is_none_or(|known| g > known));
        if is_newer {
            self.begin(request.generation);
        }
        if !response.errors.is_empty() {
            let until = now.plus(self.rebalance);
            self.members().wait_until(until);
        }
        let step = self.met(request.members.first(), request, now);
        Step { is_rebalanced: is_newer && known.is_some(), ..step }
    }

    /// A heartbeat of a protocol with epochs was granted: the request has the member's epoch before,
    /// the answer the one from now on.
    pub fn beaten(&mut self, request: &Facts, response: &Facts, now: Timestamp) -> Step {
        self.has_epochs = true;
        let before = request.generation.unwrap_or_default();
        let member = response.members.first().or(request.members.first());
        if before < JOINS {
            if before != LEAVES_FOR_NOW {
                self.left(request);
            }
            return Step::default();
        }
        let step = self.met(member, request, now);
        let Some(epoch) = response.generation.filter(|epoch| Some(*epoch) > self.generation) else {
            return step;
        };
        let is_rebalanced = self.generation.is_some() || before == JOINS;
        self.generation = Some(epoch);
        Step { is_rebalanced, ..step }
    }

    /// A member did something else that keeps its place, such as a commit.
    pub fn heard(&mut self, member: Option<&Arc<str>>, now: Timestamp) -> Step {
        let Some(member) = member.filter(|member| !member.is_empty()) else {
            return Step::default();
        };
        let is_evicted = self.members().hear(member, now);
        Step { is_rebalanced: false, evicted: usize::from(is_evicted) }
    }

    /// Those that a request names left.
    pub fn left(&mut self, request: &Facts) {
        for member in &request.members {
            self.members().leave(member);
        }
        for instance in request.instances() {
            self.members().leave_instance(instance);
        }
    }

    /// The group does not know this member.
    pub fn lost(&mut self, member: &Arc<str>) {
        if let Some(members) = &mut self.members {
            members.leave(member);
        }
    }

    /// A member was heard, and its own id, if it has one.
    fn met(&mut self, member: Option<&Arc<str>>, request: &Facts, now: Timestamp) -> Step {
        let step = self.heard(member, now);
        if let (Some(member), Some(instance)) = (member, request.instances().first()) {
            self.members().call(member, instance);
        }
        step
    }

    /// A generation begins. Only who joins is in it, unless the others have epochs: an upgrade from
    /// one protocol to the other goes member by member.
    fn begin(&mut self, generation: Option<i32>) {
        self.generation = generation;
        if !self.has_epochs {
            self.members().clear();
        }
    }

    fn members(&mut self) -> &mut Members {
        let cap = self.cap;
        self.members.get_or_insert_with(|| Members::new(cap))
    }
}

/// How long a member stays without a word, if its request says it.
pub fn session(request: &Facts) -> Option<Duration> {
    millis(request.session_timeout_ms)
}

fn millis(ms: Option<i32>) -> Option<Duration> {
    Some(Duration::from_millis(u64::try_from(ms?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Rare;
    use crate::groups::samples::{at, member, members, of};

    fn is_rebalanced(step: Step) -> bool {
        step.is_rebalanced
    }

    #[test]
    fn a_generation_is_settled_once_whoever_joins() {
        let mut group = Membership::new(9);
        assert_eq!((group.count(at(0)), group.generation()), (None, None));
        let leader = Facts { generation: Some(1), ..members("", &["a", "a", "b"]) };
        assert!(is_rebalanced(group.joined(&of("g"), &leader, at(0))));
        assert!(!is_rebalanced(group.joined(&of("g"), &member("", "b", 1), at(0))));
        assert_eq!((group.count(at(0)), group.generation()), (Some(2), Some(1)));
        assert!(is_rebalanced(group.joined(&of("g"), &member("", "b", 2), at(5))));
        assert_eq!((group.count(at(5)), group.generation()), (Some(1), Some(2)), "a is gone");
        assert!(!is_rebalanced(group.stayed(&member("g", "b", 2), &Facts::default(), at(8))));
        group.left(&members("g", &["b"]));
        assert_eq!(group.count(at(8)), Some(0));
        assert!(is_rebalanced(group.joined(&of("g"), &member("", "c", 1), at(9))), "a new group");
    }

    #[test]
    fn a_static_member_may_leave_by_its_own_id_alone() {
        let mut group = Membership::new(9);
        let own = Rare { instances: vec!["own".into()], ..Rare::default() };
        let of_b = |facts: Facts| Facts { rare: Some(Box::new(own.clone())), ..facts };
        group.joined(&of("g"), &member("", "a", 1), at(0));
        group.joined(&of_b(of("g")), &member("", "b", 1), at(0));
        group.left(&of_b(member("g", "", 0)));
        assert_eq!(group.count(at(0)), Some(1));
        group.stayed(&of_b(member("g", "b", 1)), &Facts::default(), at(1));
        assert_eq!(group.count(at(1)), Some(2));
        group.left(&of_b(member("g", "", 0)));
        assert_eq!(group.count(at(1)), Some(1));
    }

    #[test]
    fn a_session_ends_as_the_member_said() {
        let mut group = Membership::new(9);
        let request = Facts { session_timeout_ms: Some(6000), ..of("g") };
        group.joined(&request, &member("", "a", 1), at(0));
        assert_eq!((group.count(at(6)), group.count(at(7))), (Some(1), Some(0)));
    }

    #[test]
    fn who_waits_for_a_rebalance_is_still_a_member() {
        let mut group = Membership::new(9);
        let waits = Rare { rebalance_timeout_ms: Some(100_000), ..Rare::default() };
        let request = Facts { rare: Some(Box::new(waits)), ..of("g") };
        for id in ["a", "b"] {
            group.joined(&request, &member("", id, 1), at(0));
        }
        let again = Facts::default().with_error(27);
        group.stayed(&member("g", "a", 1), &again, at(3));
        assert_eq!((group.count(at(103)), group.count(at(104))), (Some(2), Some(0)));
        group.joined(&request, &member("", "a", 2), at(90));
        assert_eq!((group.count(at(90)), group.count(at(136))), (Some(1), Some(0)), "it is over");
    }

    #[test]
    fn a_group_is_known_by_its_heartbeats_too() {
        let mut group = Membership::new(9);
        assert!(
            !is_rebalanced(group.stayed(&member("g", "a", 4), &Facts::default(), at(0))),
            "not seen to happen"
        );
        group.stayed(&member("g", "b", 4), &Facts::default(), at(1));
        assert_eq!((group.count(at(1)), group.generation()), (Some(2), Some(4)));
        assert!(is_rebalanced(group.stayed(&member("g", "a", 5), &Facts::default(), at(2))));
        group.stayed(&member("g", "b", 4), &Facts::default(), at(2));
        assert_eq!(group.generation(), Some(5), "a late word of the old one");
    }

    #[test]
    fn an_epoch_is_the_highest_that_a_member_reached() {
        let mut group = Membership::new(9);
        let beat = |group: &mut Membership, id: &str, before, now_on| {
            is_rebalanced(group.beaten(&member("g", id, before), &member("", id, now_on), at(0)))
        };
        assert!(beat(&mut group, "a", 0, 1));
        assert!(beat(&mut group, "b", 0, 2));
        assert!(!beat(&mut group, "a", 1, 1), "it still gives up what b shall have");
        assert!(!beat(&mut group, "a", 1, 2));
        assert_eq!((group.count(at(0)), group.generation()), (Some(2), Some(2)));
        assert!(!beat(&mut group, "b", -1, -1));
        assert_eq!((group.count(at(0)), group.generation()), (Some(1), Some(2)));
        assert!(!beat(&mut group, "a", -2, -2), "a static member keeps its place");
        assert_eq!(group.count(at(0)), Some(1));
        assert!(beat(&mut group, "a", 2, 3));
    }

    #[test]
    fn an_epoch_that_was_there_before_the_observer_is_no_rebalance() {
        let mut group = Membership::new(9);
        let step = group.beaten(&member("g", "a", 7), &member("", "a", 7), at(0));
        assert_eq!((step, group.generation()), (Step::default(), Some(7)));
    }

    #[test]
    fn members_of_two_protocols_are_in_one_group() {
        let mut group = Membership::new(9);
        for id in ["a", "b"] {
            group.joined(&of("g"), &member("", id, 3), at(0));
        }
        let count = |group: &Membership, seconds| group.count(at(seconds));
        let step = group.beaten(&member("g", "new", 0), &member("", "new", 4), at(1));
        assert!(step.is_rebalanced);
        assert_eq!((count(&group, 1), group.generation()), (Some(3), Some(4)));
        group.stayed(&member("g", "a", 3), &Facts::default(), at(2));
        group.beaten(&member("g", "new", 4), &member("", "new", 5), at(3));
        group.joined(&of("g"), &member("", "a", 6), at(4));
        group.stayed(&member("g", "new", 7), &Facts::default(), at(4));
        assert_eq!(count(&group, 5), Some(3), "b has not been told yet");
        assert_eq!(count(&group, 46), Some(2), "b fell silent");
        let leader = Facts { generation: Some(8), ..members("", &["c", "c"]) };
        group.joined(&of("g"), &leader, at(50));
        group.joined(&of("g"), &member("", "c", 9), at(51));
        assert_eq!(count(&group, 51), Some(1), "classic again");
    }
}
