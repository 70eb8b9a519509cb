//! What a connection's requests say about its client.

use std::sync::Arc;

use super::conversation::Library;
use super::{Context, Conversation, Standing};
use crate::decode::{Names, kept};
use crate::event::{ClientSoftware, Event, Handler};
use crate::protocol::plausible;

impl Conversation {
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

    /// The client id: one copy of it for all requests and connections, as far as there is room.
    pub(super) fn intern(
        &mut self,
        client_id: Option<&[u8]>,
        names: &mut Names,
    ) -> Option<Arc<str>> {
        let bytes = client_id?;
        let known = self.client_id.as_deref();
        // Of one that is long or no text, another text is kept.
        if known.map(str::as_bytes) != Some(bytes) && known != Some(&kept(bytes)) {
            self.client_id = Some(names.client_id(bytes));
        }
        self.client_id.clone()
    }

    /// Whether a request of a version that no table knows is by the connection's own client, or as those
    /// before, or is to be answered soon.
    pub(super) fn is_marked(&self, request: &[u8]) -> bool {
        self.is_own(request) || self.is_as_before(request) || self.is_awaited(request)
    }

    /// Whether a request carries the client id that the requests before it carried.
    fn is_own(&self, request: &[u8]) -> bool {
        let own = self.client_id.as_deref().map(str::as_bytes);
        own.is_some() && own == plausible::client_id(request)
    }

    /// Whether a request is of the unknown version that the connection has used.
    fn is_as_before(&self, request: &[u8]) -> bool {
        self.unknown.as_ref().is_some_and(|used| request.get(4..8) == Some(used))
    }

    /// Whether a request of a version that may come one day has an id that is to be answered.
    fn is_awaited(&self, request: &[u8]) -> bool {
        let id = request.get(8..).and_then(|bytes| bytes.first_chunk());
        self.standing == Standing::Unproven
            && plausible::may_come(request)
            && id.is_some_and(|id| self.talk.awaits(u32::from_be_bytes(*id)))
    }
}
