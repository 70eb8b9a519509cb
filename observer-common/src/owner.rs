//! Which hook counts a flow direction, where several see the same packets.
//!
//! A packet may pass veth and NIC, or a loopback device in both directions. The first hook that
//! sees a direction owns it. Every segment on the owning hook passes, retransmissions included (the
//! stream layer knows them for what they are); those on other hooks are copies. Ownership lapses
//! when another hook sees a new connection, bytes so far ahead that the owner must have missed
//! some, or anything new while the owner is silent.
//!
//! One rule for kernel and captures: in goes a sighting, out comes whether it counts.

use crate::Seq;

/// A place where packets are seen, by a number of the source's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct Hook(pub u64);

/// A segment, as a hook sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Where.
    pub hook: Hook,
    /// When, in nanoseconds of the source's clock.
    pub time_ns: u64,
    /// First sequence number (past the SYN).
    pub seq: Seq,
    /// Sequence number after the last payload byte, and after the FIN where there is one.
    pub end: Seq,
    /// Whether it opens a connection.
    pub syn: bool,
}

/// The owner of a flow direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Owner {
    /// When the owner last saw a segment.
    last_ns: u64,
    hook: Hook,
    /// After the last byte that the owner saw.
    next: Seq,
    /// Where the owner's connection began, or was first seen.
    start: Seq,
}

const _: () = assert!(size_of::<Owner>() == 24);

/// Bytes that another hook may be ahead of the owner: more than the largest receive window that
/// Linux gives by default (6 MiB), so bytes beyond it were acknowledged, and the owner missed them.
pub const MAX_AHEAD: u32 = 8 << 20;

/// How long an owner may see nothing while others see new bytes.
pub const MAX_SILENCE_NS: u64 = 1_000_000_000;

impl Owner {
    /// The hook that saw a direction first.
    #[inline(always)]
    pub const fn new(first: &Sighting) -> Self {
        Self { last_ns: first.time_ns, hook: first.hook, next: first.end, start: first.seq }
    }

    /// When it last saw a segment, in nanoseconds of the source's clock.
    #[inline(always)]
    pub const fn last_ns(&self) -> u64 {
        self.last_ns
    }

    /// The hook that owns the direction.
    #[inline(always)]
    pub const fn hook(&self) -> Hook {
        self.hook
    }

    /// Notes a sighting of the owner's that opens no connection.
    #[inline(always)]
    pub const fn see(&mut self, seen: &Sighting) {
        self.last_ns = seen.time_ns;
        if seen.end.is_after(self.next) {
            self.next = seen.end;
        }
    }

    /// Whether a sighting counts: it is the owner's, or ownership lapses and it becomes the owner's.
    #[inline(always)]
    pub const fn admits(&mut self, seen: &Sighting) -> bool {
        if self.hook.0 != seen.hook.0 {
            if !self.lapses(seen) {
                return false;
            }
            *self = Self::new(seen);
            return true;
        }
        if seen.syn {
            *self = Self::new(seen);
            return true;
        }
        self.see(seen);
        true
    }

    /// Whether a sighting of another hook ends the ownership.
    #[inline(always)]
    const fn lapses(&self, seen: &Sighting) -> bool {
        if seen.syn {
            return seen.seq.0 != self.start.0;
        }
        let ahead = seen.end.since(self.next);
        if ahead > MAX_AHEAD as i32 {
            return true;
        }
        // Far behind: numbers of another connection, whose SYN nobody saw.
        let is_new = ahead > 0 || ahead < -(MAX_AHEAD as i32);
        is_new && seen.time_ns.saturating_sub(self.last_ns) > MAX_SILENCE_NS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Hook = Hook(1);
    const B: Hook = Hook(2);
    const MS: u64 = 1_000_000;

    fn data(hook: Hook, time_ms: u64, seq: u32, len: u32) -> Sighting {
        let seq = Seq(seq);
        Sighting { hook, time_ns: time_ms * MS, seq, end: seq.plus(len), syn: false }
    }

    fn syn(hook: Hook, time_ms: u64, seq: u32) -> Sighting {
        Sighting { syn: true, ..data(hook, time_ms, seq, 0) }
    }

    fn owner(first: &Sighting) -> Owner {
        Owner::new(first)
    }

    #[test]
    fn copies_on_another_hook_do_not_count_and_retransmissions_on_the_owner_do() {
        let mut owner = owner(&syn(A, 0, 1000));
        assert!(!owner.admits(&syn(B, 0, 1000)));
        assert!(owner.admits(&data(A, 1, 1000, 100)));
        assert!(!owner.admits(&data(B, 1, 1000, 100)));
        assert!(owner.admits(&data(A, 300, 1000, 100)));
        assert!(!owner.admits(&data(B, 300, 1000, 100)));
    }

    #[test]
    fn a_copy_may_be_seen_before_the_owners() {
        let mut owner = owner(&data(A, 0, u32::MAX - 10, 5));
        assert!(!owner.admits(&data(B, 1, u32::MAX - 5, 100)));
        assert!(owner.admits(&data(A, 1, u32::MAX - 5, 100)));
    }

    #[test]
    fn a_new_connection_is_its_first_hooks() {
        let mut owner = owner(&syn(A, 0, 1000));
        assert!(owner.admits(&data(A, 1, 1000, 100)));
        assert!(owner.admits(&syn(B, 2, 900)));
        assert!(!owner.admits(&syn(A, 2, 900)));
        assert!(owner.admits(&data(B, 2, 900, 7)));
        assert!(!owner.admits(&data(A, 2, 900, 7)));
    }

    #[test]
    fn an_owner_that_missed_bytes_loses_the_direction() {
        let mut owner = owner(&data(A, 0, 0, 100));
        assert!(!owner.admits(&data(B, 1, 100, MAX_AHEAD)));
        assert!(owner.admits(&data(B, 1, 101, MAX_AHEAD)));
        assert!(!owner.admits(&data(A, 1, 101, MAX_AHEAD)));
    }

    #[test]
    fn a_silent_owner_loses_the_direction_to_new_bytes_only() {
        let mut owner = owner(&data(A, 0, 0, 100));
        assert!(!owner.admits(&data(B, 1000, 100, 5)));
        assert!(!owner.admits(&data(B, 1001, 95, 5)), "a copy");
        assert!(owner.admits(&data(B, 1001, 100, 5)));
        assert!(!owner.admits(&data(A, 1002, 100, 5)));
    }

    #[test]
    fn a_silent_owner_loses_the_direction_to_another_connections_numbers() {
        let mut owner = owner(&data(A, 0, 3 << 24, 100));
        assert!(!owner.admits(&data(B, 1, 1 << 24, 5)));
        assert!(owner.admits(&data(B, 1001, 1 << 24, 5)));
    }
}
