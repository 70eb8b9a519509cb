//! Bytes that come in order are delivered without an allocation, and a direction that holds nothing
//! owns nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use observer::input::{Chunk, Flow, Segment, Seq, TcpFlags};
use observer::ledger::GapReason;
use observer::stream::{Budget, Carrier, Direction, Edges, Limits, Sink};
use observer::time::Timestamp;

struct Counting;

thread_local! {
    /// Allocations alive, and ever made, on this thread.
    static COUNTS: Cell<(i64, u64)> = const { Cell::new((0, 0)) };
}

// SAFETY: everything is left to the system's allocator; a thread-local cell that needs neither
// initialisation nor a destructor is all that is touched beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNTS.with(|counts| counts.set((counts.get().0 + 1, counts.get().1 + 1)));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        COUNTS.with(|counts| counts.set((counts.get().0 - 1, counts.get().1)));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Adds up what is delivered.
#[derive(Default)]
struct Total(u64);

impl Sink for Total {
    fn data(&mut self, _: Carrier, bytes: &[u8], _: Edges) {
        self.0 += bytes.len() as u64;
    }

    fn elided(&mut self, _: Carrier, len: u64, _: Edges) {
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
            Chunk { offset: 0, bytes: b"head", frame_end: false },
            Chunk { offset: 80, bytes: b"tail", frame_end: true },
        ];
        let segment = Segment {
            time: Some(Timestamp(0)),
            flow: Flow::default(),
            seq: Seq(seq),
            ack: None,
            flags: TcpFlags::default(),
            wire_len: 100,
            chunks: &chunks,
        };
        let Self { direction, budget, total } = self;
        let pushed = direction.push(&segment, Timestamp(0), &Limits::default(), budget, total);
        assert_eq!((pushed.duplicate, pushed.discarded), (0, 0));
    }
}

#[test]
fn bytes_in_order_need_no_allocation() {
    let mut bench = Bench::new();
    let before = COUNTS.get();
    for i in 0..1000 {
        bench.push(i * 100);
    }
    assert_eq!((COUNTS.get(), bench.total.0), (before, 100_000));
}

#[test]
fn a_direction_that_has_delivered_everything_owns_nothing() {
    let mut bench = Bench::new();
    bench.push(0);
    let (alive, made) = COUNTS.get();
    bench.push(200);
    assert!(COUNTS.get().0 > alive && COUNTS.get().1 > made);
    bench.push(100);
    assert_eq!((COUNTS.get().0, bench.total.0), (alive, 300));
}
