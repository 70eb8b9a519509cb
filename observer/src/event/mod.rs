//! What leaves the pipeline: exchanges and what else there is to count, and commands to the source.

mod bodies;
mod exchange;
mod peers;
#[cfg(test)]
mod tests;
mod topic_errors;
mod totals;

use std::sync::Arc;
use std::time::Duration;

use crate::decode::TopicId;

pub use exchange::{
    ApiName, Exchange, Fetcher, Inner, Malformed, Outcome, Request, RequestHeader, Unmatched,
};
pub use observer_common::{Endpoint, Flow, Seq};
pub use peers::{ClientSoftware, Peers, Security, Side, Vantage};
pub use topic_errors::TopicErrors;
pub use totals::TopicTotals;

use crate::time::Timestamp;

/// Something the pipeline learned. Sinks count, print or export it; the source obeys commands.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A request's frame has ended.
    Request(&'a Request),
    /// A request has ended, one way or another.
    Exchange(&'a Exchange),
    /// A response that no request in flight waits for.
    UnmatchedResponse {
        /// Connection it came on.
        peers: Peers,
        /// Why none waits.
        reason: Unmatched,
    },
    /// Bytes of a synchronised direction that are not what they should be.
    Malformed {
        /// Connection they came on.
        peers: Peers,
        /// Direction.
        side: Side,
        /// What is wrong.
        reason: Malformed,
    },
    /// A client named its library (ApiVersions v3 and later); once for each connection.
    ClientSoftware {
        /// Connection it came on.
        peers: Peers,
        /// What it said.
        software: &'a ClientSoftware,
    },
    /// A topic's id became known.
    TopicNamed {
        /// The id.
        id: TopicId,
        /// The topic's name.
        name: &'a Arc<str>,
    },
    /// A connection was seen for the first time; its security is `Unknown`.
    ConnectionOpened(Peers),
    /// It became clear how a connection is secured.
    ConnectionSecurity {
        /// Connection.
        peers: Peers,
        /// Before.
        was: Security,
        /// From now on.
        is: Security,
    },
    /// A connection is no longer followed.
    ConnectionClosed {
        /// Connection.
        peers: Peers,
        /// How it was secured.
        security: Security,
    },
    /// A direction lost its frame boundaries and found them again.
    Resynchronised {
        /// Connection.
        peers: Peers,
        /// Direction.
        side: Side,
    },
    /// A socket's smoothed round-trip time and retransmissions since the last measurement.
    Socket {
        /// Connection.
        peers: Peers,
        /// Smoothed round-trip time.
        rtt: Duration,
        /// Retransmitted segments.
        retransmits: u32,
    },
    /// Something the source should do.
    Command(Command),
}

/// Receives events. Implementations must be quick: they run on the draining thread.
pub trait Handler {
    /// Takes one event.
    fn event(&mut self, event: Event<'_>);
    /// Time has passed; it never goes back. What is told next happened at this time.
    fn time(&mut self, _now: Timestamp) {}
}

impl<F: FnMut(Event<'_>)> Handler for F {
    fn event(&mut self, event: Event<'_>) {
        self(event);
    }
}

/// What the pipeline asks of its source. A source that cannot obey ignores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Not Kafka, or encrypted: count the connection's bytes, copy none.
    CountOnly(Flow),
    /// A frame begins at a place of a direction that is not in step.
    Resume {
        /// From its sender to its receiver.
        flow: Flow,
        /// Which direction it is.
        side: Side,
        /// Where.
        at: Seq,
    },
}
