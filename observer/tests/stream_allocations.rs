//! Bytes that come in order are delivered without an allocation, and a direction that holds nothing
//! owns nothing.

mod counting;

use counting::{Counting, counts};
use observer::input::{Chunk, Flow, Segment, Seq, TcpFlags, Wants};
use observer::ledger::GapReason;
use observer::stream::{Budget, Carrier, Direction, Edges, Limits, Sink};
use observer::time::Timestamp;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Adds up what is delivered.
#[derive(Default)]
struct Total(u64);

impl Sink for Total {
    fn data(&mut self, _: &Carrier, bytes: &[u8], _: Edges) {
        self.0 += bytes.len() as u64;
    }

    fn elided(&mut self, _: &Carrier, len: u64, _: Edges) {
        self.0 += len;
    }

    fn gap(&mut self, _: u64, _: GapReason) {}

    fn restart(&mut self) {}
}

struct Bench {
    direction: Direction,
    budget: Budget,
    total: Total,
}

impl Bench {
    fn new() -> Self {
        let (direction, budget) = (Direction::new(), Budget::new(1 << 20));
        Self { direction, budget, total: Total::default() }
    }

    fn push(&mut self, seq: u32) {
        let chunks = [
            Chunk { offset: 0, bytes: b"head", frame_start: false },
            Chunk { offset: 80, bytes: b"tail", frame_start: true },
        ];
        let segment = Segment {
            time: Some(Timestamp(0)),
            flow: Flow::default(),
            seq: Seq(seq),
            ack: None,
            flags: TcpFlags::default(),
            wire_len: 100,
            is_first: true,
            is_last: true,
            chunks: &chunks,
            wants: Wants::Nothing,
        };
        let Self { direction, budget, total } = self;
        let pushed = direction.push(&segment, Timestamp(0), &Limits::default(), budget, total);
        assert_eq!((pushed.duplicate, pushed.discarded), (0, 0));
    }
}

#[test]
fn bytes_in_order_need_no_allocation() {
    let mut bench = Bench::new();
    let before = counts();
    for i in 0..1000 {
        bench.push(i * 100);
    }
    assert_eq!((counts(), bench.total.0), (before, 100_000));
}

#[test]
fn a_direction_that_has_delivered_everything_owns_nothing() {
    let mut bench = Bench::new();
    bench.push(0);
    let before = counts();
    bench.push(200);
    assert!(counts().alive > before.alive && counts().made > before.made);
    bench.push(100);
    assert_eq!((counts().alive, bench.total.0), (before.alive, 300));
}
