//! What a connection is believed to be, and what is said of bytes that are not what they should be.

use super::talk::frame_len;
use super::{Context, Conversation, Limits};
use crate::event::{Event, Handler, Malformed, Security, Side};
use crate::input::Seq;
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

/// Turns without a request that show that a client is not amid its largest one: more than requests are
/// in flight before such a one.
const ODD_TURNS: u8 = 64;

/// Turns that begin with a whole request, amid what is taken for one that was never answered, which show
/// that it is none.
const DOUBTFUL_TURNS: u8 = 8;

impl Conversation {
    /// Whether it matters who talks: it is not known what the connection is, or whether its step is true.
    pub fn is_doubtful(&self) -> bool {
        self.standing == Standing::Unproven || self.doubtful_turns.is_some()
    }

    /// Whether nothing but its frames says anything of it.
    pub fn is_settled(&self) -> bool {
        self.standing == Standing::Kafka
            && self.doubtful_turns.is_none()
            && !self.is_request_side_behind
    }

    /// Takes note of who talks, and with which bytes. A client that has been answered begins a request,
    /// unless it was amid one while the broker still answered those before. Returns whether it is
    /// certain that it is not amid one, though its step, found by a search, says so: `is_amid`.
    pub fn note_talk(
        &mut self,
        side: Side,
        seq: Seq,
        bytes: &[u8],
        is_amid: bool,
        limits: &Limits,
    ) -> bool {
        let is_turn = std::mem::replace(&mut self.talk.last, side) != side;
        if side == Side::Response {
            self.talk.note_answers(seq, bytes, is_turn, limits.max_request_bytes);
            return false;
        }
        if !is_turn {
            return false;
        }
        let begun = plausible::request(bytes, limits.max_request_bytes);
        if self.standing == Standing::Unproven && (begun == Guess::No || self.talk.has_waited()) {
            self.talk.odd_turns = self.talk.odd_turns.saturating_add(1);
        }
        let is_whole = matches!(begun, Guess::Known { len } if bytes.len() == frame_len(len));
        match &mut self.doubtful_turns {
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
