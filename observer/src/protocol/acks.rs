//! Whether a Produce wants an answer: a request frame's bytes in, in parts of any size, `acks` out.
//!
//! What stands before it is passed over, however long: header (protocol guide, "Request Header"),
//! and from version 3 on the transactional id (KIP-98), which version 9 made compact (KIP-482).

use super::api::ApiKey;

/// Bytes of a header before the client id: API key, version, correlation id.
const FIXED_LEN: u32 = 8;

/// Looks for `acks` in a Produce request.
#[derive(Clone, Copy, Debug)]
pub struct Acks {
    api_version: i16,
    field: Field,
    /// Bytes of the field that have been read, and what they say so far.
    read: u8,
    value: u32,
    /// Bytes to pass over before the field.
    skip: u32,
    /// Tagged fields that are still to come.
    tags: u32,
}

/// What is known so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It stands further on.
    NotYet,
    /// The value (0: no response will come).
    Acks(i16),
    /// The bytes make no sense, or those that matter are missing.
    Never,
}

/// Fields that must be read to get there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    ClientIdLen,
    TagCount,
    Tag,
    TagLen,
    TransactionalIdLen,
    CompactTransactionalIdLen,
    Acks,
    Nowhere,
}

impl Acks {
    /// In a Produce of this version, from the frame's first byte on (behind its length prefix).
    pub const fn in_produce(api_version: i16) -> Self {
        Self { api_version, field: Field::ClientIdLen, read: 0, value: 0, skip: FIXED_LEN, tags: 0 }
    }

    /// Takes the next bytes.
    pub fn take(&mut self, mut bytes: &[u8]) -> Found {
        while self.field != Field::Nowhere {
            let skipped = bytes.len().min(self.skip as usize);
            self.skip = self.skip.saturating_sub(u32::try_from(skipped).unwrap_or(u32::MAX));
            let Some((byte, rest)) = bytes.get(skipped..).and_then(<[u8]>::split_first) else {
                return Found::NotYet;
            };
            bytes = rest;
            if let Some(value) = self.read(*byte)
                && let Some(acks) = self.enter_next(value)
            {
                return Found::Acks(acks);
            }
        }
        Found::Never
    }

    /// Takes note of bytes that are missing.
    pub fn miss(&mut self, len: u64) -> Found {
        match u32::try_from(len).ok().and_then(|len| self.skip.checked_sub(len)) {
            Some(skip) if self.field != Field::Nowhere => {
                self.skip = skip;
                Found::NotYet
            }
            _ => {
                self.field = Field::Nowhere;
                Found::Never
            }
        }
    }

    /// Reads a byte of the field; its value when it is whole.
    fn read(&mut self, byte: u8) -> Option<u32> {
        let is_last = if self.field.is_varint() {
            let shift = u32::from(self.read).saturating_mul(7);
            self.value |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            let is_last = byte & 0x80 == 0;
            if !is_last && self.read == LAST_VARINT_BYTE {
                self.field = Field::Nowhere;
            }
            is_last
        } else {
            self.value = self.value << 8 | u32::from(byte);
            self.read == 1
        };
        self.read = self.read.saturating_add(1);
        if !is_last {
            return None;
        }
        self.read = 0;
        Some(std::mem::take(&mut self.value))
    }

    /// Goes on behind a field with this value; `acks` where that was it.
    fn enter_next(&mut self, value: u32) -> Option<i16> {
        (self.field, self.skip) = match self.field {
            Field::ClientIdLen => (self.behind_client_id(), string_len(value)),
            Field::TagCount => {
                self.tags = value;
                (self.next_tag(), 0)
            }
            Field::Tag => (Field::TagLen, 0),
            Field::TagLen => (self.next_tag(), value),
            Field::TransactionalIdLen => (Field::Acks, string_len(value)),
            Field::CompactTransactionalIdLen => (Field::Acks, value.saturating_sub(1)),
            Field::Acks => return Some(int16(value)),
            Field::Nowhere => (Field::Nowhere, 0),
        };
        None
    }

    fn is_flexible(self) -> bool {
        ApiKey::PRODUCE.request_header_version(self.api_version) == 2
    }

