//! A ring that the kernel programs write themselves: a call of the kernel for each record takes several times
//! as long.
//!
//! Positions are bytes since the beginning. The ring is in parts; a record begins at a position of its own in
//! one, and may end in the slack behind it, so that it is never in two pieces. A CPU takes its place by moving
//! on the position that is written to, copies its record there, and then puts the header before it, which the
//! daemon waits for. What a header says depends on its position, and on a secret: so what is left there of an
//! earlier round, or was sent by somebody who would like to write a header, is taken for it once in 2^48 times.
//! The daemon looks only where a place is taken, so that only what is on its way into the ring is such a time.

/// Bytes of a part, as a shift.
const PART_SHIFT: u32 = 20;
/// Bytes of a part.
pub const PART: u32 = 1 << PART_SHIFT;
/// Bytes behind a part.
pub const SLACK: u32 = 32 << 10;
/// Bytes of a record at most.
pub const LONGEST: u32 = 16 << 10;
/// Before each record: its length, and what tells that it is there.
pub const HEADER: u32 = 8;

/// A part, and the slack behind it.
#[repr(C, align(8))]
pub struct Part(pub [u8; (PART + SLACK) as usize]);

/// How far the ring is written, and was read: each in a cache line of its own.
#[repr(C)]
pub struct Ends {
    /// The position that is written to next.
    pub written: u64,
    _beside: [u64; 7],
    /// The daemon has read what lies before this position.
    pub read: u64,
    _behind: [u64; 7],
}

/// Parts of a ring with so many bytes, a power of two. One that is smaller than a part has no more room than
/// was asked for.
pub const fn parts(bytes: u32) -> u32 {
    let parts = bytes >> PART_SHIFT;
    if parts == 0 { 1 } else { parts }
}

/// The position behind a record of so many bytes.
#[inline(always)]
pub const fn behind(at: u64, len: u32) -> u64 {
    let size = (HEADER + len).next_multiple_of(HEADER) as u64;
    let end = at.wrapping_add(size);
    if offset(at) as u64 + size < PART as u64 {
        end
    } else {
        (at | (PART as u64 - 1)).wrapping_add(1)
    }
}

/// The part that this position lies in, of a ring with so many bytes.
#[inline(always)]
pub const fn part(at: u64, bytes: u32) -> u32 {
    (at >> PART_SHIFT) as u32 & (bytes.wrapping_sub(1) >> PART_SHIFT)
}

/// Where in its part.
#[inline(always)]
pub const fn offset(at: u64) -> u32 {
    at as u32 & (PART - 1)
}

/// Whether a ring of so many bytes has room up to here. If more than that was read already, others have written
/// there meanwhile, which is found out by the one who tries to.
#[inline(always)]
pub const fn has_room(behind: u64, read: u64, bytes: u32) -> bool {
    behind.wrapping_sub(read) as i64 <= bytes as i64
}

/// The header of a record at this position.
#[inline(always)]
pub const fn header(at: u64, len: u32, secret: u64) -> u64 {
    sign(at, secret) | len as u64
}

/// The length of the record at this position, if that is its header.
pub const fn len(header: u64, at: u64, secret: u64) -> Option<u32> {
    let len = header ^ sign(at, secret);
    // Where nothing was written yet, zeros may look like one that is empty.
    if len > 0 && len <= LONGEST as u64 { Some(len as u32) } else { None }
}

/// 48 bits, above those of a length: they repeat after two petabytes.
#[inline(always)]
const fn sign(at: u64, secret: u64) -> u64 {
    ((at / HEADER as u64) ^ secret) << 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_never_in_two_pieces() {
        let mut at = 0;
        for n in 0..300_000_u32 {
            let len = 1 + n.wrapping_mul(2_654_435_761) % if n % 100 == 0 { LONGEST } else { 300 };
            let (begin, next) = (offset(at), behind(at, len));
            let end = begin + HEADER + len;
            assert!(end <= PART + SLACK);
            assert!(next.is_multiple_of(8) && next >= at + u64::from(HEADER + len).min(8));
            let is_last = end.next_multiple_of(8) >= PART;
            assert_eq!(part(next, 1 << 30) != part(at, 1 << 30), is_last);
            assert!(offset(next) == 0 || offset(next) == end.next_multiple_of(8));
            at = next;
        }
        assert!(at > 3 * u64::from(PART));
    }

    /// Of records that are in the ring at a time, no two have bytes in common.
    #[test]
    fn what_was_not_read_is_not_overwritten() {
        let bytes = 2 * PART;
        let (mut at, mut there) = (0, std::collections::VecDeque::new());
        for n in 0..50_000_u32 {
            let len = 1 + n.wrapping_mul(2_654_435_761) % LONGEST;
            let next = behind(at, len);
            while !has_room(next, there.front().map_or(at, |&(at, _, _)| at), bytes) {
                there.pop_front();
            }
            let begin = part(at, bytes) * (PART + SLACK) + offset(at);
            let end = begin + HEADER + len;
            assert!(there.iter().all(|&(_, other, behind)| end <= other || behind <= begin));
            there.push_back((at, begin, end));
            at = next;
        }
    }

    #[test]
    fn a_header_is_known_at_its_place_only() {
        let written = header(4096, 100, 7);
        assert_eq!(len(written, 4096, 7), Some(100));
        for behind in [8, 16 << 20, 1 << 35, 1 << 50] {
            assert_eq!(len(written, 4096 + behind, 7), None);
        }
        assert_eq!(len(written, 4096, 8), None);
        assert_eq!(len(0, 56, 7), None);
        assert_eq!(len(header(8, LONGEST, u64::MAX), 8, u64::MAX), Some(LONGEST));
        assert_eq!(len(header(4096, LONGEST + 1, 7), 4096, 7), None);
    }

    #[test]
    fn a_small_ring_has_a_part_and_no_more_room_than_asked_for() {
        assert_eq!((parts(4096), parts(PART), parts(16 << 20)), (1, 1, 16));
        let last = |bytes| (0..99).map(|n| part(n * u64::from(PART), bytes)).max();
        assert_eq!((last(4096), last(PART), last(16 << 20)), (Some(0), Some(0), Some(15)));
        assert!(has_room(4096, 0, 4096) && !has_room(4104, 0, 4096));
    }

    #[test]
    fn where_others_have_written_meanwhile_is_room() {
        assert!(has_room(100, 200, 4096) && has_room(8, u64::MAX - 7, 4096));
    }
}
