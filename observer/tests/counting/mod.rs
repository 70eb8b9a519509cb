//! An allocator that counts what is alive on this thread.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What the thread has allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Allocations alive.
    pub alive: i64,
    /// Allocations ever made.
    pub made: u64,
    /// Bytes alive.
    pub bytes: i64,
    /// Bytes ever allocated.
    pub made_bytes: u64,
}

thread_local! {
    static COUNTS: Cell<Counts> = const { Cell::new(Counts { alive: 0, made: 0, bytes: 0, made_bytes: 0 }) };
}

/// Counts so far.
pub fn counts() -> Counts {
    COUNTS.get()
}

/// The system's allocator, and the counts.
pub struct Counting;

// SAFETY: everything is left to the system's allocator; a thread-local cell that needs neither
// initialisation nor a destructor is all that is touched beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Counts { alive, made, bytes, made_bytes } = COUNTS.get();
        let bytes = bytes + layout.size() as i64;
        let made_bytes = made_bytes + layout.size() as u64;
        COUNTS.set(Counts { alive: alive + 1, made: made + 1, bytes, made_bytes });
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let Counts { alive, made, bytes, made_bytes } = COUNTS.get();
        let bytes = bytes - layout.size() as i64;
        COUNTS.set(Counts { alive: alive - 1, made, bytes, made_bytes });
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}
