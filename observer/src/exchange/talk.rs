//! Who talks on a connection, and which answers pass, while it cannot be told what it is.
//!
//! Kafka's responses stand one behind the other, and carry ascending ids, whatever their version: those of the
//! requests, in their order. So where such pass, a request of a version that no table knows, in the midst
//! of a stream, can be told by its id; and a client that is always amid a request is waited for.

use crate::event::Side;
use crate::frame::PREFIX_LEN;
use crate::input::Seq;

/// Who talks, and how, while it cannot be told what it is, or whether its step is true.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talk {
    pub(super) last: Side,
    /// Times that the client talked again, and began no request.
    pub(super) odd_turns: u8,
    /// The newest correlation id of what looks like a response.
    answered: u32,
    /// Where the response behind it begins, if any.
    next: Seq,
    /// Responses of which each began where the one before it ended, and went on with its ids.
    in_a_row: u8,
    /// How often such a response was a reason to wait on.
    waits: u8,
    /// Bytes that were of no use.
    pub(super) unusable: u32,
}

impl Default for Talk {
    fn default() -> Self {
        Self {
            last: Side::Request,
            odd_turns: 0,
            answered: 0,
            next: Seq(0),
            in_a_row: 0,
            waits: 0,
            unusable: 0,
        }
    }
}

/// Responses in a row, which show that these are ids.
const ROW: u8 = 3;
/// Responses in a row that a client is waited for, which is found by then, if it is Kafka's; other
/// protocols number their messages as well.
const MAX_WAITS: u8 = 8;
/// How far ids lie apart: some clients count for all their connections together.
const MAX_AHEAD: u32 = 64;
/// How far ahead of the newest answer a request is, behind those that are in flight.
const MAX_ASKED_AHEAD: u32 = 4 * MAX_AHEAD;
/// Bytes of the smallest response, behind its length prefix: a correlation id, and an error or an array.
const MIN_RESPONSE: u32 = 6;

impl Talk {
    /// Takes note of a segment of responses. Where the client has talked, a response begins, unless it is
    /// known where the next one does.
    pub(super) fn note_answers(&mut self, seq: Seq, segment: &[u8], is_turn: bool, max_len: u32) {
        let ahead = usize::try_from(self.next.since(seq)).ok().filter(|_| self.in_a_row > 0);
        let mut rest = match ahead {
            Some(ahead) if self.in_a_row > 1 || !is_turn => segment.get(ahead..),
            _ => is_turn.then_some(segment),
        }
        .unwrap_or_default();
        while !rest.is_empty() {
            let passed = u32::try_from(segment.len().saturating_sub(rest.len()));
            let start = seq.plus(passed.unwrap_or_default());
            let Some((len, id)) = response(rest, max_len) else {
                self.in_a_row = 0;
                return;
            };
            self.note_answer(start, id);
            self.next = start.plus(len.saturating_add(PREFIX_LEN));
            rest = rest.get(frame_len(len)..).unwrap_or_default();
        }
    }

    fn note_answer(&mut self, start: Seq, id: u32) {
        let ahead = id.wrapping_sub(self.answered);
        self.answered = id;
        let goes_on = self.in_a_row > 0 && self.next == start;
        if !goes_on || !(1..=MAX_AHEAD).contains(&ahead) {
            self.in_a_row = 1;
            return;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        if !self.has_waited() {
            self.waits = self.waits.saturating_add(1);
            (self.odd_turns, self.unusable) = (0, 0);
        }
    }

    /// Whether a client was waited for that goes on with its ids, for long enough.
    pub(super) const fn has_waited(&self) -> bool {
        self.waits >= MAX_WAITS
    }

    /// Whether this is the id of a request that is to be answered soon.
    pub(super) fn awaits(&self, id: u32) -> bool {
        let ahead = id.wrapping_sub(self.answered);
        self.in_a_row >= ROW && (1..=MAX_ASKED_AHEAD).contains(&ahead)
    }
}

/// Length and correlation id of what may be a response.
fn response(bytes: &[u8], max_len: u32) -> Option<(u32, u32)> {
    let (prefix, frame) = bytes.split_first_chunk()?;
    let len = u32::from_be_bytes(*prefix);
    let id = u32::from_be_bytes(*frame.first_chunk()?);
    (MIN_RESPONSE..=max_len).contains(&len).then_some((len, id))
}

/// Bytes of a frame of this size, with its length prefix.
pub(super) fn frame_len(len: u32) -> usize {
    len.saturating_add(PREFIX_LEN) as usize
}
