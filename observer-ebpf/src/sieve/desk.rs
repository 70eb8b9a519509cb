//! Where a walk's records are put together: the header, then chunks, each behind its own.
//!
//! The window is the output: what is shown has been loaded to where it is kept, so that keeping bytes is
//! moving a cursor. All that changes stands in a map, where the verifier takes it for any number;
//! so each place is masked where it is used.

use aya_ebpf::helpers::generated::bpf_skb_load_bytes;
use observer_common::counters::{Counter, Loss};
use observer_common::record::{
    CHUNK_FRAME_START, CHUNK_HEADER_LEN, FAR_CHUNK_HEADER_LEN, SEGMENT_HEADER_ROOM, SegmentHeader,
    Wants, chunk_header, far_chunk_header,
};
use observer_common::{Seq, TcpFlags};

use crate::config::CHUNK_LEN;
use crate::maps::counters;
use crate::ring::{Segment, Wake, lose, output};
use crate::seen::Seen;

/// Bytes of a record at most, a power of two: more are never reached, see [`ROOM`].
const SIZE: usize = 16 << 10;
/// Bytes after which a record is made.
const ROOM: u32 = 8 << 10;
/// Bytes shown at most, a power of two, what is shown of a frame at first, and what behind a record set:
/// each cache line more is one more to wait for.
pub const MOST_SHOWN: u32 = 4 << 10;
const SHOWN_FIRST: u32 = 192;
const SHOWN: u32 = 96;
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
    /// The header of the chunk that is open; 0 if none is.
    chunk: u32,
    /// Where it begins behind `told`.
    chunk_offset: u32,
    chunk_flags: u32,
    chunks: u32,
    /// Bytes kept since the last record, but for those of the chunk that is open.
    kept: u32,
    /// What came of the walk; see `turns`.
    pub outcome: u32,
    /// Where to copy to, while bytes are copied as they are.
    pub copies: u32,
    /// What the daemon is asked for, while bytes are copied as they are.
    pub wants: u32,
    /// Whether the daemon is to look at once.
    pub is_urgent: u32,
    /// Whether nothing is kept.
    pub is_muted: u32,
    /// See `Tape::forget`.
    forgotten: u32,
    /// Behind the rest, so that a record's first bytes are near it.
    bytes: [u8; SIZE + SLACK],
}

impl Desk {
    /// A walk begins at this place of the payload; records have covered the bytes before `told`.
    #[inline(always)]
    pub fn begin(&mut self, from: u32, told: Seq) {
        self.at = from;
        self.told = told;
        self.wants = Wants::Nothing as u32;
        self.is_urgent = 0;
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
        self.kept > 0 || self.chunk > 0 && self.cursor > self.chunk + self.chunk_header()
    }

    /// Loads bytes behind the cursor.
    #[inline(always)]
    pub fn show(
        &mut self,
        Segment { skb, seen }: Segment<'_>,
        wanted: u32,
        is_start: bool,
    ) -> bool {
        if self.cursor > ROOM || self.cursor > HEADER + CHUNK_LEN.load() {
            self.make_room(seen);
        }
        if self.chunk == 0 {
            self.open_chunk(seen, is_start);
        }
        let least = if is_start { SHOWN_FIRST } else { SHOWN };
        let wanted = if wanted < least { least } else { wanted };
        let left = seen.len - self.at;
        let n = if wanted < left { wanted } else { left };
        // Bounds in a form that the verifier follows.
        let n = if n > MOST_SHOWN { MOST_SHOWN } else { n };
        let n = (n.wrapping_sub(1) & (MOST_SHOWN - 1)) + 1;
        let from = seen.payload + self.at;
        let to = self.place(self.cursor);
        // SAFETY: place and length are bounded by what lies behind the place.
        let loaded = unsafe { bpf_skb_load_bytes(skb.raw(), from, to.cast(), n) == 0 };
        self.shown = if loaded { n } else { 0 };
        loaded
    }

    /// The eight bytes that begin `ahead` of the cursor.
    #[inline(always)]
    pub fn number(&self, ahead: u32) -> u64 {
        let at = masked(self.cursor + ahead);
        let mut number;
        // SAFETY: eight bytes lie behind every masked place. The compiler would read them one by one,
        // as they are not aligned.
        unsafe {
            let bytes = self.bytes.as_ptr().add(at);
            core::arch::asm!("{0} = *(u64 *)({1} + 0)", lateout(reg) number, in(reg) bytes,
                options(readonly, nostack));
        }
        u64::from_be(number)
    }

