//! Connections that are not Kafka's, or encrypted: their bytes are counted, and need not be copied.

use super::connection::{Connection, Life, Shared};
use super::half::Act;
use crate::event::{Command, Event, Flow, Handler, Outcome, Peers, Side};
use crate::exchange::Standing;
use crate::input::Segment;

impl Connection {
    /// Takes note of who talks, while it is not known what it is, or whether its step is true.
    pub(super) fn note_talk<H: Handler>(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        shared: &mut Shared<'_, '_, H>,
    ) {
        if self.conversation.is_doubtful()
            && segment.is_first
            && let Some(chunk) = segment.chunks.first().filter(|chunk| chunk.offset == 0)
        {
            let is_amid = self.request.is_amid_frame(segment);
            let limits = &shared.config.exchange;
            if self.conversation.note_talk(side, segment.seq, chunk.bytes, is_amid, limits) {
                self.act(Side::Request, Act::LoseStep, shared);
            }
        }
    }

    /// One that turns out to be something else is given up.
    #[inline]
    pub(super) fn check_opaque<H: Handler>(&mut self, shared: &mut Shared<'_, '_, H>) {
        if self.conversation.standing() == Standing::Opaque && self.life == Life::Open {
            self.give_up(shared);
        }
    }

    #[inline(never)]
    fn give_up<H: Handler>(&mut self, shared: &mut Shared<'_, '_, H>) {
        self.life = Life::Counted;
        for side in [Side::Request, Side::Response] {
            self.act(side, Act::Finish, shared);
        }
        let ledger = &mut *shared.ctx.ledger;
        let held = self.request.dissolve(ledger).saturating_add(self.response.dissolve(ledger));
        ledger.opaque = ledger.opaque.saturating_add(held);
        self.conversation.finish(Outcome::Abandoned, &mut shared.ctx);
        self.count_only(shared);
    }

    fn count_only<H: Handler>(&self, shared: &mut Shared<'_, '_, H>) {
        let Peers { client, broker, .. } = self.conversation.peers();
        let flow = Flow { src: client, dst: broker };
        shared.ctx.handler.event(Event::Command(Command::CountOnly(flow)));
    }

    /// A source that goes on to copy has not heard of it, or has forgotten.
    pub(super) fn count_only_again<H: Handler>(
        &mut self,
        segment: &Segment<'_>,
        shared: &mut Shared<'_, '_, H>,
    ) {
        const PATIENCE: u8 = 64;
        if segment.chunks.is_empty() {
            return;
        }
        self.copied = self.copied.saturating_add(1);
        if self.copied > PATIENCE {
            self.copied = 0;
            self.count_only(shared);
        }
    }
}
