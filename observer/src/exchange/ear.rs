//! What both directions of a connection have in common: one conversation, one ledger, its bounds.

use super::{Context, Conversation, Standing};
use crate::event::Handler;
use crate::frame::Account;
use crate::ledger::Ledger;
use crate::protocol::plausible;

/// A conversation that is being listened to.
#[derive(Debug)]
pub struct Ear<'a, 'c, H> {
    /// The connection's.
    pub conversation: &'a mut Conversation,
    /// What all connections share.
    pub ctx: &'a mut Context<'c, H>,
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