    /// Keeps bytes that are shown.
    #[inline(always)]
    pub fn keep(&mut self, n: u32) {
        self.cursor += n;
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
        unsafe { place.cast::<[u8; 8]>().write([0; 8]) };
        self.cursor += n;
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
        self.chunk = self.cursor;
        self.chunk_offset = seen.header.seq.plus(self.at).since(self.told) as u32;
        self.chunk_flags = if is_start { u32::from(CHUNK_FRAME_START) } else { 0 };
        self.cursor += self.chunk_header();
        self.chunks += 1;
    }

    /// Bytes of the open chunk's header.
    #[inline(always)]
    const fn chunk_header(&self) -> u32 {
        if self.chunk_offset == 0 { CHUNK_HEADER } else { FAR_CHUNK_HEADER }
    }

    #[inline(always)]
    fn close_chunk(&mut self) {
        if self.chunk == 0 {
            return;
        }
        let len = self.cursor - self.chunk - self.chunk_header();
        let flags = self.chunk_flags as u16;
        let header = self.place(self.chunk);
        if len == 0 {
            self.cursor = self.chunk;
            self.chunks -= 1;
        } else if self.chunk_offset == 0 {
            // SAFETY: more bytes lie behind every masked place, and no reference to them is alive.
            unsafe { header.cast::<[u8; CHUNK_HEADER_LEN]>().write(chunk_header(len, flags)) };
        } else {
            let bytes = far_chunk_header(self.chunk_offset, len, flags);
            // SAFETY: as above.
            unsafe { header.cast::<[u8; FAR_CHUNK_HEADER_LEN]>().write(bytes) };
        }
        self.kept += len;
        self.chunk = 0;
    }

    /// Makes a record of what was kept so far.
    #[inline(always)]
    fn make_room(&mut self, seen: &Seen) {
        if self.is_muted != 0 {
            return self.clear();
        }
        let place = seen.header.seq.plus(self.at);
        self.submit(seen, self.told, place.since(self.told) as u32, false);
        self.told = place;
        if self.wants == Wants::Here as u32 {
            // That was of the segment's first byte.
            self.wants = Wants::Answer as u32;
        }
    }

    /// Makes a record of what was kept; it covers `len` bytes. With `is_last` it is the segment's last.
    // Inlined wherever it is called, it would be more than the verifier takes.
    #[inline(never)]
    pub fn submit(&mut self, seen: &Seen, from: Seq, len: u32, is_last: bool) {
        self.close_chunk();
        let header = SegmentHeader {
            flags: flags_of(seen, from, is_last),
            seq: from,
            wire_len: len,
            chunks: self.chunks as u16,
            wants: Wants::from_number(self.wants as u8),
            ..seen.header
        };
        let Some(room) = self.bytes.first_chunk_mut::<SEGMENT_HEADER_ROOM>() else { return };
        let start = header.encode(room) as u32;
        let record_len = (self.cursor.wrapping_sub(start + 1) & (SIZE as u32 - 1)) + 1;
        let kept = self.kept;
        self.clear();
        let Some(counters) = counters() else { return };
        let wake = if self.is_urgent != 0 { Wake::Yes } else { Wake::No };
        if output(self.place(start).cast(), u64::from(record_len), wake, counters) {
            counters.add(Counter::SubmittedRecords, 1);
            counters.add(Counter::SubmittedBytes, u64::from(len));
            counters.add(Counter::CopiedBytes, u64::from(kept));
        } else {
            lose(counters, Loss::RingFull, len);
        }
    }

    /// The same number, of which neither compiler nor verifier knows how it came about.
    #[inline(always)]
    pub fn forget(&mut self, number: u32) -> u32 {
        let place = &raw mut self.forgotten;
        // SAFETY: a place of the desk's own.
        unsafe {
            place.write_volatile(number);
            place.read_volatile()
        }
    }

    #[inline(always)]
    fn place(&mut self, at: u32) -> *mut u8 {
        // SAFETY: a masked place lies in the bytes.
        unsafe { self.bytes.as_mut_ptr().add(masked(at)) }
    }
}

/// SYN belongs to the segment's first byte, FIN and RST to its last.
#[inline(always)]
fn flags_of(seen: &Seen, from: Seq, is_last: bool) -> TcpFlags {
    let mut flags = seen.header.flags.0;
    if from != seen.header.seq {
        flags &= !TcpFlags::SYN.0;
    }
    if !is_last {
        flags &= !(TcpFlags::FIN.0 | TcpFlags::RST.0);
    }
    TcpFlags(flags)
}

/// A place in a record's bytes, in a form whose bounds the verifier follows.
#[inline(always)]
fn masked(at: u32) -> usize {
    let mut at = u64::from(at);
    // SAFETY: plain arithmetic; the compiler must not take it apart.
    unsafe { core::arch::asm!("{0} &= 16383", inout(reg) at) };
    at as usize
}

const _: () = assert!(SIZE == 16384);
