//! The sieve's words: Kafka's layouts in, what the kernel runs to tell their metadata from their data
//! out (`observer_common::sieve`).
//!
//! A layout that holds neither record sets, nor secrets, nor a whole other message has no words of its
//! own: of its messages the first bytes are kept, up to a limit that few reach.

mod translate;

use std::collections::HashMap;
use std::sync::OnceLock;

use observer_common::sieve::{
    ANY_RESPONSE, Code, ENTRIES, Entry, MAX_KEPT, MAX_WORDS, Op, SHORT_RESPONSE, UNKNOWN_REQUEST,
    Width, Word, entry_index,
};

use super::api::ApiKey;
use super::machine::MAX_TEXT;
use super::program::{Meaning, Program, compile};
use super::schema::{self, LAYOUTS};
use crate::event::Side;
use translate::{holds_data, translate};

/// Bytes of a message without data that are kept: of all that has been seen, only of the metadata of
/// clusters with ten thousands of partitions more is left out.
const WHOLE: u32 = 1 << 20;
/// Bytes behind the header of a message whose layout is not known: what never changes, and hardly more,
/// as it may be data.
const UNKNOWN: u32 = 16;

const _: () = assert!(MAX_KEPT as usize >= MAX_TEXT, "what is reported of a string is kept");

/// Words and entries for every layout of the table.
#[derive(Debug)]
pub struct Words {
    words: Vec<Word>,
    entries: Vec<Entry>,
}

impl Words {
    /// Those of the table.
    pub fn of_table() -> &'static Self {
        static WORDS: OnceLock<Words> = OnceLock::new();
        WORDS.get_or_init(Self::compile)
    }

    /// The words, in their places.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// The entries, by their indices.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn compile() -> Self {
        let rest = |limit: u32| {
            let [a, b, c, d] = limit.to_be_bytes();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            Word::new(Op::Rest, Width::None, 0, high, low)
        };
        let mut words = vec![Word::END];
        let client_id = Word::new(Op::Text, Width::Two, 0, 0, 0);
        debug_assert_eq!(words.len(), usize::from(UNKNOWN_REQUEST));
        words.extend([client_id, rest(UNKNOWN)]);
        debug_assert_eq!(words.len(), usize::from(ANY_RESPONSE));
        words.push(rest(WHOLE));
        debug_assert_eq!(words.len(), usize::from(SHORT_RESPONSE));
        words.push(rest(UNKNOWN));
        let mut shelf = Shelf { words, places: HashMap::new() };
        let mut entries = vec![Entry::default(); ENTRIES as usize];
        for layout in LAYOUTS.iter().filter(|layout| layout.side == Side::Request) {
            for version in layout.versions.first..=layout.versions.last {
                let request = shelf.place(layout.api_key, Side::Request, version);
                let response = shelf.place(layout.api_key, Side::Response, version);
                let starts_tokens = layout.api_key == ApiKey::SASL_HANDSHAKE && version == 0;
                let entry = Entry::new(
                    request.unwrap_or(Some(UNKNOWN_REQUEST)).unwrap_or(ANY_RESPONSE),
                    response.unwrap_or(Some(SHORT_RESPONSE)).unwrap_or_default(),
                    starts_tokens,
                );
                if let Some(slot) = slot(&mut entries, layout.api_key, version) {
                    *slot = entry;
                }
            }
        }
        Self { words: shelf.words, entries }
    }
}

impl Code for Words {
    fn word(&self, at: u16) -> Word {
        self.words.get(usize::from(at)).copied().unwrap_or(Word::END)
    }

    fn entry(&self, index: u32) -> Entry {
        self.entries.get(index as usize).copied().unwrap_or_default()
    }
}

/// The words laid out so far, and where each layout's are; equal ones are there once.
struct Shelf {
    words: Vec<Word>,
    places: HashMap<Vec<Word>, u16>,
}

/// A layout holds data, and the sieve cannot tell where: of its messages hardly more than the header is
/// kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unfollowed;

impl Shelf {
    /// The place of a layout's words, if it has some of its own.
    fn place(
        &mut self,
        api_key: ApiKey,
        side: Side,
        version: i16,
    ) -> Result<Option<u16>, Unfollowed> {
        let layout = schema::layout(api_key, side, version).ok_or(Unfollowed)?;
        let program = compile(layout, version, Meaning::DATA).map_err(|_| Unfollowed)?;
        if !holds_data(&program) {
            return Ok(None);
        }
        self.lay_out(&program).map(Some).ok_or(Unfollowed)
    }

    fn lay_out(&mut self, program: &Program) -> Option<u16> {
        let relative = translate(program, 0)?;
        if let Some(place) = self.places.get(&relative) {
            return Some(*place);
        }
        let place = u16::try_from(self.words.len()).ok()?;
        let words = translate(program, place)?;
        if self.words.len().saturating_add(words.len()) > MAX_WORDS as usize {
            return None;
        }
        self.words.extend(words);
        self.places.insert(relative, place);
        Some(place)
    }
}

fn slot(entries: &mut [Entry], ApiKey(key): ApiKey, version: i16) -> Option<&mut Entry> {
    let (key, version) =
        (u32::from(u16::try_from(key).ok()?), u32::from(u16::try_from(version).ok()?));
    entries.get_mut(entry_index(key << 16 | version)? as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_is_followed() {
        let words = Words::of_table();
        for layout in &LAYOUTS {
            for version in layout.versions.first..=layout.versions.last {
                let ApiKey(key) = layout.api_key;
                let entry = words.entry(entry_index((key as u32) << 16 | version as u32).unwrap());
                let place = match layout.side {
                    Side::Request => entry.request(),
                    Side::Response => entry.response(),
                };
                let program = compile(layout, version, Meaning::DATA).unwrap();
                let general = if layout.side == Side::Request { ANY_RESPONSE } else { 0 };
                let expected =
                    if holds_data(&program) { place > SHORT_RESPONSE } else { place == general };
                assert!(expected, "{layout:?} {version}: {place}");
            }
        }
        assert!(words.words().len() < MAX_WORDS as usize);
    }
}
