//! The headers of batches inside a set of records.
//!
//! Magic 2 (KIP-98): base offset 8, length 4, leader epoch 4, magic 1, checksum 4, attributes 2, last
//! offset delta 4, two timestamps 16, producer 14, count 4. Magic 0 and 1: offset 8, length 4,
//! checksum 4, magic 1, attributes 1. The length counts what is behind it.

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
pub(super) fn header(bytes: &[u8]) -> Header {
    let Some(&magic) = bytes.get(MAGIC) else {
        return Header::Cut;
    };
    if magic < 2 { message(bytes) } else { batch(bytes, magic) }
}

fn batch(bytes: &[u8], magic: u8) -> Header {
    let Some(header) = bytes.first_chunk::<{ LONG as usize }>() else {
        return Header::Cut;
    };
    let (Some(len), Some(count)) = (length(header), int32(header, COUNT)) else {
        return Header::Wrong;
    };
    let attributes = header[ATTRIBUTES + 1];
    if magic != 2 || len < u64::from(LONG) {
        return Header::Wrong;
    }
    Header::Read(Batch { len, codec: attributes & CODEC, records: Some(count) }, LONG)
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

fn length(bytes: &[u8]) -> Option<u64> {
    Some(u64::from(int32(bytes, 8)?).saturating_add(u64::from(LENGTH_END)))
}

/// A number that must not be negative.
fn int32(bytes: &[u8], at: usize) -> Option<u32> {
    u32::try_from(i32::from_be_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}
