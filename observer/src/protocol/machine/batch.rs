//! The headers of batches inside a set of records.
//!
//! Magic 2 (KIP-98): base offset 8, length 4, leader epoch 4, magic 1, checksum 4, attributes 2, last
//! offset delta 4, two timestamps 16, producer 14, count 4. Magic 0 and 1: offset 8, length 4,
//! checksum 4, magic 1, attributes 1. The length counts what is behind it.
//!
//! What is behind the last offset delta may have been left out of a header: a broker takes a producer's
//! batch only if the count is that delta and one. Where it refuses one for that, no count is told of
//! the partition, whatever of the header was seen; where it refuses one before it has looked at it, the
//! count is the producer's, and each that there is makes it so.

use super::visitor::Batch;

/// Bytes up to and with a batch's length.
const LENGTH_END: u32 = 12;
/// Bytes that tell the format and, of an older message, all that is read.
pub(super) const SHORT: u32 = 18;
/// Bytes of a batch's header.
pub(super) const LONG: u32 = 61;

const MAGIC: usize = 16;
const OLD_ATTRIBUTES: usize = 17;
const ATTRIBUTES: usize = 21;
const DELTA: usize = 23;
const COUNT: usize = 57;

const CODEC: u8 = 0x07;

/// What the bytes at a batch's beginning are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// More of them must be seen.
    Cut,
    /// Not a batch's.
    Wrong,
    /// A header of so many bytes; whether its batch is whole is not looked at.
    Read(Batch, u32),
}

/// Reads a batch's header from at least [`SHORT`] bytes.
#[inline(always)]
pub(super) fn header(bytes: &[u8]) -> Header {
    let Some(&magic) = bytes.get(MAGIC) else {
        return Header::Cut;
    };
    if magic < 2 { message(bytes) } else { batch(bytes) }
}

/// Reads a header of which these bytes are the first, and the others were not seen.
pub(super) fn seen_in_part(bytes: &[u8]) -> Option<Batch> {
    let records = int32(bytes, DELTA)?.wrapping_add(1);
    described(bytes, u32::try_from(records).ok()?)
}

#[inline(always)]
fn batch(bytes: &[u8]) -> Header {
    let Some(header) = bytes.get(..LONG as usize) else {
        return Header::Cut;
    };
    let count = int32(header, COUNT).and_then(|count| u32::try_from(count).ok());
    match count.and_then(|count| described(header, count)) {
        Some(batch) => Header::Read(batch, LONG),
        None => Header::Wrong,
    }
}

/// A batch of so many records, as the first bytes of its header describe it.
#[inline(always)]
fn described(header: &[u8], records: u32) -> Option<Batch> {
    if header.get(MAGIC) != Some(&2) {
        return None;
    }
    let len = length(header).filter(|len| *len >= u64::from(LONG))?;
    let attributes = header.get(ATTRIBUTES + 1)?;
    Some(Batch { len, codec: attributes & CODEC, records: Some(records) })
}

fn message(bytes: &[u8]) -> Header {
    let Some(&attributes) = bytes.get(OLD_ATTRIBUTES) else {
        return Header::Cut;
    };
    match length(bytes) {
        Some(len) if len >= u64::from(SHORT) => {
            Header::Read(Batch { len, codec: attributes & CODEC, records: None }, SHORT)
        }
        _ => Header::Wrong,
    }
}

#[inline(always)]
fn length(bytes: &[u8]) -> Option<u64> {
    let len = u64::try_from(int32(bytes, 8)?).ok()?;
    Some(len.saturating_add(u64::from(LENGTH_END)))
}

#[inline(always)]
fn int32(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
