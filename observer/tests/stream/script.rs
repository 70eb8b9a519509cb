//! A few words to write a script with. A segment is text: `.` stands for a byte left out, `|` marks
//! the end of a frame. Output is text too: `[` and `]` where a segment began and ended, `|` where a
//! frame did, `<3 timeout>` for a gap, `<restart>`.

use std::time::Duration;

use observer::input::{Chunk, Flow, Segment, Seq, TcpFlags, Wants};
use observer::ledger::GapReason;
use observer::stream::{Budget, Carrier, Direction, Edges, Limits, MAX_SEGMENT, Pushed, Sink};
use observer::time::Timestamp;

pub struct Script {
    pub direction: Direction,
    pub limits: Limits,
    pub budget: Budget,
    pub out: Transcript,
    now: Timestamp,
    pushed: u64,
    counted: Pushed,
}

#[derive(Default)]
pub struct Transcript {
    words: Vec<String>,
    delivered: u64,
    /// Times of what was delivered, in milliseconds.
    pub times: Vec<u64>,
}

impl Script {
    pub fn midstream() -> Self {
        Self {
            direction: Direction::new(),
            limits: Limits::default(),
            budget: Budget::new(1 << 20),
            out: Transcript::default(),
            now: Timestamp(0),
            pushed: 0,
            counted: Pushed::default(),
        }
    }

    pub fn after_syn(seq: u32) -> Self {
        let mut script = Self::midstream();
        script.direction.start_at(Seq(seq));
        script
    }

    pub fn wait(&mut self, ms: u64) -> &mut Self {
        self.now = self.now.plus(Duration::from_millis(ms));
        self
    }

    pub fn step_back(&mut self, ms: u64) -> &mut Self {
        self.now = Timestamp(self.now.0 - ms * 1_000_000);
        self
    }

    pub fn push(&mut self, seq: u32, text: &str) -> &mut Self {
        let mut chunks: Vec<Chunk<'_>> = Vec::new();
        let mut offset = 0;
        for (frame, text) in text.split('|').enumerate() {
            for (index, run) in text.split_inclusive('.').enumerate() {
                let bytes = run.trim_end_matches('.').as_bytes();
                if !bytes.is_empty() {
                    let frame_start = frame > 0 && index == 0;
                    chunks.push(Chunk { offset, bytes, frame_start });
                }
                offset += run.len() as u32;
            }
        }
        self.push_chunks(seq, offset, &chunks)
    }

    pub fn push_elided(&mut self, seq: u32, wire_len: u32) -> &mut Self {
        self.push_chunks(seq, wire_len, &[])
    }

    /// Delivers `n` segments of the longest length, left out on purpose; returns where they end.
    pub fn advance(&mut self, seq: u32, n: u32) -> u32 {
        let starts = (0..n).map(|i| seq.wrapping_add(i.wrapping_mul(MAX_SEGMENT)));
        for start in starts {
            self.push_elided(start, MAX_SEGMENT);
        }
        self.out.clear();
        seq.wrapping_add(n.wrapping_mul(MAX_SEGMENT))
    }

    pub fn push_chunks(&mut self, seq: u32, wire_len: u32, chunks: &[Chunk<'_>]) -> &mut Self {
        let segment = Segment {
            time: Some(self.now),
            flow: Flow::default(),
            seq: Seq(seq),
            ack: None,
            flags: TcpFlags::default(),
            wire_len,
            is_first: true,
            is_last: true,
            chunks,
            wants: Wants::Nothing,
        };
        let Self { direction, limits, budget, out, now, .. } = self;
        let pushed = direction.push(&segment, *now, limits, budget, out);
        self.pushed += u64::from(wire_len);
        self.counted.duplicate += pushed.duplicate;
        self.counted.discarded += pushed.discarded;
        self.balance()
    }

    pub fn ack(&mut self, ack: u32) -> &mut Self {
        let Self { limits, budget, out, .. } = self;
        self.direction.acknowledged(Seq(ack), self.now, limits, budget, out);
        self.balance()
    }

    pub fn tick(&mut self) -> &mut Self {
        self.direction.tick(self.now, &self.limits, &mut self.budget, &mut self.out);
        self.balance()
    }

    pub fn finish(&mut self) -> &mut Self {
        self.direction.finish(&mut self.budget, &mut self.out);
        assert_eq!((self.direction.held(), self.budget.used()), (0, 0));
        self.balance()
    }

    pub fn finish_at(&mut self, end: u32) -> &mut Self {
        self.direction.finish_at(Seq(end), &mut self.budget, &mut self.out);
        self.balance()
    }

    /// What came out since the last time.
    #[track_caller]
    pub fn expect(&mut self, words: &str) -> &mut Self {
        assert_eq!(std::mem::take(&mut self.out.words).join(" "), words);
        self
    }

    /// Bytes so far: duplicate, discarded, held now.
    #[track_caller]
    pub fn counts(&mut self, duplicate: u64, discarded: u64, held: u64) -> &mut Self {
        assert_eq!(self.counted, Pushed { duplicate, discarded });
        assert_eq!(self.direction.held(), held);
        self
    }

    #[track_caller]
    fn balance(&mut self) -> &mut Self {
        let Pushed { duplicate, discarded } = self.counted;
        let accounted = self.out.delivered + duplicate + discarded + self.direction.held();
        assert_eq!(accounted, self.pushed);
        self
    }
}

impl Transcript {
    pub fn clear(&mut self) {
        self.words.clear();
    }

    fn write(&mut self, carrier: Carrier, text: &str, len: u64, edges: Edges) {
        let start = if edges.segment_start { "[" } else { "" };
        let end = if edges.segment_end { "]" } else { "" };
        let frame = if edges.frame_start { "|" } else { "" };
        self.words.push(format!("{start}{frame}{text}{end}"));
        self.delivered += len;
        self.times.extend(carrier.time.map(|time| time.0 / 1_000_000));
    }
}

impl Sink for Transcript {
    fn data(&mut self, carrier: &Carrier, bytes: &[u8], edges: Edges) {
        self.write(*carrier, str::from_utf8(bytes).unwrap_or("?"), bytes.len() as u64, edges);
    }

    fn elided(&mut self, carrier: &Carrier, len: u64, edges: Edges) {
        let text = if len < 10 { ".".repeat(len as usize) } else { format!("({len})") };
        self.write(*carrier, &text, len, edges);
    }

    fn gap(&mut self, len: u64, reason: GapReason) {
        self.words.push(format!("<{len} {}>", reason.as_str()));
    }

    fn restart(&mut self) {
        self.words.push("<restart>".to_owned());
    }
}
