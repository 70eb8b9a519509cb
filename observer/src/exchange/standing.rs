//! What a connection is believed to be, and what is said of bytes that are not what they should be.

use super::{Context, Conversation, Limits};
use crate::event::{Event, Handler, Malformed, Security, Side};
use crate::protocol::plausible::{self, Guess};

/// What a connection is believed to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It cannot be told yet.
    Unproven,
    /// Kafka.
    Kafka,
    /// Not Kafka, or encrypted.
    Opaque,
}

/// Who talks, and how, while it cannot be told what it is, or whether its step is true.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talk {
    last: Side,
    /// Times that the client talked again, and began no request.
    odd_turns: u8,
    /// The newest correlation id of what looks like a response.
    answered: u32,
    /// Bytes that were of no use.
    unusable: u32,
    /// The requests' step was found by a search, and none was answered since: times that the client
    /// talked again, with a whole request where it should be amid one.
    pub(super) doubtful_turns: Option<u8>,
}

impl Default for Talk {
    fn default() -> Self {
        Self { last: Side::Request, odd_turns: 0, answered: 0, unusable: 0, doubtful_turns: None }
    }
}

/// Turns without a request that show that a client is not amid its largest one: more than requests are
/// in flight before such a one.
const ODD_TURNS: u8 = 64;

impl Talk {
    /// Takes note of a segment of responses. Kafka's carry ascending ids, whatever their version: then
    /// the client of a version that is not known, always amid a request, is Kafka's all the same, and
    /// is waited for anew. Where the client has talked, a response begins; else whole ones are seen.
    fn note_answers(&mut self, segment: &[u8], is_turn: bool, max_len: u32) {
        let Some((first, last)) = answers(segment, is_turn, max_len) else { return };
        if first == self.answered.wrapping_add(1) {
            (self.odd_turns, self.unusable) = (0, 0);
        }
        self.answered = last;
    }
}

/// The first and the last correlation id of responses that fill a segment, one id after the other; the
/// last of them may be cut, where that is all right.
fn answers(segment: &[u8], may_be_cut: bool, max_len: u32) -> Option<(u32, u32)> {
    let mut ids: Option<(u32, u32)> = None;
    let mut rest = segment;
    while !rest.is_empty() {
        let (prefix, frame) = rest.split_first_chunk()?;
        let len = u32::from_be_bytes(*prefix);
        let id = u32::from_be_bytes(*frame.first_chunk()?);
        let is_next = ids.is_none_or(|(_, last)| id == last.wrapping_add(1));
        if len > max_len || !is_next {
            return None;
        }
        ids = Some((ids.map_or(id, |(first, _)| first), id));
        rest = match frame.get(len as usize..) {
            Some(rest) if len >= MIN_RESPONSE => rest,
            None if may_be_cut => break,
            _ => return None,
        };
    }
    ids
}

/// Bytes of the smallest response, behind its length prefix: a correlation id, and an error or an array.
const MIN_RESPONSE: u32 = 6;

/// Turns that begin with a whole request, amid what is taken for one that was never answered, which show
/// that it is none.
const DOUBTFUL_TURNS: u8 = 8;

/// Bytes of a frame of this size, with its length prefix.
fn frame_len(len: u32) -> usize {
    (len as usize).saturating_add(4)
}

impl Conversation {
    /// Whether it matters who talks: it is not known what the connection is, or whether its step is true.
    pub fn is_doubtful(&self) -> bool {
        self.standing == Standing::Unproven || self.talk.doubtful_turns.is_some()
    }

    /// Takes note of who talks, and with which bytes. A client that has been answered begins a request,
    /// unless it was amid one while the broker still answered those before. Returns whether it is
    /// certain that it is not amid one, though its step, found by a search, says so: `is_amid`.
    pub fn note_talk(&mut self, side: Side, bytes: &[u8], is_amid: bool, limits: &Limits) -> bool {
        let is_turn = std::mem::replace(&mut self.talk.last, side) != side;
        if side == Side::Response {
            self.talk.note_answers(bytes, is_turn, limits.max_request_bytes);
            return false;
        }
        if !is_turn {
            return false;
        }
        let begun = plausible::request(bytes, limits.max_request_bytes);
        if self.standing == Standing::Unproven && begun == Guess::No {
            self.talk.odd_turns = self.talk.odd_turns.saturating_add(1);
        }
        let is_whole = matches!(begun, Guess::Known { len } if bytes.len() == frame_len(len));
        match &mut self.talk.doubtful_turns {
            Some(turns) if is_amid && is_whole => {
                *turns = turns.saturating_add(1);
                *turns >= DOUBTFUL_TURNS
            }
            _ => false,
        }
    }

    /// Counts bytes that were not usable; a connection that is nothing but such is not Kafka. It may
    /// have been joined within the largest request, but then its client is not answered over and over.
    pub(super) fn give_up<H: Handler>(&mut self, bytes: u64, ctx: &Context<'_, H>) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.talk.unusable = self.talk.unusable.saturating_add(bytes);
        let is_unproven = self.standing == Standing::Unproven;
        let is_amid_request = self.talk.odd_turns < ODD_TURNS;
        let largest = if is_amid_request { ctx.limits.max_request_bytes } else { 0 };
        let bound = u64::from(largest).saturating_add(ctx.limits.opaque_after_bytes);
        if is_unproven && u64::from(self.talk.unusable) > bound {
            self.standing = Standing::Opaque;
        }
    }

    /// Notes that the connection is not Kafka, or is encrypted.
    pub(super) fn refuse<H: Handler>(&mut self, bytes: &[u8], ctx: &mut Context<'_, H>) {
        self.standing = Standing::Opaque;
        if plausible::is_tls(bytes) {
            self.secure(Security::Tls, ctx);
        }
    }

    /// Reports bytes that are not a frame where one should be.
    pub(super) fn report_loss<H: Handler>(
        &self,
        side: Side,
        reason: Option<Malformed>,
        ctx: &mut Context<'_, H>,
    ) {
        if let Some(reason) = reason {
            ctx.emit(Event::Malformed { peers: self.peers, side, reason });
        }
    }
}
