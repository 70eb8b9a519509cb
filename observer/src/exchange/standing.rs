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

/// Turns without a request that show that a client is not amid its largest one: more than requests are
/// in flight before such a one.
const ODD_TURNS: u8 = 64;

impl Conversation {
    /// Takes note of who talks, and with which bytes. A client that has been answered begins a request,
    /// unless it was amid one while the broker still answered those before.
    pub fn note_talk(&mut self, side: Side, bytes: &[u8], limits: &Limits) {
        let before = std::mem::replace(&mut self.talked, side);
        if (before, side) == (Side::Response, Side::Request)
            && plausible::request(bytes, limits.max_request_bytes) == Guess::No
        {
            self.odd_turns = self.odd_turns.saturating_add(1);
        }
    }

    /// Counts bytes that were not usable; a connection that is nothing but such is not Kafka. It may
    /// have been joined within the largest request, but then its client is not answered over and over.
    pub(super) fn give_up<H: Handler>(&mut self, bytes: u64, ctx: &Context<'_, H>) {
        self.given_up_bytes = self.given_up_bytes.saturating_add(bytes);
        let is_unproven = self.standing == Standing::Unproven;
        let is_amid_request = self.odd_turns < ODD_TURNS;
        let largest = if is_amid_request { ctx.limits.max_request_bytes } else { 0 };
        let bound = u64::from(largest).saturating_add(ctx.limits.opaque_after_bytes);
        if is_unproven && self.given_up_bytes > bound {
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
