//! Values of which nothing is out of the ordinary: they are told, and what is behind them is returned.
//! `None` of one that is cut, wrong, long or rare, of which nothing has been told: that is a step's work.

use super::MAX_TEXT;
use super::batch::{self, Header};
use super::read::{self, Prefix};
use super::visitor::{Batch, Text, Visitor};
use crate::protocol::pieces::Pieces;
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

/// What there is behind the bytes at hand.
#[derive(Clone, Copy)]
pub(super) struct Left {
    /// How many more bytes the region has.
    pub beyond: usize,
    /// The next ones were left out.
    pub is_cut: bool,
}

/// A set of records that is not looked at; returns the bytes behind it, and how many of its own are
/// missing, which are no more than those beyond: they may be to come, or be left out, as the sieve does.
#[inline(always)]
pub(super) fn records<'a, V: Visitor>(
    bytes: &'a [u8],
    left: Left,
    length: Length,
    place: Place,
    visitor: &mut V,
) -> Option<(&'a [u8], usize)> {
    let (value, bytes) = prefix(bytes, length)?;
    let set = behind(bytes, value.unwrap_or_default(), left)?;
    visitor.records(place, value, false);
    Some(set)
}

/// The same of a set that is looked at, of one batch, whose header is all that need be there. (Another asks
/// too much for what nearly always is.)
#[inline(always)]
pub(super) fn set<'a, V: Visitor>(
    bytes: &'a [u8],
    left: Left,
    length: Length,
    place: Place,
    visitor: &mut V,
) -> Option<(&'a [u8], usize)> {
    let (value, bytes) = prefix(bytes, length)?;
    let len = value.unwrap_or_default();
    let set = behind(bytes, len, left)?;
    let batch = only_batch(bytes.get(..len as usize).unwrap_or(bytes), len, left.is_cut)?;
    visitor.records(place, value, true);
    visitor.batch(&batch);
    Some(set)
}

/// The bytes behind the first so many, and how many of these are missing.
#[inline(always)]
fn behind(bytes: &[u8], n: u32, left: Left) -> Option<(&[u8], usize)> {
    if let Some(behind) = bytes.get(n as usize..) {
        return Some((behind, 0));
    }
    let missing = (n as usize).saturating_sub(bytes.len());
    (missing <= left.beyond).then_some((&[], missing))
}

/// The batch that these bytes of a set begin with, if it is as long as the set; where the set is cut behind
/// them, the beginning of a header is enough.
#[inline(always)]
fn only_batch(bytes: &[u8], set_len: u32, is_cut: bool) -> Option<Batch> {
    let batch = match batch::header(bytes) {
        Header::Read(batch, _) => batch,
        Header::Cut if is_cut && bytes.len() < set_len as usize && set_len >= batch::LONG => {
            batch::seen_in_part(bytes)?
        }
        Header::Cut | Header::Wrong => return None,
    };
    (batch.len == u64::from(set_len)).then_some(batch)
}

/// Passes over what is missing behind the bytes at hand, up to what is `beyond` in the region; returns the
/// bytes behind it, and how many of the missing ones are still to come.
#[inline(always)]
pub(super) fn pass<'a>(
    pieces: &mut Pieces<'a>,
    beyond: &mut usize,
    missing: usize,
) -> (&'a [u8], usize) {
    let to_come = pieces.pass(missing);
    let left = beyond.saturating_sub(missing.saturating_sub(to_come));
    let bytes = match pieces.bytes().get(..left) {
        Some(bytes) if bytes.len() < pieces.bytes().len() => {
            pieces.pass(left);
            bytes
        }
        _ => pieces.take_bytes(),
    };
    *beyond = left.saturating_sub(bytes.len());
    (bytes, to_come)
}

/// How many bytes; a region has no more than fit.
#[inline(always)]
pub(super) fn count(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
