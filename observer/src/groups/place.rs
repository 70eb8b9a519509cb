//! Where something was told.

use crate::event::{Endpoint, Exchange, Vantage};

/// Where something was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Who told it.
    pub broker: Endpoint,
    /// Seen from where.
    pub vantage: Vantage,
}

impl Place {
    /// The broker of an exchange.
    pub const fn of(exchange: &Exchange) -> Self {
        Self { broker: exchange.peers.broker, vantage: exchange.peers.vantage }
    }

    /// The same broker may be talked to from here and from elsewhere: one of the two is kept, so that
    /// a group does not go to and fro.
    pub(super) fn and(self, other: Self) -> Self {
        match (self.vantage, other.vantage) {
            (Vantage::Broker, Vantage::Both) | (Vantage::Client, Vantage::Transit)
                if self.broker == other.broker =>
            {
                self
            }
            _ => other,
        }
    }
}
