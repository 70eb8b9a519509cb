//! The ring that the programs with the sieve write themselves; see `observer_common::own_ring`.

use core::ffi::c_void;
use core::intrinsics::{AtomicOrdering, atomic_cxchg};

use aya_ebpf::bindings::BPF_F_MMAPABLE;
use aya_ebpf::helpers::generated::bpf_loop;
use aya_ebpf::macros::map;
use aya_ebpf::maps::Array;
use observer_common::counters::{Counter, Counters};
use observer_common::own_ring::{
    Ends, HEADER, LONGEST, Part, behind, has_room, header, offset, part,
};
use observer_common::record::SEGMENT_HEADER_MIN;

use crate::config::{RING_BYTES, RING_SECRET};
use crate::forget::forget;
use crate::publish::publish;
use crate::unaligned;
use crate::wake::{wake, weigh};

/// The records; the loader sets how many parts there are.
#[map]
static OWN_RING: Array<Part> = Array::with_max_entries(1, BPF_F_MMAPABLE);

/// How far it is written, and was read.
#[map]
static OWN_RING_ENDS: Array<Ends> = Array::with_max_entries(1, BPF_F_MMAPABLE);

/// How often others may come first, who each get a place.
const PATIENCE: u32 = 1 << 16;
/// Bytes that are copied at once, and how often in a row at most, as nearly always.
const BLOCK: u32 = 32;
const FEW: u32 = 8;

/// A place in the ring.
struct Place {
    at: u64,
    header: *mut u64,
}

/// What to put into the ring: so many of these bytes from a place on, at least a block, and those behind up to a
/// multiple of eight. There are [`LONGEST`], and a block behind.
pub struct Output<'a> {
    pub bytes: *const u8,
    pub from: u32,
    pub len: u32,
    /// Whether the daemon is to look at once.
    pub is_urgent: bool,
    /// See [`forget`].
    pub forgotten: &'a mut u64,
}

/// Puts a record into the ring. False where it is full.
#[inline(always)]
pub fn output(output: Output<'_>, counters: &mut Counters) -> bool {
    let Output { bytes, from, len, is_urgent, forgotten } = output;
    let Some(at) = reserve(len) else { return false };
    let Some(place) = Place::new(forget(forgotten, at)) else { return false };
    copy_record(bytes, from, len, place.bytes());
    place.fill(len, is_urgent, counters);
    true
}

/// Copies a record.
// What is inlined, a verifier goes through once for each length.
#[inline(never)]
fn copy_record(bytes: *const u8, from: u32, len: u32, to: *mut u8) {
    let record = Record { bytes, from, to };
    let blocks = len.div_ceil(BLOCK) - 1;
    if blocks > FEW {
        record.copy_blocks(blocks);
    } else {
        for n in 0..FEW {
            if n >= blocks {
                break;
            }
            record.copy_block(n * BLOCK);
        }
    }
    // The last ends with the record: what lies behind it may be another CPU's.
    record.copy_block(len.next_multiple_of(HEADER) - BLOCK);
}

/// A record on its way into the ring; nothing that the verifier could not follow.
#[repr(C)]
struct Record {
    bytes: *const u8,
    from: u32,
    to: *mut u8,
}

impl Record {
    #[inline(always)]
    fn copy_block(&self, at: u32) {
        // SAFETY: behind a masked place there is a block, in the bytes as in the ring.
        unsafe {
            copy::<{ BLOCK as usize }>(
                self.bytes.add(masked(self.from + at)),
                self.to.add(masked(at)),
            );
        }
    }

    /// Copies so many blocks, as a verifier would go through each of a loop's.
    #[inline(always)]
    fn copy_blocks(&self, many: u32) {
        // SAFETY: the callback is given what it expects, and does not outlive this call.
        unsafe {
            let record = core::ptr::from_ref(self).cast_mut().cast();
            bpf_loop(many, copy_next as *mut c_void, record, 0);
        }
    }
}

unsafe extern "C" fn copy_next(n: u32, record: *mut c_void) -> i64 {
    // SAFETY: it is one, and valid until the loop has ended.
    unsafe { (*record.cast::<Record>()).copy_block(n * BLOCK) };
    0
}

/// The same of a record with so many bytes, a multiple of eight.
#[inline(always)]
pub fn output_short<const LEN: usize>(record: &[u8; LEN], counters: &mut Counters) -> bool {
    const { assert!(LEN.is_multiple_of(8) && LEN <= LONGEST as usize) };
    let Some(place) = reserve(LEN as u32).and_then(Place::new) else { return false };
    // SAFETY: both have so many bytes.
    unsafe { copy::<LEN>(record.as_ptr(), place.bytes()) };
    place.fill(LEN as u32, false, counters);
    true
}

