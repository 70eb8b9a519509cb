//! Brokers that a message names: hosts and ports in, endpoints out. A host that is a name says
//! nothing here: what it stands for depends on where it is asked.

use std::net::IpAddr;

use super::collector::Collector;
use super::scopes::add;
use crate::event::Endpoint;
use crate::protocol::machine::Text;

/// Brokers that a message's facts tell.
const MAX_BROKERS: usize = 4 << 10;

/// What has been said of a broker; either of the two may come first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BrokerParts {
    host: Part<[u8; 16]>,
    port: Part<u16>,
}

/// A host or port.
#[derive(Clone, Copy, Debug, Default)]
enum Part<T> {
    #[default]
    ToCome,
    /// It is nothing of use, or was not seen, where it is `None`.
    Said(Option<T>),
}

impl Collector<'_> {
    pub(super) fn host(&mut self, host: Option<[u8; 16]>) {
        self.position.broker.host = Part::Said(host);
        self.broker();
    }

    pub(super) fn port(&mut self, port: Option<u16>) {
        self.position.broker.port = Part::Said(port);
        self.broker();
    }

    fn broker(&mut self) {
        let BrokerParts { host: Part::Said(host), port: Part::Said(port) } = self.position.broker
        else {
            return;
        };
        self.position.broker = BrokerParts::default();
        if let Some((addr, port)) = host.zip(port) {
            let brokers = &mut self.facts.rare.get_or_insert_default().brokers;
            add(brokers, MAX_BROKERS, self.evictions, || Endpoint::v6(addr, port));
        }
    }
}

/// The address that a host is, if it is one.
pub(super) fn address(text: Text<'_>) -> Option<[u8; 16]> {
    let is_whole = text.bytes.len() == text.len as usize;
    let address = std::str::from_utf8(text.bytes).ok().filter(|_| is_whole)?.parse().ok()?;
    Some(match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    })
}
