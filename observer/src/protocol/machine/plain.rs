//! Values of which nothing is out of the ordinary: they are told, and what is behind them is returned.
//! `None` of one that is cut, wrong, long or rare, of which nothing has been told: that is a step's work.

use super::MAX_TEXT;
use super::batch::{self, Header};
use super::read::{self, Prefix};
use super::visitor::{Batch, Text, Visitor};
use crate::protocol::program::{Length, Place};

/// A length or count, and the bytes behind it.
#[inline(always)]
pub(super) fn prefix(bytes: &[u8], length: Length) -> Option<(Option<u32>, &[u8])> {
    let Prefix { value, width } = read::prefix(bytes, length).ok()?;
    Some((value, bytes.get(width as usize..)?))
}

/// A string, or bytes.
#[inline(always)]
pub(super) fn text<'a, V: Visitor>(
    bytes: &'a [u8],
    length: Length,
    place: Place,
    visitor: &mut V,
) -> Option<&'a [u8]> {
    let (value, behind) = prefix(bytes, length)?;
    let Some(len) = value else {
        visitor.text(place, None);
        return Some(behind);
    };
    let (bytes, behind) = behind.split_at_checked(len as usize)?;
    if bytes.len() > MAX_TEXT {
        return None;
    }
    visitor.text(place, Some(Text { bytes, len }));
    Some(behind)
}

/// What is passed over by its length, in elements of `width` bytes.
#[inline(always)]
pub(super) fn row(bytes: &[u8], length: Length, width: u16) -> Option<&[u8]> {
    let (value, behind) = prefix(bytes, length)?;
    let len = value.unwrap_or_default().checked_mul(width.into())?;
    behind.get(len as usize..)
}

/// A set of records that is not looked at.
#[inline(always)]
pub(super) fn records<'a, V: Visitor>(
    bytes: &'a [u8],
    length: Length,
    place: Place,
    visitor: &mut V,
) -> Option<&'a [u8]> {
    let (value, behind) = prefix(bytes, length)?;
    let behind = behind.get(value.unwrap_or_default() as usize..)?;
    visitor.records(place, value, false);
    Some(behind)
}

/// A set of one batch, all of which is there. (Another asks too much for what nearly always is.)
#[inline(always)]
pub(super) fn set<'a, V: Visitor>(
    bytes: &'a [u8],
    length: Length,
    place: Place,
    visitor: &mut V,
) -> Option<&'a [u8]> {
    let (value, behind) = prefix(bytes, length)?;
    let len = value.unwrap_or_default();
    let (set, behind) = behind.split_at_checked(len as usize)?;
    let batch = only_batch(set, len)?;
    visitor.records(place, value, true);
    visitor.batch(&batch);
    Some(behind)
}

/// The same, whose records may be to come, or be left out, as the sieve does: returns the bytes behind
/// it, and how many of its own are missing, which are no more than those `beyond`.
#[inline(always)]
pub(super) fn set_in_part<'a, V: Visitor>(
    bytes: &'a [u8],
    beyond: u32,
    length: Length,
    place: Place,
    visitor: &mut V,
) -> Option<(&'a [u8], u32)> {
    let (value, bytes) = prefix(bytes, length)?;
    let len = value.unwrap_or_default();
    let behind = bytes.get(len as usize..);
    let missing = len.saturating_sub(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    if missing > beyond {
        return None;
    }
    let batch = only_batch(bytes.get(..len as usize).unwrap_or(bytes), len)?;
    visitor.records(place, value, true);
    visitor.batch(&batch);
    Some((behind.unwrap_or_default(), missing))
}

/// The batch that these bytes of a set begin with, if it is as long as the set.
#[inline(always)]
fn only_batch(bytes: &[u8], set_len: u32) -> Option<Batch> {
    match batch::header(bytes) {
        Header::Read(batch, _) if batch.len == u64::from(set_len) => Some(batch),
        _ => None,
    }
}
