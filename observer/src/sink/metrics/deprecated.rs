//! Requests of removed versions (KIP-896): requests in, those that clients sent out. Some are given out
//! later than they came, when their sender has shown what it is.

use crate::event::Request;
use crate::protocol::api::ApiKey;
use crate::sink::parties::{MAX_SENDERS, Parties, Party};

/// Who sent them.
pub struct Deprecated(Parties<Request>);

impl Default for Deprecated {
    fn default() -> Self {
        Self(Parties::new(MAX_SENDERS))
    }
}

impl Deprecated {
    /// Takes a request, of whatever version; gives those that are now known to be clients' and of a
    /// removed version.
    pub fn request(&mut self, request: &Request) -> Vec<Request> {
        let is_removed_itself = is_removed(request);
        if !is_removed_itself && request.forwarded.is_none() && self.0.knows_sender(request) {
            return Vec::new();
        }
        let what = is_removed_itself.then(|| request.clone());
        let (_, known) = self.0.attribute(request, what);
        let clients = known.into_iter().filter(|(party, _)| *party == Party::Client);
        // A broker forwards for clients alone.
        clients.map(|(_, request)| request).chain(request.inner().filter(is_removed)).collect()
    }

    /// Gives those that have waited for long.
    pub fn sweep(&mut self) -> Vec<Request> {
        self.0.sweep()
    }

    /// No more will come: gives all that wait.
    pub fn settle(&mut self) -> Vec<Request> {
        self.0.settle()
    }

    /// How often there was no room.
    pub const fn overflow(&self) -> usize {
        self.0.overflow()
    }
}

fn is_removed(request: &Request) -> bool {
    let api = ApiKey(request.header.api_key).lookup();
    api.is_some_and(|api| api.is_removed(request.header.api_version))
}
