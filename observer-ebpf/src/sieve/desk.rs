//! Where a walk's records are put together: the header, then chunks, each behind its own.
//!
//! The window is the output: what is shown has been loaded to where it is kept, so that keeping bytes is
//! moving a cursor. All that changes stands in a map, where the verifier takes it for any number;
//! so each place is masked where it is used.

use aya_ebpf::helpers::generated::bpf_skb_load_bytes;
use observer_common::Seq;
use observer_common::counters::{Counter, Loss};
use observer_common::record::{
    CHUNK_FRAME_START, CHUNK_HEADER_LEN, FAR_CHUNK_HEADER_LEN, HeaderRoom, SEGMENT_HEADER_ROOM,
    SegmentHeader, Wants, chunk_header, far_chunk_header,
};
use observer_common::sieve::Window;

use crate::config::CHUNK_LEN;
use crate::forget::forget;
use crate::maps::counters;
use crate::own_ring::{self, Output};
use crate::ring::{Segment, lose};
use crate::seen::Seen;
use crate::unaligned;

/// Bytes of a record at most, a power of two: more are never reached, see [`ROOM`].
const SIZE: usize = 16 << 10;
/// Bytes after which a record is made.
const ROOM: u32 = 8 << 10;
/// Bytes shown at most, a power of two.
pub const MOST_SHOWN: u32 = 4 << 10;
/// Bytes behind the last place: of a window, and of a number.
const SLACK: usize = MOST_SHOWN as usize + 16;

const HEADER: u32 = SEGMENT_HEADER_ROOM as u32;
const CHUNK_HEADER: u32 = CHUNK_HEADER_LEN as u32;
const FAR_CHUNK_HEADER: u32 = FAR_CHUNK_HEADER_LEN as u32;

/// The records of a segment, and where its walk is.
#[repr(C)]
pub struct Desk {
    /// Records have covered the bytes before this one.
    pub told: Seq,
    /// Where in the payload the walk is.
    pub at: u32,
    /// Bytes from there on that have been loaded behind the cursor.
    pub shown: u32,
    /// The end of what is kept, in `bytes`.
    cursor: u32,
    /// Where the bytes of the chunk that is open begin; 0 if none is.
    chunk: u32,
    /// Where it begins behind `told`.
    chunk_offset: u32,
    chunk_flags: u32,
    chunks: u32,
    /// Bytes kept since the last record.
    kept: u32,
    /// What came of the walk; see `turns`.
    pub outcome: u32,
    /// Whether the walk at hand has begun.
    pub has_begun: u32,
    /// 1 where a leap was tried in vain.
    pub in_vain: u32,
    /// Where in the table the direction stands.
    pub slot: u32,
    /// Where to copy to, while bytes are copied as they are.
    pub copies: u32,
    /// What the daemon is asked for, while bytes are copied as they are.
    pub wants: Wants,
    /// Whether the daemon is to look at once.
    pub is_urgent: u32,
    /// Whether nothing is kept.
    pub is_muted: u32,
    /// See [`forget`].
    forgotten: u32,
    forgotten_long: u64,
    /// Behind the rest, so that a record's first bytes are near it.
    bytes: Bytes,
}

/// Aligned, for what is written at their beginning.
#[repr(C, align(8))]
struct Bytes([u8; SIZE + SLACK]);

impl Desk {
    /// A walk begins at this place of the payload; records have covered the bytes before `told`.
    #[inline(always)]
    pub fn begin(&mut self, from: u32, told: Seq) {
        self.at = from;
        self.told = told;
        self.wants = Wants::Nothing;
        self.is_urgent = 0;
        self.in_vain = 0;
        self.clear();
    }

