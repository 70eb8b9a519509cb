//! Requests of removed versions (KIP-896): requests in, those that clients sent out. Some are given out
//! later than they came, when their sender has shown what it is.

use crate::event::{Request, RequestHeader};
use crate::protocol::api::ApiKey;
use crate::sink::parties::{MAX_SENDERS, Parties, Party, said_by};

/// Who sent them.
pub struct Deprecated(Parties<Request>);

impl Default for Deprecated {
    fn default() -> Self {
        Self(Parties::new(MAX_SENDERS))
    }
}

impl Deprecated {
    /// Whether requests with such a header, where they say no more, are clients' and of no removed version.
    pub fn is_plain(header: &RequestHeader) -> bool {
        !is_removed(header) && said_by(header, None) == Some(Party::Client)
    }

    /// Whether that is all there is to a request with such a header.
    pub fn passes(&self, request: &Request) -> bool {
        let names_broker = request.replica.is_some_and(|replica| replica >= 0);
        !names_broker && request.forwarded.is_none() && self.0.awaits_nobody()
    }

    /// Takes a request, of whatever version; gives those that are now known to be clients' and of a
    /// removed version.
    pub fn request(&mut self, request: &Request) -> Vec<Request> {
        let is_removed_itself = is_removed(&request.header);
        if !is_removed_itself && request.forwarded.is_none() && self.0.knows_sender(request) {
            return Vec::new();
        }
        let what = is_removed_itself.then(|| request.clone());
        let (_, known) = self.0.attribute(request, what);
        let clients = known.into_iter().filter(|(party, _)| *party == Party::Client);
        // A broker forwards for clients alone.
        clients
            .map(|(_, request)| request)
            .chain(request.inner().filter(|inner| is_removed(&inner.header)))
            .collect()
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

fn is_removed(header: &RequestHeader) -> bool {
    let api = ApiKey(header.api_key).lookup();
    api.is_some_and(|api| api.is_removed(header.api_version))
}
