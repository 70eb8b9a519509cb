//! Chunks: what a segment record copied of its payload.

#[cfg(doc)]
use super::CHUNK_MAX;
use crate::bytes::Reader;

/// Bytes of a chunk's header: its length less one, and two flags (u16).
pub const CHUNK_HEADER_LEN: usize = 2;
/// The same where the chunk does not begin with the record: behind it its offset (u32).
pub const FAR_CHUNK_HEADER_LEN: usize = 6;
/// Chunk flag: a frame begins where this chunk begins.
pub const CHUNK_FRAME_START: u16 = 1 << 14;
/// Chunk flag: an offset follows.
const CHUNK_FAR: u16 = 1 << 15;
const CHUNK_LEN: u16 = CHUNK_FRAME_START - 1;

/// Copied bytes of a segment record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Offset of the first byte from the record's sequence number.
    pub offset: u32,
    /// What was copied; not empty.
    pub bytes: &'a [u8],
    /// Whether a frame is known to begin with it.
    pub frame_start: bool,
}

/// A chunk's header, of one that begins with the record; `len` is 1 to [`CHUNK_MAX`].
#[inline(always)]
pub const fn chunk_header(len: u32, flags: u16) -> [u8; CHUNK_HEADER_LEN] {
    ((len.wrapping_sub(1) as u16 & CHUNK_LEN) | flags).to_ne_bytes()
}

/// The same of one that begins at this offset.
#[inline(always)]
pub const fn far_chunk_header(offset: u32, len: u32, flags: u16) -> [u8; FAR_CHUNK_HEADER_LEN] {
    let ([head, len], offset) = (chunk_header(len, flags | CHUNK_FAR), offset.to_ne_bytes());
    [head, len, offset[0], offset[1], offset[2], offset[3]]
}

/// So many chunks, in order, of the bytes behind a record's header; stops at the first that is not
/// whole.
pub fn chunks(bytes: &[u8], count: u16) -> impl Iterator<Item = Chunk<'_>> {
    let mut at = Reader(bytes);
    (0..count).map_while(move |_| {
        let head = u16::from_ne_bytes(at.take()?);
        let offset = if head & CHUNK_FAR == 0 { 0 } else { u32::from_ne_bytes(at.take()?) };
        let bytes = at.slice(usize::from(head & CHUNK_LEN) + 1)?;
        Some(Chunk { offset, bytes, frame_start: head & CHUNK_FRAME_START != 0 })
    })
}
