//! Draining the ring: a plain loop that polls by timer, and at once while much is coming.
//!
//! The kernel wakes nobody for a record: that costs it 80 times what a polled record does. Only where
//! it waits for an answer it does, and when much has come. So the timer can be slow: a look at an idle
//! ring costs more than it seems, as caches and processor have to wake up for it. Who cannot wait rings.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::bell::Bell;
use super::clock::{Clock, monotonic_ns};
use super::handle::Shared;
use super::records;
use super::ring::{Nothing, Ring};
use super::waker::Waker;
use crate::input::Input;

/// Time to wait for a record that is being written.
const MOMENT: Duration = Duration::from_millis(1);
/// How often to wait for it at the end.
const MOMENTS: u32 = 1_000;
/// Records to take before looking at the clock and the stop flag again.
const BATCH: usize = 4_096;
/// Time between two comparisons of the clocks.
const RESAMPLE_NS: u64 = 1_000_000_000;

/// Takes records from the ring.
pub(super) struct Drain {
    ring: Ring,
    bell: Bell,
    /// Time between two looks at a quiet ring.
    interval: Duration,
    clock: Clock,
    resampled_ns: u64,
}

/// What a batch found.
struct Batch {
    bytes: usize,
    /// Why it ended before it was full.
    end: Option<Nothing>,
}

impl Drain {
    /// Looks at a ring: so much time lies between two looks while little comes, less where this waker is used.
    pub fn new(ring: Ring, waker: &Waker, interval: Duration) -> io::Result<Self> {
        let bell = ring.bell(waker)?;
        Ok(Self { ring, bell, interval, clock: Clock::new(), resampled_ns: monotonic_ns() })
    }

    /// Drains until told to stop.
    pub fn run(&mut self, stop: &AtomicBool, shared: &Shared, sink: &mut impl FnMut(Input<'_>)) {
        while !stop.load(Ordering::Relaxed) {
            let batch = self.pass(shared, sink);
            match batch.end {
                Some(Nothing::Yet) => self.bell.wait(MOMENT),
                Some(Nothing::Left) if batch.bytes < self.ring.bytes() / 8 => {
                    self.bell.wait(self.interval);
                }
                // Much came while we looked: look again at once.
                Some(Nothing::Left) | None => {}
            }
        }
    }

    /// Takes what is left, once nothing more comes in.
    pub fn finish(&mut self, shared: &Shared, sink: &mut impl FnMut(Input<'_>)) {
        for _ in 0..MOMENTS {
            let mut end = None;
            while end.is_none() {
                end = self.pass(shared, sink).end;
            }
            if end == Some(Nothing::Left) {
                return;
            }
            self.bell.wait(MOMENT);
        }
        tracing::error!("a record was begun in the ring, and not written");
    }

    fn pass(&mut self, shared: &Shared, sink: &mut impl FnMut(Input<'_>)) -> Batch {
        let now = monotonic_ns();
        if now.saturating_sub(self.resampled_ns) > RESAMPLE_NS {
            self.resampled_ns = now;
            if let Some(wall) = self.clock.resample() {
                sink(Input::WallClock(wall));
            }
        }
        let batch = self.batch(sink);
        if batch.bytes > 0 || batch.end == Some(Nothing::Left) {
            shared.note_drained(now);
        }
        if batch.end == Some(Nothing::Left) {
            // All that happened before has been told.
            sink(Input::Tick(self.clock.time(now)));
        }
        batch
    }

    fn batch(&mut self, sink: &mut impl FnMut(Input<'_>)) -> Batch {
        self.ring.hush();
        let mut bytes = 0;
        for _ in 0..BATCH {
            let taken = self.ring.take(|record| {
                if records::read(record, &self.clock, sink).is_err() {
                    tracing::error!("a ring record of {} bytes cannot be read", record.len());
                }
            });
            match taken {
                Ok(len) => bytes += len,
                Err(nothing) => return Batch { bytes, end: Some(nothing) },
            }
        }
        Batch { bytes, end: None }
    }
}
