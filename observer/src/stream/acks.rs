//! How far the receiver has acknowledged, as far as that is ahead of the bytes delivered.
//! Acknowledgments go in; out comes whether a hole lies before one whose grace is over.
//!
//! One acknowledgment waits at a time. When its grace is over it has settled, and the newest one
//! takes its place. So a hole is given up after one grace at the earliest, two at the latest, and
//! the state is small however many acknowledgments come.

use observer_common::Seq;

use super::Limits;
use crate::time::Timestamp;

/// Acknowledgments ahead of the next byte; usually none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Acks {
    settled: Option<Seq>,
    waiting: Option<Waiting>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    to: Seq,
    newest: Seq,
    since: Timestamp,
    /// Segments of the connection since then.
    segments: u32,
}

impl Acks {
    /// Whether none waits, so that segments and time change nothing.
    pub const fn is_idle(&self) -> bool {
        self.waiting.is_none()
    }

    /// A segment of the connection passed.
    pub const fn count_segment(&mut self) {
        if let Some(waiting) = &mut self.waiting {
            waiting.segments = waiting.segments.saturating_add(1);
        }
    }

    /// The receiver has everything before `ack`, which is ahead of the next byte.
    pub fn note(&mut self, ack: Seq, now: Timestamp) {
        match &mut self.waiting {
            Some(waiting) if ack.is_after(waiting.newest) => waiting.newest = ack,
            Some(_) => {}
            None if self.settled.is_some_and(|settled| !ack.is_after(settled)) => {}
            None => self.waiting = Some(Waiting::new(ack, now)),
        }
    }

    /// Ends the grace, if it is over.
    pub fn settle(&mut self, now: Timestamp, limits: &Limits) {
        let Some(waiting) = self.waiting else { return };
        if waiting.segments < limits.grace_segments && now.since(waiting.since) < limits.grace_time
        {
            return;
        }
        self.settled = Some(waiting.to);
        let newer = waiting.newest.is_after(waiting.to);
        self.waiting = newer.then(|| Waiting::new(waiting.newest, now));
    }

    /// Whether nothing before `seq` will come any more.
    pub fn cover(&self, seq: Seq) -> bool {
        self.settled.is_some_and(|settled| !seq.is_after(settled))
    }

    /// Bytes up to `next` were delivered: what was acknowledged before it is of no more use, and
    /// must not stay until the sequence numbers have wrapped.
    pub fn forget_before(&mut self, next: Seq) {
        if self.settled.is_none() && self.waiting.is_none() {
            return;
        }
        self.settled = self.settled.filter(|settled| settled.is_after(next));
        self.waiting = self.waiting.filter(|waiting| waiting.newest.is_after(next));
        if let Some(waiting) = &mut self.waiting
            && next.is_after(waiting.to)
        {
            waiting.to = next;
        }
    }
}

impl Waiting {
    const fn new(ack: Seq, now: Timestamp) -> Self {
        Self { to: ack, newest: ack, since: now, segments: 0 }
    }
}