/// Takes a place for so many bytes: its position. None where the ring is full.
#[inline(always)]
fn reserve(len: u32) -> Option<u64> {
    let ends = OWN_RING_ENDS.get_ptr_mut(0)?;
    // SAFETY: of an entry that is valid for the run of the program.
    let at = unsafe { (&raw const (*ends).written).read_volatile() };
    let found = try_at(ends, at, len)?;
    if found == at { Some(at) } else { reserve_among_others(ends, found, len) }
}

/// Tries to take a place here: the position that was written to next, here if the place is taken. None where the
/// ring is full.
#[inline(always)]
fn try_at(ends: *mut Ends, at: u64, len: u32) -> Option<u64> {
    let next = behind(at, len);
    // SAFETY: of an entry that is valid for the run of the program.
    let read = unsafe { (&raw const (*ends).read).read_volatile() };
    if !has_room(next, read, RING_BYTES.load()) {
        return None;
    }
    const ORDER: AtomicOrdering = AtomicOrdering::SeqCst;
    // SAFETY: as above, and aligned. It takes two jumps to compare what the compiler has seen coming.
    unsafe {
        let mut found = atomic_cxchg::<u64, ORDER, ORDER>(&raw mut (*ends).written, at, next).0;
        core::arch::asm!("{0} |= 0", inout(reg) found);
        Some(found)
    }
}

/// A place that is fought for.
#[repr(C)]
struct Fight {
    ends: *mut Ends,
    at: u64,
    len: u64,
    is_won: u64,
}

/// Goes on trying where others came first. Where they do so again and again, the ring is as good as full.
// In a loop of the kernel's, as a verifier would go through each of its rounds.
#[inline(never)]
fn reserve_among_others(ends: *mut Ends, at: u64, len: u32) -> Option<u64> {
    let mut fight = Fight { ends, at, len: u64::from(len), is_won: 0 };
    // SAFETY: the callback is given what it expects, and does not outlive this call.
    unsafe {
        bpf_loop(PATIENCE, fight_on as *mut c_void, (&raw mut fight).cast(), 0);
    }
    (fight.is_won != 0).then_some(fight.at)
}

unsafe extern "C" fn fight_on(_: u32, fight: *mut c_void) -> i64 {
    // SAFETY: it is one, and valid until the loop has ended.
    let fight = unsafe { &mut *fight.cast::<Fight>() };
    match try_at(fight.ends, fight.at, fight.len as u32) {
        Some(found) if found != fight.at => {
            fight.at = found;
            return 0;
        }
        Some(_) => fight.is_won = 1,
        None => {}
    }
    1
}

impl Place {
    #[inline(always)]
    fn new(at: u64) -> Option<Self> {
        let part = OWN_RING.get_ptr_mut(part(at, RING_BYTES.load()))?;
        let mut offset = u64::from(offset(at));
        // SAFETY: plain arithmetic; the compiler must not take it apart. It is a place in the part.
        let header = unsafe {
            core::arch::asm!("{0} &= 1048575", inout(reg) offset);
            part.cast::<u8>().add(offset as usize).cast()
        };
        Some(Self { at, header })
    }

    #[inline(always)]
    fn bytes(&self) -> *mut u8 {
        // SAFETY: behind a header there is as much room as the longest record takes.
        unsafe { self.header.cast::<u8>().add(HEADER as usize) }
    }

    /// Says that the record is there.
    #[inline(always)]
    fn fill(&self, len: u32, is_urgent: bool, counters: &mut Counters) {
        let header = header(self.at, len, RING_SECRET.load());
        // SAFETY: aligned, and in the part.
        unsafe { publish(self.header, header) };
        let (size, is_much) = weigh(u64::from(len), counters);
        counters.add(Counter::RingBytes, size);
        if is_much || is_urgent {
            wake();
        }
    }
}

/// Copies so many bytes.
///
/// # Safety
/// Both are valid for them, and the verifier can see that.
#[inline(always)]
unsafe fn copy<const LEN: usize>(from: *const u8, to: *mut u8) {
    for n in (0..LEN).step_by(8) {
        // SAFETY: the caller's.
        unsafe { unaligned::write(to.add(n), unaligned::read::<8>(from.add(n))) };
    }
}

/// A place in a record, in a form whose bounds the verifier follows.
#[inline(always)]
fn masked(at: u32) -> usize {
    let mut at = u64::from(at);
    // SAFETY: as above.
    unsafe { core::arch::asm!("{0} &= 16383", inout(reg) at) };
    at as usize
}

const _: () = assert!(LONGEST == 16384);
const _: () = assert!(SEGMENT_HEADER_MIN >= BLOCK as usize);
