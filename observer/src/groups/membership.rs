//! Who is in a group, and how often that was settled anew: requests of members and their answers in.

use std::collections::HashSet;
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
    /// Members that made room for others, and own ids that found none.
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
        // The answer repeats it to who leaves.
        let mut epochs = [request.generation, response.generation].into_iter().flatten();
        if let Some(leaves) = epochs.find(|epoch| *epoch < JOINS) {
            if leaves != LEAVES_FOR_NOW {
                self.left(request);
            }
            return Step::default();
        }
        let joins = request.generation == Some(JOINS);
        // A group that is empty keeps its epoch; one with a lower was deleted and is another.
        let may_be_another = joins && self.count(now) == Some(0);
        let step = self.met(response.members.first().or(request.members.first()), request, now);
        let known = self.generation;
        let is_news = |epoch: &i32| Some(*epoch) > known || may_be_another && Some(*epoch) < known;
        let Some(epoch) = response.generation.filter(is_news) else {
            return step;
        };
        let is_rebalanced = self.generation.is_some() || joins;
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
        self.left_but(request, &HashSet::new());
    }

    /// Those that a request names left, but some of them, by their place there.
    pub fn left_but(&mut self, request: &Facts, stay: &HashSet<usize>) {
        let leaves = |(place, _): &(usize, _)| !stay.contains(place);
        for (_, member) in request.members.iter().enumerate().filter(leaves) {
            self.members().leave(member);
        }
        let instances = request.instances();
        // Where some have none, nobody knows whose they are.
        if stay.is_empty() || instances.len() == request.members.len() {
            for (_, instance) in instances.iter().enumerate().filter(leaves) {
                self.members().leave_instance(instance);
            }
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
        let mut step = self.heard(member, now);
        if let (Some(member), Some(instance)) = (member, request.instances().first()) {
            let is_evicted = self.members().call(member, instance);
            step.evicted = step.evicted.saturating_add(usize::from(is_evicted));
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
mod tests;
