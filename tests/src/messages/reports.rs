//! What a machine tells of a message, in short, so that it can be compared.

use std::hash::{DefaultHasher, Hash, Hasher};

use observer::protocol::machine::{Batch, Text, Visitor};
use observer::protocol::meaning::Scope;
use observer::protocol::program::Place;

/// What a machine reports: how often, and all of it in short.
#[derive(Debug, Default)]
pub struct Reports {
    /// How many there were.
    pub count: u64,
    hasher: DefaultHasher,
    /// The states between the parts.
    pub states: DefaultHasher,
}

impl Reports {
    fn note(&mut self, what: (u8, Option<Place>), value: impl Hash) {
        self.count += 1;
        let (kind, place) = what;
        (kind, place.map(|place| (place.role, place.field)), value).hash(&mut self.hasher);
    }

    /// All but the states.
    pub fn told(&self) -> (u64, u64) {
        (self.count, self.hasher.finish())
    }

    /// All of it.
    pub fn all(&self) -> (u64, u64, u64) {
        (self.count, self.hasher.finish(), self.states.finish())
    }
}

impl Visitor for Reports {
    fn number(&mut self, place: Place, value: i64) {
        self.note((0, Some(place)), value);
    }
    fn text(&mut self, place: Place, value: Option<Text<'_>>) {
        self.note((1, Some(place)), value.map(|text| (text.bytes, text.len)));
    }
    fn uuid(&mut self, place: Place, value: &[u8; 16]) {
        self.note((2, Some(place)), value);
    }
    fn array(&mut self, place: Place, count: Option<u32>) {
        self.note((3, Some(place)), count);
    }
    fn nullable(&mut self, place: Place, is_null: bool) {
        self.note((4, Some(place)), is_null);
    }
    fn enter(&mut self, scope: Scope) {
        self.note((5, None), scope);
    }
    fn leave(&mut self, scope: Scope) {
        self.note((6, None), scope);
    }
    fn records(&mut self, place: Place, len: Option<u32>, is_walked: bool) {
        self.note((7, Some(place)), (len, is_walked));
    }
    fn batch(&mut self, batch: &Batch) {
        self.note((8, None), (batch.len, batch.codec, batch.records));
    }
    fn cut_set(&mut self) {
        self.note((9, None), ());
    }
    fn lost(&mut self, place: Place) {
        self.note((10, Some(place)), ());
    }
}
