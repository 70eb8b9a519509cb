//! Values at the beginning of bytes that may end anywhere: `None` where they do.

use crate::protocol::program::Length;

/// A big-endian signed number of 1, 2, 4 or 8 bytes.
#[inline]
pub(super) fn number(bytes: &[u8], width: u16) -> Option<i64> {
    if let Some(eight) = bytes.first_chunk()
        && width <= 8
    {
        // Without a branch on the width: what is behind the number is shifted out.
        let behind = 64_u32.wrapping_sub(u32::from(width).wrapping_mul(8));
        return Some(i64::from_be_bytes(*eight).wrapping_shr(behind));
    }
    match width {
        1 => number_of::<1>(bytes),
        2 => number_of::<2>(bytes),
        4 => number_of::<4>(bytes),
        8 => number_of::<8>(bytes),
        _ => None,
    }
}

/// One of so many bytes, at most 8.
#[inline(always)]
pub(super) fn number_of<const WIDTH: usize>(bytes: &[u8]) -> Option<i64> {
    let bytes: &[u8; WIDTH] = bytes.first_chunk()?;
    let mut number = [0; 8];
    number.get_mut(..WIDTH)?.copy_from_slice(bytes);
    // What is behind the number is shifted out.
    let behind = 8_usize.saturating_sub(WIDTH).saturating_mul(8);
    Some(i64::from_be_bytes(number) >> behind)
}

/// A length or count that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    /// `None` for null.
    pub value: Option<u32>,
    /// Bytes it takes itself.
    pub width: u32,
}

/// Why there is no length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPrefix {
    /// The bytes end before it does.
    Cut,
    /// It is longer than any that fits.
    Wrong,
}

/// A length or count.
#[inline(always)]
pub(super) fn prefix(bytes: &[u8], length: Length) -> Result<Prefix, NoPrefix> {
    match length {
        Length::Int16 => {
            let value = i16::from_be_bytes(*bytes.first_chunk().ok_or(NoPrefix::Cut)?);
            Ok(Prefix { value: u32::try_from(value).ok(), width: 2 })
        }
        Length::Int32 => {
            let value = i32::from_be_bytes(*bytes.first_chunk().ok_or(NoPrefix::Cut)?);
            Ok(Prefix { value: u32::try_from(value).ok(), width: 4 })
        }
        Length::Compact => {
            let (value, width) = varint(bytes)?;
            Ok(Prefix { value: value.checked_sub(1), width })
        }
    }
}

/// An unsigned varint of at most five bytes, and how many it takes.
#[inline(always)]
pub(super) fn varint(bytes: &[u8]) -> Result<(u32, u32), NoPrefix> {
    match bytes {
        [] => Err(NoPrefix::Cut),
        // Most are this short.
        [first @ ..0x80, ..] => Ok((u32::from(*first), 1)),
        [first, second @ ..0x80, ..] => Ok((u32::from(first & 0x7f) | u32::from(*second) << 7, 2)),
        [first, second, third @ ..0x80, ..] => {
            let low = u32::from(first & 0x7f) | u32::from(second & 0x7f) << 7;
            Ok((low | u32::from(*third) << 14, 3))
        }
        _ => long_varint(bytes),
    }
}

#[inline(never)]
fn long_varint(bytes: &[u8]) -> Result<(u32, u32), NoPrefix> {
    let mut value = 0;
    for (index, byte) in (0_u32..5).zip(bytes) {
        value |= u32::from(byte & 0x7f) << index.saturating_mul(7);
        if byte & 0x80 == 0 {
            return Ok((value, index.saturating_add(1)));
        }
    }
    Err(if bytes.len() < 5 { NoPrefix::Cut } else { NoPrefix::Wrong })
}
