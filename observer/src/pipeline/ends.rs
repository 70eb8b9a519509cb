//! The two ends of a connection: which sends requests, and which are on this host.

use std::collections::HashSet;

use super::Pipeline;
use crate::event::{Endpoint, Flow, Peers, Side, Vantage};
use crate::input::{Segment, TcpFlags};

/// A connection's flow, from client to broker, by that of a segment of this side.
pub(super) const fn key_of(side: Side, flow: Flow) -> Flow {
    match side {
        Side::Request => flow,
        Side::Response => flow.reversed(),
    }
}

impl Pipeline {
    /// Replaces what is known of this host's addresses.
    pub fn set_local(&mut self, local: HashSet<[u8; 16]>) {
        self.config.local = local;
    }

    /// Which end sent this, if one is watched. Where both ports are, the SYN tells, or what was decided
    /// before; else the broker is the end with the lower port.
    pub(super) fn side_of(&self, segment: &Segment<'_>) -> Option<Side> {
        let Flow { src, dst } = segment.flow;
        let ports = &self.config.ports;
        let is_request = match (ports.contains(src.port), ports.contains(dst.port)) {
            (false, false) => return None,
            (false, true) => true,
            (true, false) => false,
            (true, true) if segment.flags.has(TcpFlags::SYN) => !segment.flags.has(TcpFlags::ACK),
            (true, true) if self.connections.contains_key(&segment.flow) => true,
            (true, true) if self.connections.contains_key(&segment.flow.reversed()) => false,
            (true, true) => dst.port <= src.port,
        };
        Some(if is_request { Side::Request } else { Side::Response })
    }

    /// The ends of a connection from client to broker, as far as this host's addresses tell.
    pub(super) fn peers(&self, Flow { src: client, dst: broker }: Flow) -> Peers {
        let is_local = |end: Endpoint| self.config.local.contains(&end.addr);
        let vantage = match (is_local(client), is_local(broker)) {
            (true, true) => Vantage::Both,
            (true, false) => Vantage::Client,
            (false, true) => Vantage::Broker,
            (false, false) => Vantage::Transit,
        };
        Peers { client, broker, vantage }
    }
}
