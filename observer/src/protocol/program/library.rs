//! The programs of every layout of the table, compiled when first asked for.

use std::sync::OnceLock;

use super::{Length, Meaning, Op, Place, Program, compile};
use crate::event::Side;
use crate::protocol::api::ApiKey;
use crate::protocol::meaning::Role;
use crate::protocol::schema::{LAYOUTS, Layout};

/// The program of a message; `None` where the table does not know the API or version.
pub fn find(api_key: ApiKey, side: Side, version: i16) -> Option<&'static Program> {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(Library::compile).find(api_key, side, version)
}

/// What all requests have in common behind their correlation id, but for the oldest: the client id.
pub fn client_id() -> &'static Program {
    static CLIENT_ID: OnceLock<Program> = OnceLock::new();
    CLIENT_ID.get_or_init(|| {
        let place = Place { role: Role::Client, field: u16::MAX };
        Program {
            ops: Box::new([Op::Bytes { length: Length::Int16, place }, Op::End]),
            values: Box::default(),
            tags: Box::default(),
            idle: Box::default(),
            fields: Box::default(),
            is_disputed: false,
            facts_of: None,
        }
    })
}

/// Programs by API key and direction.
struct Library {
    shelves: Vec<[Vec<Option<Program>>; 2]>,
}

impl Library {
    fn compile() -> Self {
        let mut shelves: Vec<[Vec<Option<Program>>; 2]> = Vec::new();
        for layout in &LAYOUTS {
            let Ok(key) = usize::try_from(layout.api_key.0) else {
                continue;
            };
            if shelves.len() <= key {
                shelves.resize_with(key.saturating_add(1), Default::default);
            }
            if let Some(sides) = shelves.get_mut(key) {
                shelve(of_mut(sides, layout.side), layout);
            }
        }
        Self { shelves }
    }

    fn find(&self, api_key: ApiKey, side: Side, version: i16) -> Option<&Program> {
        let [requests, responses] = self.shelves.get(usize::try_from(api_key.0).ok()?)?;
        let versions = match side {
            Side::Request => requests,
            Side::Response => responses,
        };
        versions.get(usize::try_from(version).ok()?)?.as_ref()
    }
}

fn of_mut<T>([request, response]: &mut [T; 2], side: Side) -> &mut T {
    match side {
        Side::Request => request,
        Side::Response => response,
    }
}

fn shelve(shelf: &mut Vec<Option<Program>>, layout: &Layout) {
    for version in layout.versions.first..=layout.versions.last {
        let Ok(index) = usize::try_from(version) else {
            continue;
        };
        if shelf.len() <= index {
            shelf.resize_with(index.saturating_add(1), || None);
        }
        if let Some(place) = shelf.get_mut(index) {
            *place = compile(layout, version, Meaning::FACTS).ok().map(|program| {
                let facts_of = Some((layout.api_key, layout.side, version));
                Program { facts_of, ..program }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_has_a_program() {
        let mut programs = 0;
        for layout in &LAYOUTS {
            for version in layout.versions.first..=layout.versions.last {
                for meaning in [Meaning::FACTS, Meaning::EVERYTHING, Meaning::DATA] {
                    if let Err(why) = compile(layout, version, meaning) {
                        panic!("{} v{version}, {:?}: {why}", layout.api_key, layout.side);
                    }
                }
                assert!(find(layout.api_key, layout.side, version).is_some());
                programs += 1;
            }
        }
        assert_eq!(programs, 736);
    }
}
