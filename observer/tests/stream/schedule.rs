//! Random schedules: what a network, a capture and a peer may do to one direction. Everything follows
//! from the seed.

use observer::input::{Chunk, Flow, Segment, Seq, TcpFlags, Wants};
use observer::time::Timestamp;

/// One thing that happens to a direction.
#[derive(Clone, Debug)]
pub enum Step {
    Push(Sent),
    Acknowledged(i64, Timestamp),
    Tick(Timestamp),
}

/// A segment by its place in the stream, which does not wrap.
#[derive(Clone, Debug)]
pub struct Sent {
    pub time: Timestamp,
    pub offset: i64,
    pub wire_len: u32,
    pub chunks: Vec<Piece>,
}

/// A chunk with its own bytes.
#[derive(Clone, Debug)]
pub struct Piece {
    pub offset: u32,
    pub bytes: Vec<u8>,
    pub frame_start: bool,
}

impl Piece {
    fn chunk(&self) -> Chunk<'_> {
        Chunk { offset: self.offset, bytes: &self.bytes, frame_start: self.frame_start }
    }
}

impl Sent {
    pub fn value_at(&self, at: u32) -> Option<u8> {
        let covers = |c: &&Piece| (c.offset..c.offset + c.bytes.len() as u32).contains(&at);
        self.chunks.iter().find(covers).map(|c| c.bytes[(at - c.offset) as usize])
    }

    pub fn frame_starts_at(&self, at: u32) -> bool {
        self.chunks.iter().any(|c| c.frame_start && c.offset == at && !c.bytes.is_empty())
    }

    /// Hands the segment over as a source does.
    pub fn with_segment<T>(&self, isn: u32, f: impl FnOnce(&Segment<'_>) -> T) -> T {
        let chunks: Vec<_> = self.chunks.iter().map(Piece::chunk).collect();
        f(&Segment {
            time: Some(self.time),
            flow: Flow::default(),
            seq: Seq(isn).plus(self.offset as u32),
            ack: None,
            flags: TcpFlags::default(),
            wire_len: self.wire_len,
            is_first: true,
            is_last: true,
            chunks: &chunks,
            wants: Wants::Nothing,
        })
    }
}

/// Splitmix64: small, and the same everywhere.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// True `n` times in a hundred.
    pub fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }
}

/// The sender of a direction, and what happens to its segments on the way.
pub struct Sender {
    /// Everything before was sent once.
    end: i64,
    /// Sent, and not yet seen by the observer.
    delayed: Vec<(i64, u32)>,
    /// Whether rare and far things happen in this schedule.
    far: bool,
}

impl Sender {
    pub fn new(random: &mut Random) -> Self {
        Self { end: 0, delayed: Vec::new(), far: random.percent(20) }
    }

    /// What happens next; `idle` tells that nothing is held.
    pub fn step(
        &mut self,
        now: Timestamp,
        next: Option<i64>,
        idle: bool,
        random: &mut Random,
    ) -> Step {
        let step = self.any_step(now, next, idle, random);
        let offset = match &step {
            Step::Push(sent) => sent.offset,
            Step::Acknowledged(ack, _) => *ack,
            Step::Tick(_) => return step,
        };
        let Some(next) = next.filter(|next| next.abs_diff(offset) >= 1 << 31) else { return step };
        // Sequence numbers cannot tell this from a place on the other side.
        self.end = next;
        self.delayed.clear();
        Step::Tick(now)
    }

    fn any_step(
        &mut self,
        now: Timestamp,
        next: Option<i64>,
        idle: bool,
        random: &mut Random,
    ) -> Step {
        if self.far && random.percent(12) {
            return self.far_step(now, next, idle, random);
        }
        let len = 1 + random.below(12) as u32;
        match random.below(100) {
            0..40 => self.send(now, len, random),
            40..52 => {
                // Lost, or delayed.
                self.delayed.push((self.end, len));
                self.end += i64::from(len);
                self.send(now, len, random)
            }
            52..66 => match self.delayed.pop_if(|_| random.percent(80)) {
                Some((offset, len)) => Step::Push(sent(now, offset, len, random)),
                None => self.send(now, len, random),
            },
            66..76 => {
                // Sent again, otherwise divided, perhaps with more behind it.
                let offset = self.end - random.below(48) as i64;
                let len = 1 + random.below(30) as u32;
                self.end = self.end.max(offset + i64::from(len));
                Step::Push(sent(now, offset, len, random))
            }
            76..79 => Step::Push(sent(now, self.end - 1, random.below(2) as u32, random)),
            79..92 => {
                let ahead = if random.percent(15) { 10 } else { 0 };
                Step::Acknowledged(self.end + ahead - random.below(30) as i64, now)
            }
            92..96 => Step::Push(sent(now, self.end, 0, random)),
            _ => Step::Tick(now),
        }
    }

    fn send(&mut self, now: Timestamp, len: u32, random: &mut Random) -> Step {
        let offset = self.end;
        self.end += i64::from(len);
        Step::Push(sent(now, offset, len, random))
    }

    /// Long runs, so that the sequence numbers wrap; long holes; leaps beyond belief.
    fn far_step(
        &mut self,
        now: Timestamp,
        next: Option<i64>,
        idle: bool,
        random: &mut Random,
    ) -> Step {
        match random.below(10) {
            0..6 if idle && next.is_some() => {
                let offset = next.unwrap_or_default();
                let wire_len = (1 << 28) - random.below(1 << 20) as u32;
                self.end = offset + i64::from(wire_len);
                return Step::Push(Sent { time: now, offset, wire_len, chunks: Vec::new() });
            }
            6 => self.end += (1 << 30) - 64 + random.below(128) as i64,
            7 => self.end += (1 << 30) + random.below(1 << 29) as i64,
            8 => self.end -= (1 << 26) - 64 + random.below(128) as i64,
            9 => self.end -= (1 << 26) + random.below(1 << 30) as i64,
            _ => {}
        }
        self.send(now, 9, random)
    }
}

/// A segment with bytes of its own (so it matters which copy is used), some of them left out.
fn sent(time: Timestamp, offset: i64, wire_len: u32, random: &mut Random) -> Sent {
    let mut chunks = Vec::new();
    let whole = random.percent(60);
    let mut at = 0;
    while at < wire_len {
        let left = u64::from(wire_len - at);
        let len = if whole { left } else { random.below(left + 1) } as u32;
        let bytes = (0..len).map(|_| random.next() as u8).collect();
        chunks.push(Piece { offset: at, bytes, frame_start: random.percent(20) });
        at += len + random.below(5) as u32;
    }
    Sent { time, offset, wire_len, chunks }
}
