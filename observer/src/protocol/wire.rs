//! Kafka's primitive types (protocol guide, "Protocol Primitive Types") as nom parsers over bytes
//! that may end anywhere.

use nom::bytes::complete::take;
use nom::number::complete::{be_i16, be_u8};
use nom::{Err, IResult, error::ErrorKind};

/// What a primitive parser returns: the rest and the value, or that bytes are missing or wrong.
pub type Parsed<'a, T> = IResult<&'a [u8], T, nom::error::Error<&'a [u8]>>;

/// Unsigned varint of at most five bytes.
pub fn unsigned_varint(input: &[u8]) -> Parsed<'_, u32> {
    let mut value = 0;
    let mut rest = input;
    for shift in [0, 7, 14, 21, 28] {
        let (after, byte) = be_u8(rest)?;
        value |= u32::from(byte & 0x7f) << shift;
        rest = after;
        if byte & 0x80 == 0 {
            return Ok((rest, value));
        }
    }
    Err(wrong(input))
}

/// NULLABLE_STRING: int16 length (-1: null), then bytes.
pub fn nullable_string(input: &[u8]) -> Parsed<'_, Option<&[u8]>> {
    let (rest, len) = be_i16(input)?;
    match u16::try_from(len) {
        Ok(len) => take(len)(rest).map(|(rest, bytes)| (rest, Some(bytes))),
        Err(_) if len == -1 => Ok((rest, None)),
        Err(_) => Err(wrong(input)),
    }
}

/// COMPACT_NULLABLE_STRING: unsigned varint length plus one (0: null), then bytes.
pub fn compact_nullable_string(input: &[u8]) -> Parsed<'_, Option<&[u8]>> {
    let (rest, len) = unsigned_varint(input)?;
    match len.checked_sub(1) {
        Some(len) => take(len)(rest).map(|(rest, bytes)| (rest, Some(bytes))),
        None => Ok((rest, None)),
    }
}

/// Tagged fields (KIP-482), skipped by their lengths.
pub fn skip_tagged_fields(input: &[u8]) -> Parsed<'_, ()> {
    let (mut rest, count) = unsigned_varint(input)?;
    // Each field takes two bytes at least, so the bytes present bound the loop, not the count.
    for _ in 0..count {
        let (after, _tag) = unsigned_varint(rest)?;
        let (after, len) = unsigned_varint(after)?;
        (rest, _) = take(len)(after)?;
    }
    Ok((rest, ()))
}

/// Whether a parser failed because its bytes end too early.
pub fn is_cut(error: &Err<nom::error::Error<&[u8]>>) -> bool {
    matches!(error, Err::Incomplete(_))
        || matches!(error, Err::Error(e) | Err::Failure(e) if e.code == ErrorKind::Eof)
}

fn wrong(input: &[u8]) -> Err<nom::error::Error<&[u8]>> {
    Err::Failure(nom::error::Error::new(input, ErrorKind::Verify))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_end_or_are_refused() {
        assert_eq!(unsigned_varint(&[0x00, 9]).unwrap(), (&[9][..], 0));
        assert_eq!(unsigned_varint(&[0xac, 0x02]).unwrap().1, 300);
        assert!(is_cut(&unsigned_varint(&[0x80]).unwrap_err()));
        assert!(!is_cut(&unsigned_varint(&[0xff; 9]).unwrap_err()));
    }

    #[test]
    fn strings_may_be_null_empty_or_cut() {
        assert_eq!(nullable_string(&[0xff, 0xff]).unwrap().1, None);
        assert_eq!(nullable_string(&[0, 0]).unwrap().1, Some(&[][..]));
        assert!(is_cut(&nullable_string(&[0, 3, b'a']).unwrap_err()));
        assert!(!is_cut(&nullable_string(&[0xff, 0xfe]).unwrap_err()));
        assert_eq!(compact_nullable_string(&[0]).unwrap().1, None);
        assert_eq!(compact_nullable_string(&[2, b'a']).unwrap().1, Some(&b"a"[..]));
    }

    #[test]
    fn tagged_fields_are_skipped_whatever_they_claim() {
        assert_eq!(skip_tagged_fields(&[1, 7, 2, 0, 0, 5]).unwrap().0, &[5]);
        assert!(is_cut(&skip_tagged_fields(&[0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1]).unwrap_err()));
    }
}
