//! What a machine reports while a message passes.

use super::Broken;
use crate::protocol::api::ApiKey;
use crate::protocol::meaning::Scope;
use crate::protocol::program::Place;

/// Takes a message's facts, in the order of the wire. Nothing is said of what is not there.
#[expect(unused_variables, reason = "a visitor that does not care for a fact ignores it")]
pub trait Visitor {
    /// A number.
    fn number(&mut self, place: Place, value: i64) {}
    /// A string, or bytes.
    fn text(&mut self, place: Place, value: Option<Text<'_>>) {}
    /// 16 bytes.
    fn uuid(&mut self, place: Place, value: &[u8; 16]) {}
    /// An array, before its elements.
    fn array(&mut self, place: Place, count: Option<u32>) {}
    /// A struct that may be null.
    fn nullable(&mut self, place: Place, is_null: bool) {}
    /// What follows is said of a topic, a partition, ...
    fn enter(&mut self, scope: Scope) {}
    /// And no longer.
    fn leave(&mut self, scope: Scope) {}
    /// A set of records of so many bytes; its batches follow if it is walked.
    fn records(&mut self, place: Place, len: Option<u32>, is_walked: bool) {}
    /// A batch of the set.
    fn batch(&mut self, batch: &Batch) {}
    /// A set ended, or was left, before its batches' lengths said so.
    fn cut_set(&mut self) {}
    /// A value passed unseen.
    fn lost(&mut self, place: Place) {}
    /// The request of another client begins; its facts follow.
    fn wrapped_request(&mut self, request: Wrapped) {}
    /// What the wrapped response that follows answers to, if that is known.
    fn wrapped_response(&mut self) -> Option<Wrapped> {
        None
    }
    /// A message is wrapped of which it is not known what it is: it has no header, or its request was
    /// not seen.
    fn wrapped_unread(&mut self) {}
    /// The wrapped message ended.
    fn wrapped_end(&mut self, end: WrappedEnd) {}
}

/// A string or bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// The first of them, at most [`super::MAX_TEXT`] of a message's body.
    pub bytes: &'a [u8],
    /// How many there are.
    pub len: u32,
}

impl<'a> Text<'a> {
    /// One of which all bytes are there, however many.
    pub fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, len: u32::try_from(bytes.len()).unwrap_or(u32::MAX) }
    }
}

/// A request that another one carries (Envelope, KIP-590).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// API key.
    pub api_key: ApiKey,
    /// API version.
    pub api_version: i16,
}

/// How a wrapped message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrappedEnd {
    /// It was understood.
    Whole,
    /// The table does not know the API or version; of a request the header was understood.
    Unknown,
    /// It was not.
    Broken(Broken),
}

/// What the fixed part of a batch's header says, or the first message's of an older set ("Record
/// Batch" and "Message Set" in Kafka's documentation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Size in bytes, its header included, as it says itself.
    pub len: u64,
    /// Compression: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
    pub codec: u8,
    /// Records in it; `None` in a set of magic 0 or 1, whose messages are not told apart.
    pub records: Option<u32>,
}
