//! The byte ledger: every payload byte seen has exactly one fate.
//!
//! `seen == decoded + elided + opaque + duplicate + discarded + pending` at any moment. What was
//! lost before the pipeline saw it (ring full) is the source's to add; bytes nobody saw are gaps and
//! stand outside the sum.

/// Bytes by fate, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Payload bytes on watched ports, by their length on the wire.
    pub seen: u64,
    /// Inside a synchronised frame, and delivered.
    pub decoded: u64,
    /// Left out on purpose.
    pub elided: u64,
    /// Encrypted, raw authentication tokens, or not Kafka.
    pub opaque: u64,
    /// Seen before.
    pub duplicate: u64,
    /// Seen, but not usable.
    pub discarded: u64,
    /// Held now.
    pub pending: u64,
    /// Of these, what waits for a frame boundary.
    pub unsynchronised: u64,
    /// No fate: memory in bytes that it costs, beside themselves, to tell their segments apart.
    pub bookkeeping: u64,
    /// No fate: directions that the source copies whole, and need not once it is told where a frame
    /// begins.
    pub out_of_step: u64,
    /// No fate: nanoseconds that directions were so, summed over them.
    pub out_of_step_ns: u64,
    /// Bytes nobody saw, by reason.
    pub gaps: [u64; GapReason::ALL.len()],
}

impl Ledger {
    /// Bytes now wait for a frame boundary.
    pub const fn hold(&mut self, bytes: u64) {
        self.pending = self.pending.saturating_add(bytes);
        self.unsynchronised = self.unsynchronised.saturating_add(bytes);
    }

    /// Bytes no longer wait for a frame boundary; their fate is the caller's to count.
    pub const fn release(&mut self, bytes: u64) {
        self.pending = self.pending.saturating_sub(bytes);
        self.unsynchronised = self.unsynchronised.saturating_sub(bytes);
    }

    /// Telling segments apart took `was` bytes of memory, and takes `is` now.
    pub const fn note_bookkeeping(&mut self, was: u64, is: u64) {
        self.bookkeeping = self.bookkeeping.saturating_add(is).saturating_sub(was);
    }

    /// So many nanoseconds have passed.
    pub const fn pass_time(&mut self, ns: u64) {
        let spent = self.out_of_step.saturating_mul(ns);
        self.out_of_step_ns = self.out_of_step_ns.saturating_add(spent);
    }

    /// Sum of the fates.
    pub const fn accounted(&self) -> u64 {
        self.decoded + self.elided + self.opaque + self.duplicate + self.discarded + self.pending
    }
}

/// Why bytes that nobody saw are no longer waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GapReason {
    /// The receiver has acknowledged past them, so they will not be sent again.
    Acknowledged,
    /// They did not come in time.
    Timeout,
    /// Too much was waiting behind them.
    Overflow,
    /// The connection ended.
    Closed,
}

impl GapReason {
    /// All reasons, in the order of [`Ledger::gaps`].
    pub const ALL: [Self; 4] = [Self::Acknowledged, Self::Timeout, Self::Overflow, Self::Closed];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Timeout => "timeout",
            Self::Overflow => "overflow",
            Self::Closed => "closed",
        }
    }
}
