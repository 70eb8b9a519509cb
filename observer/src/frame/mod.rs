//! Frames: a direction's bytes in, length-prefixed frames out (protocol guide, "Common Request and
//! Response Structure").
//!
//! A [`Framer`] is either in step (it knows where the next frame begins) or searching: a new
//! connection that is not believed to be Kafka yet, one joined in mid-stream, or one whose boundary
//! fell into a hole. What the frames mean is the [`Receiver`]'s to say; it is also asked whether
//! bytes could be a frame.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    forbid(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]

mod candidates;
mod framer;
mod judge;
mod plain;
mod search;
mod step;

pub use framer::Framer;
pub use search::Whole;

use crate::event::Malformed;
use crate::ledger::Ledger;
use crate::protocol::pieces::Pieces;
use crate::protocol::plausible::Guess;
use crate::stream::{Carrier, Hole};
use crate::time::Timestamp;

/// Bytes of the length prefix.
pub const PREFIX_LEN: u32 = 4;

/// A frame's beginning.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Frame size in bytes, without the length prefix.
    pub len: u32,
    /// The packet that carried the length prefix's first byte.
    pub first: Carrier,
    /// The frame, from behind the prefix, as far as its first segment goes.
    pub pieces: Pieces<'a>,
    /// No more bytes will be shown: the frame ends here, or a hole follows.
    pub is_final: bool,
}

impl<'a> Head<'a> {
    /// Its first bytes.
    #[inline]
    pub const fn bytes(&self) -> &'a [u8] {
        self.pieces.bytes()
    }
}

/// What a receiver thinks of a frame's beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Show at least so many bytes (ignored when the head is final).
    Need(usize),
    /// A frame.
    Accept,
    /// Length-prefixed, but not Kafka's: a raw authentication token.
    Opaque,
    /// Not a frame: the boundary was wrong.
    Reject(Malformed),
}

/// Whether a new connection is Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belief {
    /// It is.
    Confirmed,
    /// It cannot be told yet.
    Open,
    /// It is not.
    Refused,
}

/// What both directions of a connection have in common.
pub trait Account {
    /// Whether a segment of a direction that was never in step is encrypted.
    fn is_encrypted(&self, segment: &[u8]) -> bool;
    /// The connection is not Kafka, or is encrypted.
    fn refuse(&mut self, bytes: &[u8]);
    /// Whether all directions together hold too many unsynchronised bytes; counted when they do.
    fn holds_too_much(&mut self) -> bool;
    /// Unsynchronised bytes were thrown away.
    fn gave_up_on(&mut self, bytes: u64);
    /// The byte ledger.
    fn ledger(&mut self) -> &mut Ledger;
}

/// Takes a direction's frames, and knows what its frames look like.
pub trait Receiver {
    /// What is kept of its connection.
    type Account: Account;
    /// A frame that is longer, and whose end has not come, speaks for none before it.
    const FAR: u32;
    /// Judges a length prefix at a place where a frame should begin.
    fn length(&self, prefix: i32) -> Result<u32, Malformed>;
    /// Takes a frame's beginning, and what is behind it in the same segment; called again with more bytes
    /// while it needs some.
    fn head(&mut self, head: &Head<'_>) -> Verdict;
    /// Takes a frame that is all there, and whose last byte passed at `last`, if it accepts its beginning.
    fn whole(&mut self, head: &Head<'_>, last: Option<Timestamp>) -> Verdict;
    /// Takes what passes of a frame behind what its beginning was accepted with.
    fn body(&mut self, pieces: Pieces<'_>);
    /// Takes note of bytes of a frame that are not there.
    fn missing(&mut self, hole: Hole, len: u64);
    /// The frame ended; its last byte passed at `last`, if it was seen.
    fn end(&mut self, last: Option<Timestamp>);

    /// Whether a frame is looked for at any byte of a segment, not only at its first.
    fn looks_inside(&self) -> bool;
    /// Judges bytes somewhere in an unsynchronised direction.
    fn guess(&self, bytes: &[u8], carrier: &Carrier) -> Guess;
    /// Whether the frame that begins with `next` may follow the one that begins with `first`; of that, at
    /// least [`HEAD_LEN`] bytes are given, or all that is there.
    fn follows(&self, first: &[u8], next: &[u8], carrier: &Carrier) -> Guess;
    /// How many frames must follow one that begins so, until it is believed; `None` where it never is.
    fn followers(&self, head: &[u8], place: Place) -> Option<u8>;
    /// Whether one that begins so is a frame where frames follow it; else only they are.
    fn is_certain(&self, head: &[u8], place: Place) -> bool;
    /// Whether a frame of `len` bytes holds what it says, as far as it is held, from behind its length
    /// prefix; also where nobody can tell.
    fn is_sound(&self, held: &[u8], len: u32) -> bool;
    /// Judges the first bytes of a connection that is not believed to be Kafka yet; behind them there
    /// is a hole, where they are cut.
    fn believe(&self, bytes: &[u8], is_cut: bool) -> Belief;
    /// The frame boundary was lost; whole frames may have passed unseen.
    fn lost_step(&mut self, reason: Option<Malformed>);
    /// A frame boundary was found.
    fn found_step(&mut self, before: Before);
    /// What is kept of its connection, whichever the direction.
    fn account(&mut self) -> &mut Self::Account;
}

/// Bytes that are kept of a candidate whose bytes are no longer held: of a request's client id, too.
pub const HEAD_LEN: usize = 40;

/// Where a candidate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It fills segments, from the first byte of one to the last of one.
    Filling,
    /// At the beginning of a segment.
    Start,
    /// In the middle of a segment.
    Inside,
}

/// What stands before a frame in its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing: it is the connection's first.
    Start,
    /// A frame whose last byte passed then.
    Seen(Timestamp),
    /// A frame whose last byte was not seen.
    Unseen,
}
