//! What a connection is believed to be, and what is said of bytes that are not what they should be.

use super::{Context, Conversation};
use crate::event::{Event, Handler, Malformed, Security, Side};
use crate::protocol::plausible;

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

impl Conversation {
    /// Counts bytes that were not usable; a connection that is nothing but such is not Kafka. It may
    /// have been joined within the largest request.
    pub(super) fn give_up<H: Handler>(&mut self, bytes: u64, ctx: &Context<'_, H>) {
        self.given_up_bytes = self.given_up_bytes.saturating_add(bytes);
        let is_unproven = self.standing == Standing::Unproven;
        let largest = u64::from(ctx.limits.max_request_bytes);
        let bound = largest.saturating_add(ctx.limits.opaque_after_bytes);
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
