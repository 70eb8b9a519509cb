//! This host's addresses: they tell its clients and brokers from others' (the vantage).
//!
//! Containers have network namespaces of their own; their addresses are this host's as well.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::namespaces::Namespaces;
use crate::input::Endpoint;

/// Addresses, IPv4 as IPv4-mapped IPv6.
type Addresses = HashSet<[u8; 16]>;

/// Time between two looks at this host's addresses.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// This host's addresses, which come and go with its interfaces. A thread of its own looks for them,
/// as that may take long where there are many processes; it ends with this value.
#[derive(Debug)]
pub struct LocalAddresses {
    changes: Receiver<Addresses>,
    /// Dropped to stop the thread.
    _follower: Sender<()>,
}

impl LocalAddresses {
    /// Looks for them at once, and from then on now and then. The thread has the caller's
    /// capabilities, and needs none.
    pub fn follow() -> io::Result<Self> {
        let mut namespaces = Namespaces::default();
        Self::follow_with(move || in_namespaces(&mut namespaces), LOOK_EVERY)
    }

    fn follow_with(
        mut look: impl FnMut() -> io::Result<Addresses> + Send + 'static,
        every: Duration,
    ) -> io::Result<Self> {
        // Room for one.
        let (told, changes) = mpsc::sync_channel(1);
        let (follower, stop) = mpsc::channel();
        let mut last = Addresses::new();
        let mut look = move || match look() {
            // Where nobody has taken what was told before, it is told the next time.
            Ok(now) if now != last && told.try_send(now.clone()).is_ok() => last = now,
            Ok(_) => {}
            Err(error) => tracing::warn!("this host's addresses are not known: {error}"),
        };
        look();
        let run = move || {
            while stop.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                look();
            }
        };
        thread::Builder::new().name("addresses".to_owned()).spawn(run)?;
        Ok(Self { changes, _follower: follower })
    }

    /// The addresses, if they are not those that were taken last. Never waits.
    pub fn take_changed(&self) -> Option<Addresses> {
        self.changes.try_recv().ok()
    }
}

/// The addresses of all interfaces in our network namespace and in those of other processes.
pub fn local_addresses() -> io::Result<Addresses> {
    in_namespaces(&mut Namespaces::default())
}

fn in_namespaces(others: &mut Namespaces) -> io::Result<Addresses> {
    let interfaces = if_addrs::get_if_addrs()?;
    let mut local: HashSet<_> = interfaces.iter().map(|interface| mapped(interface.ip())).collect();
    local.extend(others.addresses().into_iter().map(mapped));
    Ok(local)
}

fn mapped(address: IpAddr) -> [u8; 16] {
    Endpoint::from(SocketAddr::from((address, 0))).addr
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_address_is_local() {
        let loopback = Endpoint::v4([127, 0, 0, 1], 0).addr;
        assert!(local_addresses().unwrap().contains(&loopback));
    }

    #[test]
    fn whoever_asks_for_addresses_never_waits_for_them() {
        let (address, addresses) = mpsc::channel();
        let look =
            move || addresses.recv().map(|a| HashSet::from([[a; 16]])).map_err(io::Error::other);
        address.send(1).unwrap();
        let local = LocalAddresses::follow_with(look, Duration::ZERO).unwrap();
        assert_eq!(local.take_changed(), Some(HashSet::from([[1; 16]])), "the first are there");
        assert_eq!(local.take_changed(), None, "a look that takes long");
        for same in [1, 1, 2] {
            address.send(same).unwrap();
        }
        let changed = local.changes.recv().unwrap();
        assert_eq!(changed, HashSet::from([[2; 16]]), "what has not changed is not told");
        // From now on it fails to find any.
        drop(address);
        let LocalAddresses { changes, _follower: follower } = local;
        drop(follower);
        assert_eq!(changes.iter().count(), 0, "the thread ends");
    }
}
