//! What the kernel programs count, in one array per CPU.
//!
//! The hook's ledger, exact once traffic is quiet:
//! `Seen == SubmittedBytes + lost bytes (by [`Loss`]) + CountOnlyBytes + DuplicateBytes`, but for bytes
//! that were left out and that the next record of their direction will cover.

use crate::sieve::Why;

/// A number the kernel programs keep; its place in [`Counters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Counter {
    /// TCP payload bytes on watched ports, at the hook that owns the flow.
    Seen,
    /// Segment records that entered the ring.
    SubmittedRecords,
    /// Payload bytes those records cover, copied or left out on purpose.
    SubmittedBytes,
    /// Payload bytes copied into the ring.
    CopiedBytes,
    /// Bytes of the ring that records took, with all headers.
    RingBytes,
    /// Payload bytes of records that found the ring full.
    RingFullBytes,
    /// Payload bytes that could not be read from the skb.
    LoadFailedBytes,
    /// Payload bytes of skbs beyond the records that one skb may become.
    OversizeBytes,
    /// Payload bytes of flows that are only counted.
    CountOnlyBytes,
    /// Payload bytes that came before, in directions in step.
    DuplicateBytes,
    /// Directions that were in step again.
    Resumes,
    /// Directions that fell out of step, by [`Why`]; see [`Counter::of_fall`].
    FellGap,
    /// Likewise.
    FellLength,
    /// Likewise.
    FellUnproven,
    /// Likewise.
    FellContention,
    /// Likewise.
    FellWork,
    /// Likewise.
    FellUnreadable,
    /// Directions that were forgotten, for want of room.
    FlowsForgotten,
    /// Payload bytes ignored because another hook owns the flow.
    ForeignBytes,
    /// IP fragments; their payload is in no other counter.
    Fragments,
    /// Packets whose headers are not whole, or contradict themselves.
    Malformed,
    /// Socket records that entered the ring.
    SocketRecords,
    /// Socket records that found the ring full.
    SocketRingFull,
    /// Sockets that were forgotten, as is seen when they close.
    SocketsForgotten,
}

impl Counter {
    /// Where it is counted that a direction fell out of step.
    #[inline(always)]
    pub const fn of_fall(why: Why) -> Self {
        match why {
            Why::Gap => Self::FellGap,
            Why::Length => Self::FellLength,
            Why::Unproven => Self::FellUnproven,
            Why::Contention => Self::FellContention,
            Why::Work => Self::FellWork,
            Why::Unreadable => Self::FellUnreadable,
        }
    }
}

/// Number of counters.
pub const COUNTERS: usize = Counter::SocketsForgotten as usize + 1;

/// Why payload bytes seen at a hook did not enter the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loss {
    /// The ring was full.
    RingFull,
    /// The payload could not be read from the skb.
    LoadFailed,
    /// The skb was larger than the records one skb may become.
    Oversize,
}

impl Loss {
    /// All causes.
    pub const ALL: [Self; 3] = [Self::RingFull, Self::LoadFailed, Self::Oversize];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RingFull => "ring_full",
            Self::LoadFailed => "load_failed",
            Self::Oversize => "oversize",
        }
    }

    /// Where its payload bytes are counted.
    pub const fn bytes(self) -> Counter {
        match self {
            Self::RingFull => Counter::RingFullBytes,
            Self::LoadFailed => Counter::LoadFailedBytes,
            Self::Oversize => Counter::OversizeBytes,
        }
    }
}

/// All counters, by [`Counter`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Counters(pub [u64; COUNTERS]);

impl Counters {
    /// One counter.
    #[inline(always)]
    pub fn get(&self, counter: Counter) -> u64 {
        self.0.get(counter as usize).copied().unwrap_or_default()
    }

    /// Adds to a counter.
    #[inline(always)]
    pub fn add(&mut self, counter: Counter, n: u64) {
        if let Some(cell) = self.0.get_mut(counter as usize) {
            *cell = cell.wrapping_add(n);
        }
    }

    /// Adds another CPU's counters.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.wrapping_add(theirs);
        }
    }

    /// Payload bytes seen and not delivered, whatever the cause.
    pub fn lost_bytes(&self) -> u64 {
        Loss::ALL.iter().map(|loss| self.get(loss.bytes())).sum()
    }

    /// Payload bytes with a fate at the hook; equals [`Counter::Seen`] when traffic is quiet.
    pub fn accounted(&self) -> u64 {
        self.get(Counter::SubmittedBytes)
            + self.lost_bytes()
            + self.get(Counter::CountOnlyBytes)
            + self.get(Counter::DuplicateBytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fate_is_in_the_ledger_once() {
        let mut counters = Counters::default();
        counters.add(Counter::SubmittedBytes, 1);
        counters.add(Counter::CountOnlyBytes, 10);
        for (loss, n) in Loss::ALL.into_iter().zip([100, 1_000, 10_000]) {
            counters.add(loss.bytes(), n);
        }
        assert_eq!(counters.lost_bytes(), 11_100);
        assert_eq!(counters.accounted(), 11_111);
    }

    #[test]
    fn merging_adds_counter_by_counter() {
        let mut a = Counters::default();
        let mut b = Counters::default();
        a.add(Counter::Seen, 3);
        b.add(Counter::Seen, 4);
        b.add(Counter::SocketRingFull, 1);
        a.merge(&b);
        assert_eq!(a.get(Counter::Seen), 7);
        assert_eq!(a.get(Counter::SocketRingFull), 1);
    }
}