    fn behind_client_id(self) -> Field {
        match self.api_version {
            _ if self.is_flexible() => Field::TagCount,
            3.. => Field::TransactionalIdLen,
            _ => Field::Acks,
        }
    }

    fn next_tag(&mut self) -> Field {
        match self.tags.checked_sub(1) {
            Some(left) => {
                self.tags = left;
                Field::Tag
            }
            None => Field::CompactTransactionalIdLen,
        }
    }
}

/// A varint of 32 bits has five bytes.
const LAST_VARINT_BYTE: u8 = 4;

impl Field {
    const fn is_varint(self) -> bool {
        matches!(self, Self::TagCount | Self::Tag | Self::TagLen | Self::CompactTransactionalIdLen)
    }
}

/// An int16, as it was read.
fn int16(value: u32) -> i16 {
    u16::try_from(value).unwrap_or_default().cast_signed()
}

/// Bytes of a string with this int16 length; null has none.
fn string_len(value: u32) -> u32 {
    u32::try_from(int16(value)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(version: i16, client_id: &[u8], behind: &[u8]) -> Vec<u8> {
        let fixed = [&[0, 0][..], &version.to_be_bytes(), &[0, 0, 0, 7]].concat();
        [&fixed[..], &(client_id.len() as i16).to_be_bytes(), client_id, behind].concat()
    }

    fn found(version: i16, bytes: &[u8]) -> Found {
        Acks::in_produce(version).take(bytes)
    }

    /// Transactional ids of either kind, and `acks` behind them.
    fn frames() -> Vec<(i16, Vec<u8>, i16)> {
        let long = [b'x'; 2000];
        let compact = [&[0, 0xd1, 0x0f][..], &long, &[0, 0]].concat();
        vec![
            (2, frame(2, b"app", &[0xff, 0xff, 9]), -1),
            (7, frame(7, b"", &[0, 1, b't', 0, 1]), 1),
            (8, frame(8, &long, &[0xff, 0xff, 0, 0, 9, 9]), 0),
            (8, frame(8, b"app", &[&[7, 0xd0][..], &long, &[0, 0]].concat()), 0),
            (9, frame(9, b"app", &[0, 0, 0, 1]), 1),
            (13, frame(13, &long, &[0, 2, b't', 0xff, 0xff]), -1),
            (13, frame(13, b"app", &compact), 0),
            (12, frame(12, b"app", &[2, 7, 2, 1, 1, 0x81, 0x01, 0, 0, 0, 1]), 1),
        ]
    }

    #[test]
    fn it_is_found_wherever_the_bytes_are_divided() {
        for (version, bytes, acks) in frames() {
            for cut in 0..bytes.len() {
                let mut finder = Acks::in_produce(version);
                let found = match finder.take(&bytes[..cut]) {
                    Found::NotYet => finder.take(&bytes[cut..]),
                    found => found,
                };
                assert_eq!(found, Found::Acks(acks), "v{version} cut at {cut}");
            }
            let mut finder = Acks::in_produce(version);
            let byte_by_byte = bytes.iter().map(|byte| finder.take(&[*byte]));
            assert!(byte_by_byte.into_iter().any(|found| found == Found::Acks(acks)));
        }
    }

    #[test]
    fn missing_bytes_matter_only_where_it_or_a_length_stands() {
        let bytes = frame(8, b"application", &[0xff, 0xff, 0, 0]);
        let mut finder = Acks::in_produce(8);
        assert_eq!(finder.take(&bytes[..12]), Found::NotYet);
        assert_eq!(finder.miss(9), Found::NotYet);
        assert_eq!(finder.take(&bytes[21..]), Found::Acks(0));
        let mut finder = Acks::in_produce(8);
        assert_eq!(finder.take(&bytes[..12]), Found::NotYet);
        assert_eq!(finder.miss(10), Found::Never);
        assert_eq!(finder.take(&bytes[22..]), Found::Never);
    }

    #[test]
    fn what_makes_no_sense_is_never_found() {
        assert_eq!(found(9, &frame(9, b"app", &[0xff; 20])), Found::Never);
        let many = frame(9, b"app", &[0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 0, 0]);
        assert_eq!(found(9, &many), Found::NotYet);
    }
}
