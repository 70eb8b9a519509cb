//! This host's addresses: they tell its clients and brokers from others' (the vantage).

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;

use crate::input::Endpoint;

/// The addresses of all interfaces in our network namespace, IPv4 as IPv4-mapped IPv6.
pub fn local_addresses() -> io::Result<HashSet<[u8; 16]>> {
    let interfaces = if_addrs::get_if_addrs()?;
    let address =
        |interface: if_addrs::Interface| Endpoint::from(SocketAddr::from((interface.ip(), 0))).addr;
    Ok(interfaces.into_iter().map(address).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_address_is_local() {
        let loopback = Endpoint::v4([127, 0, 0, 1], 0).addr;
        assert!(local_addresses().unwrap().contains(&loopback));
    }
}
