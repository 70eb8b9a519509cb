//! Words and entries, as the daemon has written them.

use aya_ebpf::macros::map;
use aya_ebpf::maps::Array;
use observer_common::sieve::{Code, ENTRIES, Entry, MAX_WORDS, Word};

#[map]
static WORDS: Array<u64> = Array::with_max_entries(MAX_WORDS, 0);

#[map]
static ENTRIES_OF_APIS: Array<u64> = Array::with_max_entries(ENTRIES, 0);

/// The two maps.
pub struct Maps;

impl Code for Maps {
    #[inline(always)]
    fn word(&self, at: u16) -> Word {
        WORDS.get(u32::from(at)).map_or(Word::END, |word| Word(*word))
    }

    #[inline(always)]
    fn entry(&self, index: u32) -> Entry {
        ENTRIES_OF_APIS.get(index).map_or(Entry(0), |entry| Entry(*entry))
    }
}
