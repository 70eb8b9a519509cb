//! Where words come from: API key and version in, the words of request and response out.

use super::word::Word;

/// API keys that an entry is kept for; Kafka has about a hundred.
pub const API_KEYS: u32 = 120;
/// Versions of each; Kafka has about twenty at most.
pub const VERSIONS: u32 = 32;
/// Entries, see [`entry_index`].
pub const ENTRIES: u32 = API_KEYS * VERSIONS;
/// Words in all.
pub const MAX_WORDS: u32 = 4000;

/// Of an array larger than this the kernel has to look up where each page of it lies.
const LARGEST: u32 = 32 << 10;
/// What it keeps beside an array's values.
const BESIDE: u32 = 512;

const _: () = assert!(8 * ENTRIES + BESIDE <= LARGEST && 8 * MAX_WORDS + BESIDE <= LARGEST);

/// Gives words and entries; in the kernel they stand in two maps.
pub trait Code {
    /// The word at this place; [`super::Op::End`] beyond the last.
    fn word(&self, at: u16) -> Word;
    /// The entry with this index, if it is in use.
    fn entry(&self, index: u32) -> Entry;
}

/// What is known of an API's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(transparent)]
pub struct Entry(pub u64);

const KNOWN: u64 = 1 << 63;
const STARTS_TOKENS: u64 = 1 << 62;

impl Entry {
    /// A known version: the first word of its requests and that of its responses. With 0 responses
    /// go the general way, whichever request they answer.
    pub const fn new(request: u16, response: u16, starts_tokens: bool) -> Self {
        let tokens = if starts_tokens { STARTS_TOKENS } else { 0 };
        Self(KNOWN | tokens | (response as u64) << 16 | request as u64)
    }

    /// Whether the version is known.
    #[inline(always)]
    pub const fn is_known(self) -> bool {
        self.0 & KNOWN != 0
    }

    /// Whether the version is known, and nothing but frames follows.
    #[inline(always)]
    pub const fn is_plain(self) -> bool {
        self.0 & (KNOWN | STARTS_TOKENS) == KNOWN
    }

    /// Whether raw authentication tokens follow (SaslHandshake v0).
    #[inline(always)]
    pub const fn starts_tokens(self) -> bool {
        self.0 & STARTS_TOKENS != 0
    }

    /// The first word of requests, behind the correlation id.
    #[inline(always)]
    pub const fn request(self) -> u16 {
        self.0 as u16
    }

    /// The first word of responses, behind the correlation id; 0 for the general way.
    #[inline(always)]
    pub const fn response(self) -> u16 {
        (self.0 >> 16) as u16
    }
}

/// The entry's index for an API key and version, as they stand together in a header.
#[inline(always)]
pub const fn entry_index(key_and_version: u32) -> Option<u32> {
    let (key, version) = (key_and_version >> 16, key_and_version & 0xffff);
    if key < API_KEYS && version < VERSIONS { Some(key * VERSIONS + version) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_holds_what_it_was_made_of() {
        let entry = Entry::new(0x1234, 0xfffe, true);
        assert!(entry.is_known() && entry.starts_tokens());
        assert_eq!((entry.request(), entry.response()), (0x1234, 0xfffe));
        assert!(!Entry::default().is_known());
        assert!(!Entry::new(1, 2, false).starts_tokens());
    }

    #[test]
    fn every_key_and_version_has_a_place_of_its_own() {
        assert_eq!(entry_index(0), Some(0));
        assert_eq!(entry_index(1 << 16 | 3), Some(VERSIONS + 3));
        assert_eq!(entry_index((API_KEYS - 1) << 16 | (VERSIONS - 1)), Some(ENTRIES - 1));
        assert_eq!(entry_index(API_KEYS << 16), None);
        assert_eq!(entry_index(VERSIONS), None);
        assert_eq!(entry_index(u32::MAX), None);
    }
}
