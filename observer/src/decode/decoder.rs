//! What all bodies share: the names they have in common, what they said of clients, and memory to
//! use again.

use super::body::{Body, Message};
use super::facts::Facts;
use super::names::Names;
use super::sessions::Sessions;
use crate::groups::{Clients, SharedClusters};
use crate::protocol::pieces::Pieces;
use crate::spare::Spare;
use crate::stream::Hole;
use crate::tables::Evictions;

/// Decodes bodies.
#[derive(Debug)]
pub struct Decoder {
    /// Names seen, and the topics' ids.
    pub names: Names,
    /// What fetches are about that do not say it.
    pub sessions: Sessions,
    /// The group that each client belongs to.
    pub clients: Clients,
    pub(super) bodies: Spare<Body>,
    pub(super) facts: Spare<Facts>,
}

impl Decoder {
    /// A decoder that shares names.
    pub fn new(names: Names) -> Self {
        let (sessions, clients) = (Sessions::new(0), Clients::new(0, SharedClusters::new(0)));
        Self { names, sessions, clients, bodies: Spare::default(), facts: Spare::default() }
    }

    /// And follows fetch sessions.
    #[must_use]
    pub fn with_sessions(self, sessions: Sessions) -> Self {
        Self { sessions, ..self }
    }

    /// And learns which group a client belongs to.
    #[must_use]
    pub fn with_clients(self, clients: Clients) -> Self {
        Self { clients, ..self }
    }

    /// Begins a message.
    pub fn begin(&mut self, message: Message) -> Box<Body> {
        let mut body = self.bodies.take().unwrap_or_default();
        body.begin(message, self.facts.take().unwrap_or_default());
        body
    }

    /// Takes the next bytes of a message.
    pub fn feed(&mut self, body: &mut Body, pieces: Pieces<'_>, evictions: &mut Evictions) {
        body.feed(pieces, &mut self.names, evictions);
    }

    /// Takes note of bytes of a message that are not there.
    #[inline]
    pub fn miss(&mut self, body: &mut Body, hole: Hole, len: u64, evictions: &mut Evictions) {
        body.miss(hole, len, &mut self.names, evictions);
    }

    /// The message has ended: what it says.
    pub fn end(&mut self, mut body: Box<Body>, evictions: &mut Evictions) -> Box<Facts> {
        let facts = body.end(&mut self.names, evictions);
        self.bodies.recycle(body);
        facts
    }

    /// Takes back facts that nobody needs any more.
    pub fn recycle(&mut self, facts: Option<Box<Facts>>) {
        if let Some(mut facts) = facts {
            // At once: what it holds may be much.
            facts.clear();
            self.facts.recycle(facts);
        }
    }
}