    /// Forgets what was kept and is in no record.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.cursor = HEADER;
        self.chunk = 0;
        self.chunks = 0;
        self.kept = 0;
        self.shown = 0;
    }

    /// Whether anything was kept since the last record.
    #[inline(always)]
    pub fn has_kept(&self) -> bool {
        self.kept > 0
    }

    /// Loads bytes behind the cursor.
    // Inlined wherever bytes are wanted, it would be most of a step.
    #[inline(never)]
    pub fn show(
        &mut self,
        Segment { skb, seen }: Segment<'_>,
        wanted: u32,
        window: Window,
    ) -> bool {
        if self.chunk == 0 {
            self.open_chunk(seen, window.is_start());
        }
        let left = seen.len - self.at;
        let least = window.of(left);
        let wanted = if wanted < least { least } else { wanted };
        let n = if wanted < left { wanted } else { left };
        // Bounds in a form that the verifier follows.
        let n = if n > MOST_SHOWN { MOST_SHOWN } else { n };
        let n = (n.wrapping_sub(1) & (MOST_SHOWN - 1)) + 1;
        let from = seen.packet.payload_offset as u32 + self.at;
        let to = self.place(self.cursor);
        // SAFETY: place and length are bounded by what lies behind the place.
        if unsafe { bpf_skb_load_bytes(skb.raw(), from, to.cast(), n) } != 0 {
            self.shown = 0;
            return false;
        }
        self.shown = n;
        true
    }

    /// The eight bytes that begin `ahead` of the cursor.
    #[inline(always)]
    pub fn number(&self, ahead: u32) -> u64 {
        let at = masked(self.cursor + ahead);
        // SAFETY: eight bytes lie behind every masked place.
        u64::from_be_bytes(unsafe { unaligned::read(self.bytes.0.as_ptr().add(at)) })
    }

    /// Keeps bytes that are shown.
    #[inline(always)]
    pub fn keep(&mut self, n: u32) {
        self.cursor += n;
        self.kept += n;
        self.at += n;
        self.shown -= n;
    }

    /// Keeps bytes that are zeros, at most eight. None are shown, as bytes were left out before them.
    #[inline(always)]
    pub fn keep_zeros(&mut self, seen: &Seen, n: u32) {
        if n == 0 {
            return;
        }
        self.open_chunk(seen, false);
        let place = self.place(self.cursor);
        // SAFETY: eight bytes lie behind every masked place.
        unsafe { unaligned::write(place, [0; 8]) };
        self.cursor += n;
        self.kept += n;
        self.at += n;
    }

    /// Leaves bytes out.
    #[inline(always)]
    pub fn leave_out(&mut self, n: u32) {
        self.close_chunk();
        self.at += n;
        self.shown = 0;
    }

    #[inline(always)]
    fn open_chunk(&mut self, seen: &Seen, is_start: bool) {
        self.chunk_offset = seen.packet.seq.plus(self.at).since(self.told) as u32;
        self.chunk_flags = if is_start { u32::from(CHUNK_FRAME_START) } else { 0 };
        self.cursor += self.header_len();
        self.chunk = self.cursor;
        self.chunks += 1;
    }

    /// Bytes of the open chunk's header.
    #[inline(always)]
    const fn header_len(&self) -> u32 {
        if self.chunk_offset == 0 { CHUNK_HEADER } else { FAR_CHUNK_HEADER }
    }

    #[inline(always)]
    fn close_chunk(&mut self) {
        let (begin, len) = (self.chunk, self.cursor - self.chunk);
        if begin > 0 && len > 0 {
            let flags = self.chunk_flags as u16;
            // SAFETY: more bytes lie behind every masked place, and no reference to them is alive.
            unsafe {
                if self.chunk_offset == 0 {
                    let header = chunk_header(len, flags);
                    unaligned::write(self.place(begin - CHUNK_HEADER), header);
                } else {
                    let header = far_chunk_header(self.chunk_offset, len, flags);
                    unaligned::write(self.place(begin - FAR_CHUNK_HEADER), header);
                }
            }
        } else if begin > 0 {
            self.chunks -= 1;
            self.cursor = begin - self.header_len();
        }
        self.chunk = 0;
    }

    /// Whether there is room for what a step or a leap may keep.
    #[inline(always)]
    pub fn has_room(&self) -> bool {
        self.cursor <= ROOM && self.cursor <= HEADER + CHUNK_LEN.load()
    }

    /// Makes a record of what was kept so far, so that there is room for more.
    #[inline(always)]
    pub fn make_room(&mut self, seen: &Seen) {
        if self.is_muted != 0 {
            return self.clear();
        }
        let place = seen.packet.seq.plus(self.at);
        self.submit(seen, self.told, place.since(self.told) as u32, false);
        self.told = place;
        if self.wants == Wants::Here {
            // That was of the segment's first byte.
            self.wants = Wants::Answer;
        }
    }

    /// Makes a record of what was kept; it covers `len` bytes. With `is_last` it is the segment's last.
    // Inlined wherever it is called, it would be more than the verifier takes.
    #[inline(never)]
    pub fn submit(&mut self, seen: &Seen, from: Seq, len: u32, is_last: bool) {
        self.close_chunk();
        // What fills the record up to a multiple of eight: it is not to be what was left out.
        // SAFETY: eight bytes lie behind every masked place.
        unsafe { unaligned::write(self.place(self.cursor), [0; 8]) };
        let header = SegmentHeader {
            flags: seen.flags(from == seen.packet.seq, is_last),
            seq: from,
            wire_len: len,
            chunks: self.chunks as u16,
            wants: self.wants,
            ..seen.header()
        };
        // SAFETY: there are as many bytes, and aligned as they should be.
        let room = unsafe { &mut *self.bytes.0.as_mut_ptr().cast::<HeaderRoom>() };
        let start = header.encode(seen.packet.is_v4, room) as u32;
        let record_len = (self.cursor.wrapping_sub(start + 1) & (SIZE as u32 - 1)) + 1;
        let kept = self.kept;
        self.clear();
        let Some(counters) = counters() else { return };
        let output = Output {
            bytes: self.bytes.0.as_ptr(),
            from: start,
            len: record_len,
            is_urgent: self.is_urgent != 0,
            forgotten: &mut self.forgotten_long,
        };
        if own_ring::output(output, counters) {
            counters.add(Counter::SubmittedRecords, 1);
            counters.add(Counter::SubmittedBytes, u64::from(len));
            counters.add(Counter::CopiedBytes, u64::from(kept));
        } else {
            lose(counters, Loss::RingFull, len);
        }
    }

    /// See [`forget`].
    #[inline(always)]
    pub fn forget(&mut self, number: u32) -> u32 {
        forget(&mut self.forgotten, number)
    }

    #[inline(always)]
    fn place(&mut self, at: u32) -> *mut u8 {
        // SAFETY: a masked place lies in the bytes.
        unsafe { self.bytes.0.as_mut_ptr().add(masked(at)) }
    }
}

/// A place in a record's bytes, in a form whose bounds the verifier follows.
#[inline(always)]
fn masked(at: u32) -> usize {
    const { assert!(SIZE == 16384) };
    let mut at = u64::from(at);
    // SAFETY: plain arithmetic; the compiler must not take it apart.
    unsafe { core::arch::asm!("{0} &= 16383", inout(reg) at) };
    at as usize
}
