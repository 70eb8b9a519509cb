//! Topics' ids (KIP-516): 16 bytes in, the text that Kafka prints out.

use std::fmt;

/// A topic's id (KIP-516).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicId(pub [u8; 16]);

impl TopicId {
    /// No topic: what the wire has where a name stands instead.
    pub const ZERO: Self = Self([0; 16]);
    /// The log of a KRaft cluster's metadata, the same in every cluster (KIP-595, KIP-516).
    pub const METADATA: Self = Self([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
}

/// As Kafka prints it: 22 characters of URL-safe base64.
impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let bits = u128::from_be_bytes(self.0);
        // 21 digits of 6 bits, and one of the last 2, at its upper end.
        let mut text = [0; 22];
        for (index, digit) in (0_u32..).zip(&mut text) {
            let shift = 122_u32.saturating_sub(index.saturating_mul(6));
            let bits = if index < 21 { bits >> shift } else { bits << 4 };
            *digit = DIGITS.get((bits & 63) as usize).copied().unwrap_or(b'?');
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_kafka_does() {
        // Kafka's own reserved ids: zero, one, and the metadata topic's.
        assert_eq!(TopicId::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(TopicId::METADATA.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!(TopicId([0xff; 16]).to_string(), "_____________________w");
    }
}
