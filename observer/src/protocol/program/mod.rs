//! Layout programs: an API, a version and a direction in, what to do with the message's bytes out.
//!
//! A schema is a tree with conditions on versions; a [`Program`] is one version of it, laid out as a
//! list of [`Op`]s in the order of the wire. A machine that runs it needs no recursion, only a stack
//! of [`MAX_DEPTH`] places, and can stop and go on at any byte.

mod compile;
mod library;

pub use compile::{CompileError, Meaning, compile};
pub use library::{client_id, find};

use super::api::ApiKey;
use super::meaning::{Role, Scope};
use super::schema::Field;
use crate::event::Side;

/// Longest run of values at fixed places, in bytes.
pub const MAX_FIXED: u16 = 128;
/// Deepest nesting of arrays, tagged fields and wrapped messages that a program may have.
pub const MAX_DEPTH: usize = 12;

/// One step through a message. Each takes a bounded number of bytes, but for those that say so.
#[expect(missing_docs, reason = "the fields are told of with the op")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Op {
    /// Passes over so many bytes.
    Skip(u16),
    /// `len` bytes with values at fixed places: `count` of the program's values from `first` on. What
    /// may say nothing behind them is the program's `idle`, counted from 1; 0: there is none.
    Fixed { len: u16, first: u16, count: u16, idle: u16 },
    /// A length, and so many bytes. Negative, or in compact form 0: null.
    Bytes { length: Length, place: Place },
    /// The same, passed over.
    Pass(Length),
    /// A length, and a set of records of so many bytes. Its batches' headers are looked at, or it is
    /// passed over.
    Records { length: Length, place: Place, is_walked: bool },
    /// A length, and a whole message with its header.
    Wrapped { length: Length, place: Place },
    /// A count, and so many elements of `width` bytes that mean nothing.
    Row { length: Length, width: u16 },
    /// A count of elements, each from the next op to a [`Op::Next`]; `end` is the op behind that. With
    /// a scope, an element is about a topic, a partition, ...
    Array { length: Length, place: Place, end: u16, scope: Option<Scope> },
    /// The end of an array's element; `begin` is the first op of an element.
    Next { begin: u16, scope: Option<Scope> },
    /// One byte, negative for a null struct, whose end is the op `end`.
    Nullable { end: u16, place: Place },
    /// Tagged fields (KIP-482): a count, and for each a tag and a length. The known ones stand in the
    /// program's tags from `first` on, the others are passed over by their lengths.
    Tagged { first: u16, known: u16 },
    /// The end of a known tagged field.
    EndTagged,
    /// Goes to the op `to` if the last number was `value`.
    If { value: i16, to: u16 },
    /// The message's end.
    End,
}

/// How a length or count is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Two bytes, signed.
    Int16,
    /// Four bytes, signed.
    Int32,
    /// Unsigned varint of the length plus one (KIP-482).
    Compact,
}

/// What a value means, and which field it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it means.
    pub role: Role,
    /// Index in the program's fields.
    pub field: u16,
}

/// A value at a fixed place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// Where it begins, behind the op's first byte.
    pub offset: u16,
    /// Bytes it takes: a big-endian signed number of 1, 2, 4 or 8, or a UUID of 16.
    pub width: u16,
    /// What it is.
    pub place: Place,
}

/// A known tagged field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its tag.
    pub tag: u32,
    /// The op where it begins.
    pub begin: u16,
}

/// Ops that say nothing if the bytes that come next are these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    /// The bytes, as they lie in memory.
    pub expected: u32,
    /// Which of four are compared.
    pub mask: u32,
    /// How many.
    pub len: u8,
    /// The first is an array's, which is empty.
    pub array: Option<Place>,
    /// The op behind them.
    pub to: u16,
}

/// A message's layout in one version.
#[derive(Debug)]
pub struct Program {
    /// The steps; the first are the header's, behind the correlation id.
    pub ops: Box<[Op]>,
    /// Values at fixed places.
    pub values: Box<[Value]>,
    /// Known tagged fields.
    pub tags: Box<[Tag]>,
    /// Ops that may say nothing.
    pub idle: Box<[Idle]>,
    /// The fields that places refer to, each with the index of the one around it.
    pub fields: Box<[(&'static Field, Option<u16>)]>,
    /// Whether an older release lays the version out in another way.
    pub is_disputed: bool,
    /// Which layout it is of, if it tells an observer's facts.
    pub facts_of: Option<Key>,
}

/// A layout: API, direction, version.
pub type Key = (ApiKey, Side, i16);

impl Program {
    /// The names from the message's field down to the place's, joined by `/`.
    pub fn path(&self, place: Place) -> String {
        let mut names = Vec::new();
        let mut at = Some(place.field);
        while let Some((field, around)) = at.and_then(|at| self.fields.get(usize::from(at))) {
            names.push(field.name);
            at = *around;
        }
        names.reverse();
        names.join("/")
    }
}

/// An op is read for every field of every message.
const _: () = assert!(size_of::<Op>() <= 12);
