//! From a segment to ring records, in the format of `observer_common::record`.

use aya_ebpf::bindings::{BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP};
use observer_common::TcpFlags;
use observer_common::counters::{Counter, Counters, Loss};
use observer_common::record::{
    CHUNK_HEADER_LEN, CHUNK_MAX, HeaderRoom, RECORDS_MAX, SEGMENT_HEADER_ROOM, SegmentHeader,
    chunk_header,
};

use crate::config::{CHUNK_LEN, SNAP_LEN};
use crate::forget::forget;
use crate::maps::scratch;
use crate::seen::Seen;
use crate::skb::Skb;
use crate::wake::{put, weigh};

/// A record being put together: its header, one chunk's header, the chunk.
#[repr(C)]
pub struct Scratch {
    header: HeaderRoom,
    chunk: [u8; CHUNK_HEADER_LEN],
    payload: [u8; CHUNK_MAX as usize],
    /// What the verifier takes to be behind the longest record that begins last.
    slack: [u8; SEGMENT_HEADER_ROOM],
    /// See [`forget`].
    forgotten: u32,
}

/// A segment at the hook that owns its flow.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    pub skb: Skb<'a>,
    pub seen: &'a Seen,
}

/// What a record covers of its skb's payload.
struct Covered {
    offset: u32,
    /// Payload bytes covered.
    wire_len: u32,
    /// Payload bytes to copy; the first ones of those covered.
    copy_len: u32,
    flags: TcpFlags,
}

impl Segment<'_> {
    /// Submits the payload from one place to another, in as many records as it takes. The last one
    /// of the segment's takes the flags of its end along.
    #[inline(always)]
    pub fn submit(&self, from: u32, to: u32, counters: &mut Counters) {
        let Some(scratch) = scratch() else { return };
        let snapped = to.min(SNAP_LEN.load()).max(from);
        let chunk_len = CHUNK_LEN.load();
        let mut offset = from;
        for _ in 0..RECORDS_MAX {
            // All rounds are alike to the verifier.
            offset = forget(&mut scratch.forgotten, offset);
            let copy_len = (snapped - offset).min(chunk_len);
            let last = offset + copy_len == snapped;
            let wire_len = if last { to - offset } else { copy_len };
            let ends = last && to == self.seen.len;
            let flags = self.seen.flags(offset == 0, ends);
            self.submit_part(&Covered { offset, wire_len, copy_len, flags }, scratch, counters);
            if last {
                return;
            }
            offset += copy_len;
        }
        lose(counters, Loss::Oversize, to - offset);
    }

    /// Counts the payload, and tells of the connection's beginning or end.
    #[inline(always)]
    pub fn count_only(&self, counters: &mut Counters) {
        counters.add(Counter::CountOnlyBytes, u64::from(self.seen.len));
        if self.seen.ends()
            && let Some(scratch) = scratch()
        {
            let flags = self.seen.packet.flags;
            let part = Covered { offset: self.seen.len, wire_len: 0, copy_len: 0, flags };
            self.submit_part(&part, scratch, counters);
        }
    }

    #[inline(always)]
    fn submit_part(&self, part: &Covered, scratch: &mut Scratch, counters: &mut Counters) {
        let mut end = SEGMENT_HEADER_ROOM as u64;
        if part.copy_len > 0 {
            // Says the same as copy_len, in a form whose bounds the verifier follows.
            let len = ((part.copy_len - 1) & (CHUNK_MAX - 1)) + 1;
            let from = self.seen.packet.payload_offset + part.offset as usize;
            // SAFETY: the mask bounds the length by that of the payload.
            if !unsafe { self.skb.copy(from, scratch.payload.as_mut_ptr(), len) } {
                return lose(counters, Loss::LoadFailed, part.wire_len);
            }
            scratch.chunk = chunk_header(len, 0);
            end += CHUNK_HEADER_LEN as u64 + u64::from(len);
        }
        let header = SegmentHeader {
            flags: part.flags,
            seq: self.seen.packet.seq.plus(part.offset),
            wire_len: part.wire_len,
            chunks: u16::from(part.copy_len > 0),
            ..self.seen.header()
        };
        let start = header.encode(self.seen.packet.is_v4, &mut scratch.header);
        // SAFETY: the header begins at most its room behind the scratch space's beginning.
        let record = unsafe { core::ptr::from_ref(scratch).cast::<u8>().add(start) };
        if !output(record, end - start as u64, counters) {
            return lose(counters, Loss::RingFull, part.wire_len);
        }
        counters.add(Counter::SubmittedRecords, 1);
        counters.add(Counter::SubmittedBytes, u64::from(part.wire_len));
        counters.add(Counter::CopiedBytes, u64::from(part.copy_len));
    }
}

#[inline(always)]
pub fn lose(counters: &mut Counters, loss: Loss, bytes: u32) {
    counters.add(loss.bytes(), u64::from(bytes));
}

/// Puts a record into the kernel's ring. False where it is full.
#[inline(always)]
pub fn output(record: *const u8, len: u64, counters: &mut Counters) -> bool {
    let (size, is_much) = weigh(len, counters);
    let flags = if is_much { BPF_RB_FORCE_WAKEUP } else { BPF_RB_NO_WAKEUP };
    let done = put(record, len, flags);
    if done {
        counters.add(Counter::RingBytes, size);
    }
    done
}
