//! What both directions of a connection have in common: one conversation, one ledger, its bounds.

use super::{Context, Conversation, Standing};
use crate::event::{Handler, Side};
use crate::frame::Account;
use crate::ledger::Ledger;
use crate::protocol::pieces::Pieces;
use crate::protocol::plausible;
use crate::stream::Hole;

/// A conversation that is being listened to.
#[derive(Debug)]
pub struct Ear<'a, 'c, H> {
    /// The connection's.
    pub conversation: &'a mut Conversation,
    /// What all connections share.
    pub ctx: &'a mut Context<'c, H>,
}

impl<H> Ear<'_, '_, H> {
    /// Takes bytes of the message that is passing.
    #[inline]
    pub(super) fn body(&mut self, side: Side, pieces: Pieces<'_>) {
        let Self { conversation, ctx } = self;
        if let Some(body) = conversation.passing(side) {
            ctx.decoder.feed(body, pieces, ctx.evictions);
        }
    }

    /// Takes note of bytes of it that are not there.
    #[inline(always)]
    pub(super) fn missing(&mut self, side: Side, hole: Hole, len: u64) {
        let Self { conversation, ctx } = self;
        if let Some(body) = conversation.passing(side) {
            ctx.decoder.miss(body, hole, len, ctx.evictions);
        }
    }
}

impl<H: Handler> Account for Ear<'_, '_, H> {
    fn is_encrypted(&self, segment: &[u8]) -> bool {
        self.conversation.standing == Standing::Unproven && plausible::is_tls_records(segment)
    }

    fn refuse(&mut self, bytes: &[u8]) {
        self.conversation.refuse(bytes, self.ctx);
    }

    fn holds_too_much(&mut self) -> bool {
        self.ctx.holds_too_much()
    }

    fn gave_up_on(&mut self, bytes: u64) {
        self.conversation.give_up(bytes, self.ctx);
    }

    fn ledger(&mut self) -> &mut Ledger {
        self.ctx.ledger
    }
}
