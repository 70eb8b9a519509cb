//! Ports that change: connections of brokers that are no longer watched end.

use super::Pipeline;
use crate::event::{Flow, Handler, Outcome};
use crate::input::Segment;
use crate::ports::Ports;

impl Pipeline {
    /// Watches these ports, and no others, from now on. What is in flight on connections that end by
    /// that is evicted; returns how many these are. What their source still hands on is discarded.
    pub fn set_ports<H: Handler>(&mut self, ports: Ports, handler: &mut H) -> usize {
        self.config.ports = ports;
        let is_gone = |flow: &&Flow| !self.config.ports.contains(flow.dst.port);
        let gone: Vec<Flow> =
            self.connections.iter().map(|(f, _)| f).filter(is_gone).copied().collect();
        let mut ended = 0_usize;
        for key in gone {
            let Some(connection) = self.connections.remove(&key) else { continue };
            ended = ended.saturating_add((!connection.is_closed()).into());
            let is_over = connection.is_over();
            let outcome = if is_over { Outcome::Abandoned } else { Outcome::Evicted };
            self.close(connection, outcome, handler);
        }
        ended
    }

    /// Gives the bytes of a segment their fate, neither of whose ends is on a watched port.
    #[cold]
    pub(super) fn pass_unwatched(&mut self, segment: &Segment<'_>) {
        let wire_len = u64::from(segment.wire_len);
        self.ledger.discarded = self.ledger.discarded.saturating_add(wire_len);
    }
}
