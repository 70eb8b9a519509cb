//! Taking the address of the HTTP server.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use super::failure::Failure;
use crate::http;

/// Takes the address, or says why that is not possible.
pub fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    http::bind(address).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => Failure::address_in_use(format!(
            "{address} is in use: end what listens there, or choose another address with --listen"
        )),
        ErrorKind::AddrNotAvailable => Failure::usage(format!(
            "{address} is no address of this host: choose another with --listen"
        )),
        ErrorKind::PermissionDenied => Failure::not_possible(format!(
            "listening on {address} is not permitted: choose a port above 1023 with --listen"
        )),
        _ => Failure::not_possible(format!("{address} cannot be listened on: {error}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_use_is_named_with_what_to_do() {
        let taken = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let address = taken.local_addr().unwrap();
        let failure = listen(address).unwrap_err();
        assert_eq!(
            failure,
            Failure::address_in_use(format!(
                "{address} is in use: end what listens there, or choose another address with \
                 --listen"
            ))
        );
    }
}
