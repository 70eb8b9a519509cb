//! What the kernel tells of a connection's local socket goes in; which ends are local, measurements and
//! ends come out.

use super::Pipeline;
use crate::event::{Event, Handler, Vantage};
use crate::input::{SocketChange, SocketEvent};

impl Pipeline {
    /// Takes what happened to a socket.
    pub(super) fn socket<H: Handler>(&mut self, event: &SocketEvent, handler: &mut H) {
        let SocketEvent { flow, change, .. } = *event;
        // The local end comes first: the client when it connected, the broker when it accepted.
        let is_client = match change {
            SocketChange::Connected => true,
            SocketChange::Accepted => false,
            SocketChange::Measured { .. } | SocketChange::Closed => {
                self.connections.contains_key(&flow)
            }
        };
        let key = if is_client { flow } else { flow.reversed() };
        let Some(connection) = self.connections.get_mut(&key) else {
            return;
        };
        match change {
            SocketChange::Connected | SocketChange::Accepted => {
                let end = if is_client { Vantage::Client } else { Vantage::Broker };
                connection.peers_mut(|peers| peers.vantage = peers.vantage.and(end));
            }
            SocketChange::Measured { rtt, retransmits } => {
                let peers = connection.peers();
                handler.event(Event::Socket { peers, rtt, retransmits });
            }
            SocketChange::Closed => connection.note_socket_closed(),
        }
    }
}
