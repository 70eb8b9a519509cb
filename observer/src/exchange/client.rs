//! What a connection's requests say about its client, and the answers that came before them.

use std::sync::Arc;

use super::conversation::{Answer, Library};
use super::ending::take_early;
use super::{Context, Conversation};
use crate::decode::kept;
use crate::event::{ClientSoftware, Event, Handler};

impl Conversation {
    /// The early response to the newest request, if there is one.
    pub(super) fn early_answer(&mut self) -> Option<Answer> {
        let Self { inflight, early, .. } = self;
        let request = inflight.newest()?;
        take_early(early, request)
    }

    /// Notes the library that a request names, if it is the first to do so.
    pub(super) fn learn_software<H: Handler>(
        &mut self,
        named: Option<Box<ClientSoftware>>,
        ctx: &mut Context<'_, H>,
    ) {
        if let Some(named) = named.filter(|_| self.library == Library::Unnamed) {
            self.library = Library::Named;
            ctx.emit(Event::ClientSoftware { peers: self.peers, software: &named });
        }
    }

    /// The client id, shared with the requests before it where it is the same.
    pub(super) fn intern(&mut self, client_id: Option<&[u8]>) -> Option<Arc<str>> {
        let bytes = client_id?;
        match &self.client_id {
            Some(known) if known.as_bytes() == bytes => {}
            known => {
                let text = kept(bytes);
                if known.as_deref() != Some(&text) {
                    self.client_id = Some(text.into());
                }
            }
        }
        self.client_id.clone()
    }
}
