//! The same reassembly, slow and plain: offsets that never wrap, one map entry for each byte.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use observer::ledger::GapReason;
use observer::stream::{Edges, Limits, MAX_AHEAD, MAX_BEHIND, PIECE_COST, Pushed};
use observer::time::Timestamp;

use crate::recorder::{LONG, Out};
use crate::schedule::Sent;

/// A byte that waits.
#[derive(Clone, Copy)]
struct Byte {
    value: Option<u8>,
    time: Timestamp,
    edges: Edges,
    /// Segment and place in it where the part begins that brought the byte.
    part: (u64, u32),
}

struct Waiting {
    to: i64,
    newest: i64,
    since: Timestamp,
    segments: u32,
}

#[derive(Default)]
pub struct Oracle {
    pub next: Option<i64>,
    pub outs: Vec<Out>,
    held: BTreeMap<i64, Byte>,
    unseen: Range<i64>,
    settled: Option<i64>,
    waiting: Option<Waiting>,
    segments: u64,
}

impl Oracle {
    pub fn start_at(&mut self, offset: i64) {
        self.next = Some(offset);
    }

    pub fn held(&self) -> u64 {
        self.held.len() as u64
    }

    /// A price for each run of bytes that came together, and one for each byte present.
    pub fn cost(&self) -> usize {
        let (mut cost, mut before) = (0, None);
        for (&at, byte) in &self.held {
            if before != Some((at - 1, byte.part)) {
                cost += PIECE_COST;
            }
            cost += usize::from(byte.value.is_some());
            before = Some((at, byte.part));
        }
        cost
    }

    pub fn push(&mut self, sent: &Sent, limits: &Limits, room: usize) -> Pushed {
        self.count_segment();
        let mut pushed = Pushed::default();
        if sent.wire_len > 0 {
            self.align(sent);
            self.take(sent, &mut pushed);
            self.flow();
        }
        self.give_up(sent.time, limits, room);
        pushed
    }

    pub fn acknowledged(&mut self, ack: i64, now: Timestamp, limits: &Limits, room: usize) {
        self.count_segment();
        let ahead =
            self.next.is_some_and(|next| (next + 1..=next + i64::from(MAX_AHEAD)).contains(&ack));
        match &mut self.waiting {
            Some(waiting) if ahead => waiting.newest = waiting.newest.max(ack),
            None if ahead && self.settled.is_none_or(|settled| ack > settled) => {
                self.waiting = Some(Waiting { to: ack, newest: ack, since: now, segments: 0 });
            }
            _ => {}
        }
        self.give_up(now, limits, room);
    }

    pub fn give_up(&mut self, now: Timestamp, limits: &Limits, room: usize) {
        self.settle(now, limits);
        while let Some((&at, first)) = self.held.first_key_value() {
            let reason = if self.settled.is_some_and(|settled| settled >= at) {
                GapReason::Acknowledged
            } else if now.since(first.time) >= limits.hole_timeout {
                GapReason::Timeout
            } else if self.cost() > limits.direction_bytes || self.cost() > room {
                GapReason::Overflow
            } else {
                return;
            };
            self.skip_hole(reason);
        }
    }

    pub fn finish(&mut self) {
        while !self.held.is_empty() {
            self.skip_hole(GapReason::Closed);
        }
    }

    fn count_segment(&mut self) {
        self.segments += 1;
        if let Some(waiting) = &mut self.waiting {
            waiting.segments += 1;
        }
    }

    fn align(&mut self, sent: &Sent) {
        if let Some(next) = self.next {
            if (next - i64::from(MAX_BEHIND)..=next + i64::from(MAX_AHEAD)).contains(&sent.offset) {
                return;
            }
            self.finish();
            self.outs.push(Out::Restart);
        }
        self.next = Some(sent.offset);
        self.unseen = i64::MIN..sent.offset;
        self.settled = None;
        self.waiting = None;
    }

    fn take(&mut self, sent: &Sent, pushed: &mut Pushed) {
        let next = self.next.unwrap();
        if u64::from(sent.wire_len) > LONG {
            self.take_long(sent, next);
            return;
        }
        let cuts: BTreeSet<u32> =
            sent.chunks.iter().flat_map(|c| [c.offset, c.offset + c.bytes.len() as u32]).collect();
        for at in 0..sent.wire_len {
            let offset = sent.offset + i64::from(at);
            if offset < next && self.unseen.contains(&offset) {
                pushed.discarded += 1;
            } else if offset < next || self.held.contains_key(&offset) {
                pushed.duplicate += 1;
            } else {
                let part = cuts.range(..=at).next_back().copied().unwrap_or(0);
                let byte = Byte {
                    value: sent.value_at(at),
                    time: sent.time,
                    edges: Edges {
                        segment_start: at == 0,
                        segment_end: at == sent.wire_len - 1,
                        frame_start: sent.frame_starts_at(at),
                    },
                    part: (self.segments, part),
                };
                self.held.insert(offset, byte);
            }
        }
    }

    /// Schedules have long segments only in order, wholly elided, and with nothing held.
    fn take_long(&mut self, sent: &Sent, next: i64) {
        assert!(sent.offset == next && self.held.is_empty() && sent.chunks.is_empty());
        let edges = Edges { segment_start: true, segment_end: true, frame_start: false };
        let len = sent.wire_len.into();
        self.outs.push(Out::Elided { len, time: Some(sent.time), edges });
        self.next = Some(next + i64::from(sent.wire_len));
    }

    fn settle(&mut self, now: Timestamp, limits: &Limits) {
        let Some(waiting) = &mut self.waiting else { return };
        let by_count = waiting.segments >= limits.grace_segments;
        if by_count || now.since(waiting.since) >= limits.grace_time {
            self.settled = Some(waiting.to);
            let newest = waiting.newest;
            self.waiting = (newest > waiting.to).then_some(Waiting {
                to: newest,
                newest,
                since: now,
                segments: 0,
            });
        }
    }

    fn skip_hole(&mut self, reason: GapReason) {
        let (&at, _) = self.held.first_key_value().unwrap();
        let next = self.next.unwrap();
        self.outs.push(Out::Gap { len: (at - next) as u64, reason });
        self.unseen = next..at;
        self.next = Some(at);
        self.flow();
    }

    /// Delivers as far as there is no hole.
    fn flow(&mut self) {
        let mut next = self.next.unwrap();
        while let Some(byte) = self.held.remove(&next) {
            self.outs.push(Out::Byte {
                value: byte.value,
                time: Some(byte.time),
                edges: byte.edges,
            });
            next += 1;
        }
        self.next = Some(next);
        self.waiting.take_if(|waiting| waiting.newest <= next);
    }
}
