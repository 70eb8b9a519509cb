//! Names that many messages share: a text from the wire in, the one copy of it out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::kept::{kept, kept_part};
use crate::protocol::machine::Text;

/// Names, each kept once.
///
/// Messages tend to name the same things in the same order as those before them. So each name knows
/// which one came behind it the last time, and that one is tried before it is searched.
#[derive(Debug)]
pub(super) struct Shared {
    names: Vec<Known>,
    /// Their indices.
    by_text: HashMap<Arc<str>, usize, RandomState>,
    max: usize,
    /// The name that came last.
    last: usize,
    /// New names that will not be shared before room is made again: that takes as long as there are
    /// names, and may free none.
    patience: usize,
}

#[derive(Debug)]
struct Known {
    name: Arc<str>,
    /// The name that came behind it.
    next: usize,
}

/// References to a name that nobody else uses.
const OWN: usize = 2;
/// Of all names, the part that comes between making room and making room again.
const PART: usize = 8;

impl Shared {
    /// Keeps at most so many.
    pub(super) fn new(max: usize) -> Self {
        Self { names: Vec::new(), by_text: HashMap::default(), max, last: 0, patience: 0 }
    }

    /// The copy of a text; see [`kept`] for what becomes of a long one.
    #[inline]
    pub(super) fn intern(&mut self, text: Text<'_>) -> Arc<str> {
        if let Some(Known { next, .. }) = self.names.get(self.last)
            && let Some(Known { name, .. }) = self.names.get(*next)
            // Also, then, it is all there, and valid.
            && name.as_bytes() == text.bytes
            && name.len() == text.len as usize
        {
            self.last = *next;
            return Arc::clone(name);
        }
        self.search(text)
    }

    fn search(&mut self, text: Text<'_>) -> Arc<str> {
        let is_cut = text.bytes.len() < text.len as usize;
        let text = if is_cut { Cow::Owned(kept_part(text.bytes)) } else { kept(text.bytes) };
        if let Some((name, index)) = self.by_text.get_key_value(&*text) {
            let (name, index) = (Arc::clone(name), *index);
            self.came(index);
            return name;
        }
        let name: Arc<str> = text.into();
        if self.names.len() >= self.max {
            self.want_room();
        }
        // With no room even so, the name is just not shared.
        if self.names.len() < self.max {
            let index = self.names.len();
            self.names.push(Known { name: Arc::clone(&name), next: 0 });
            self.by_text.insert(Arc::clone(&name), index);
            self.came(index);
        }
        name
    }

    /// Remembers behind which name this one came.
    fn came(&mut self, index: usize) {
        if let Some(last) = self.names.get_mut(self.last) {
            last.next = index;
        }
        self.last = index;
    }

    /// A name finds no room. Room is made for every so many of these.
    fn want_room(&mut self) {
        if let Some(patience) = self.patience.checked_sub(1) {
            self.patience = patience;
            return;
        }
        self.make_room();
        self.patience = self.max.checked_div(PART).unwrap_or_default();
    }

    /// Forgets the names that nobody uses.
    fn make_room(&mut self) {
        let kept = self.names.len();
        self.names.retain(|known| Arc::strong_count(&known.name) > OWN);
        if self.names.len() == kept {
            return;
        }
        self.by_text.clear();
        for (index, known) in self.names.iter_mut().enumerate() {
            known.next = 0;
            self.by_text.insert(Arc::clone(&known.name), index);
        }
        self.last = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intern(shared: &mut Shared, text: &str) -> Arc<str> {
        shared.intern(Text::whole(text.as_bytes()))
    }

    #[test]
    fn names_are_the_same_in_whatever_order_they_come() {
        let mut shared = Shared::new(3);
        let (a, b) = (intern(&mut shared, "a"), intern(&mut shared, "b"));
        for text in ["a", "b", "a", "b", "b", "a", "a", "", "b"] {
            let name = intern(&mut shared, text);
            assert_eq!(&*name, text);
            assert!(text.is_empty() || Arc::ptr_eq(&name, if text == "a" { &a } else { &b }));
        }
    }

    #[test]
    fn a_text_that_is_cut_is_not_taken_for_its_beginning() {
        let mut shared = Shared::new(3);
        intern(&mut shared, "ab");
        intern(&mut shared, "ab");
        assert_eq!(&*shared.intern(Text { bytes: b"ab", len: 9 }), "ab…");
    }

    #[test]
    fn names_that_all_stay_are_not_searched_for_room_by_each_new_one() {
        let mut shared = Shared::new(16);
        let used: Vec<_> = (0..16).map(|n| intern(&mut shared, &format!("used {n}"))).collect();
        assert_eq!(&*intern(&mut shared, "first"), "first");
        drop(used);
        let is_shared = |shared: &mut Shared, text: &str| {
            let name = intern(shared, text);
            Arc::ptr_eq(&name, &intern(shared, text))
        };
        assert!(!is_shared(&mut shared, "second"), "which looked, and found none, just before");
        assert!(is_shared(&mut shared, "third"), "an eighth of all have come: it looks again");
        assert_eq!((shared.names.len(), shared.by_text.len()), (1, 1));
    }

    #[test]
    fn names_that_are_used_stay_when_room_is_made() {
        let mut shared = Shared::new(2);
        let (a, _) = (intern(&mut shared, "a"), intern(&mut shared, "b"));
        for text in ["c", "d", "a", "e", "a"] {
            let name = intern(&mut shared, text);
            assert_eq!((&*name, Arc::ptr_eq(&name, &a)), (text, text == "a"));
            assert!(shared.names.len() <= 2 && shared.by_text.len() <= 2);
        }
    }
}
