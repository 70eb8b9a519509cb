//! Label values that come from the network: made harmless, capped in length and in number.

use std::borrow::{Borrow, Cow};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use foldhash::fast::RandomState;

/// The value that stands for all values above the cap.
pub const OTHER: &str = "other";

/// A value of one label, for as long as a series uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LabelId(u32);

impl LabelId {
    /// [`OTHER`].
    pub const OTHER: Self = Self(0);
    /// No value: the series does not have this label.
    pub const NONE: Self = Self(u32::MAX);
}

/// The values of one label.
#[derive(Debug)]
pub struct LabelTable<K> {
    name: &'static str,
    cap: usize,
    ids: HashMap<K, LabelId, RandomState>,
    /// By id; the first is [`OTHER`], empty slots are free.
    values: Vec<String>,
    free: Vec<LabelId>,
    overflow: u64,
}

impl<K: Hash + Eq> LabelTable<K> {
    /// A label that takes at most `cap` values beside [`OTHER`].
    pub fn new(name: &'static str, cap: usize) -> Self {
        Self {
            name,
            cap,
            ids: HashMap::default(),
            values: vec![OTHER.to_owned()],
            free: Vec::new(),
            overflow: 0,
        }
    }

    /// The label's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How often a value was replaced by [`OTHER`].
    pub const fn overflow(&self) -> u64 {
        self.overflow
    }

    /// Whether a value has an id of its own.
    pub fn has_key(&self, key: &K) -> bool {
        self.ids.contains_key(key)
    }

    /// The id of a value, which `render` writes where it is new. Different keys must be written
    /// differently, and none as [`OTHER`].
    pub fn id<Q>(&mut self, key: &Q, render: impl FnOnce() -> String) -> LabelId
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.find(key, render).unwrap_or_else(|| {
            self.overflow += 1;
            LabelId::OTHER
        })
    }

    /// The same, if there is room.
    fn find<Q>(&mut self, key: &Q, render: impl FnOnce() -> String) -> Option<LabelId>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(id) = self.ids.get(key) {
            return Some(*id);
        }
        if self.ids.len() >= self.cap {
            return None;
        }
        let id = self.store(render());
        self.ids.insert(key.to_owned(), id);
        Some(id)
    }

    /// What to write for an id.
    pub fn value(&self, id: LabelId) -> &str {
        self.values.get(id.0 as usize).map_or("", String::as_str)
    }

    /// Forgets the values that are not `used`.
    pub fn retain(&mut self, used: &HashSet<LabelId, RandomState>) {
        let Self { ids, values, free, .. } = self;
        ids.retain(|_, id| {
            let keep = used.contains(id);
            if !keep {
                if let Some(value) = values.get_mut(id.0 as usize) {
                    *value = String::new();
                }
                free.push(*id);
            }
            keep
        });
    }

    fn store(&mut self, value: String) -> LabelId {
        if let Some(id) = self.free.pop()
            && let Some(slot) = self.values.get_mut(id.0 as usize)
        {
            *slot = value;
            return id;
        }
        let id = LabelId(u32::try_from(self.values.len()).unwrap_or(0));
        self.values.push(value);
        id
    }
}

impl LabelTable<String> {
    /// Whether a text from the wire is shown as such: it has an id of its own, or is called
    /// [`OTHER`].
    pub fn has(&self, text: &str, max_len: usize) -> bool {
        let text = harmless(text, max_len);
        text == OTHER || self.ids.contains_key(&*text)
    }

    /// The id of a text from the wire, at most `max_len` bytes of it.
    pub fn text(&mut self, text: &str, max_len: usize) -> LabelId {
        let text = harmless(text, max_len);
        if text == OTHER {
            return LabelId::OTHER;
        }
        self.id(&*text, || text.clone().into_owned())
    }

    /// The same of a text that was seen before, and was counted then if there was no room. By now
    /// there may be.
    pub fn seen_text(&mut self, text: &str, max_len: usize) -> LabelId {
        let text = harmless(text, max_len);
        if text == OTHER {
            return LabelId::OTHER;
        }
        self.find(&*text, || text.clone().into_owned()).unwrap_or(LabelId::OTHER)
    }
}

/// A text without control characters, cut to `max_len` bytes at a character's end.
pub fn harmless(text: &str, max_len: usize) -> Cow<'_, str> {
    let cut = text.get(..text.floor_char_boundary(max_len)).unwrap_or_default();
    if !cut.chars().any(char::is_control) {
        return Cow::Borrowed(cut);
    }
    Cow::Owned(cut.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_above_the_cap_are_other_and_counted() {
        let mut labels = LabelTable::<String>::new("client_id", 2);
        let (a, b) = (labels.text("a", 10), labels.text("b", 10));
        assert_ne!(a, b);
        assert_eq!(labels.text("c", 10), LabelId::OTHER);
        assert_eq!(labels.text("a", 10), a);
        assert_eq!((labels.value(a), labels.value(LabelId::OTHER)), ("a", "other"));
        assert_eq!(labels.overflow(), 1);
    }

    #[test]
    fn what_was_seen_before_finds_room_later_and_is_not_counted_again() {
        let mut labels = LabelTable::<String>::new("group", 1);
        let a = labels.text("a", 10);
        assert_eq!(labels.text("b", 10), LabelId::OTHER);
        assert_eq!((labels.seen_text("a", 10), labels.seen_text("b", 10)), (a, LabelId::OTHER));
        assert_eq!((labels.seen_text("other", 10), labels.overflow()), (LabelId::OTHER, 1));
        labels.retain(&[].into_iter().collect());
        assert_ne!(labels.seen_text("b", 10), LabelId::OTHER);
        assert!(labels.has("b", 10));
    }

    #[test]
    fn forgotten_values_make_room() {
        let mut labels = LabelTable::<String>::new("client_id", 2);
        let (a, b) = (labels.text("a", 10), labels.text("b", 10));
        labels.retain(&[b].into_iter().collect());
        let c = labels.text("c", 10);
        assert_eq!(c, a, "the slot is used again");
        assert_eq!((labels.value(b), labels.value(c)), ("b", "c"));
    }

    #[test]
    fn the_wire_cannot_claim_other() {
        let mut labels = LabelTable::<String>::new("client_id", 2);
        assert_eq!(labels.text("other", 10), LabelId::OTHER);
        assert_eq!(labels.text("otherwise", 5), LabelId::OTHER);
        assert_eq!(labels.overflow(), 0);
        assert!(labels.has("other", 10) && !labels.has("another", 10));
    }

    #[test]
    fn texts_are_cut_at_a_character_and_lose_their_control_characters() {
        assert_eq!(harmless("añb", 2), "a");
        assert_eq!(harmless("añb", 3), "añ");
        assert_eq!(harmless("\u{1b}[2J\n", 10), "\u{fffd}[2J\u{fffd}");
    }
}
