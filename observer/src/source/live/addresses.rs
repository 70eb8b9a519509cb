//! This host's addresses: they tell its clients and brokers from others' (the vantage).
//!
//! Containers have network namespaces of their own; their addresses are this host's as well. Those
//! that a process in /proc shows are found, which takes neither privileges nor entering them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::input::Endpoint;

/// Addresses, IPv4 as IPv4-mapped IPv6.
type Addresses = HashSet<[u8; 16]>;

/// Time between two looks at this host's addresses.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What is read of a namespace's table at most: a router's may be huge, and local addresses are
/// few.
const TABLE_BYTES: u64 = 1 << 20;

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
        Self::follow_with(local_addresses, LOOK_EVERY)
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
    let interfaces = if_addrs::get_if_addrs()?;
    let mut local: HashSet<_> = interfaces.iter().map(|interface| mapped(interface.ip())).collect();
    local.extend(in_other_namespaces().into_iter().map(mapped));
    Ok(local)
}

fn mapped(address: IpAddr) -> [u8; 16] {
    Endpoint::from(SocketAddr::from((address, 0))).addr
}

/// As far as they can be seen: processes come and go, and /proc may hide some.
fn in_other_namespaces() -> Vec<IpAddr> {
    let mut known = HashSet::new();
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if !process.file_name().as_encoded_bytes().first().is_some_and(u8::is_ascii_digit) {
            continue;
        }
        let tables = process.path().join("net");
        // A table's inode is its namespace's own.
        let Ok(table) = fs::metadata(tables.join("fib_trie")) else { continue };
        if known.insert(table.ino()) {
            found.extend(ipv4(&read(&tables.join("fib_trie"))));
            found.extend(ipv6(&read(&tables.join("if_inet6"))));
        }
    }
    found
}

fn read(path: &Path) -> String {
    let mut text = Vec::new();
    // What could be read counts.
    let _ = File::open(path).and_then(|file| file.take(TABLE_BYTES).read_to_end(&mut text));
    String::from_utf8_lossy(&text).into_owned()
}

/// Local addresses in a routing trie: an address, and below it what kind of route leads there.
fn ipv4(trie: &str) -> impl Iterator<Item = IpAddr> {
    let mut last = None;
    trie.lines().filter_map(move |line| {
        let line = line.trim_start();
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        }
        last.filter(|_| line == "/32 host LOCAL").map(IpAddr::from)
    })
}

/// Addresses of interfaces: the first field of each line, in hexadecimal.
fn ipv6(interfaces: &str) -> impl Iterator<Item = IpAddr> {
    interfaces.lines().filter_map(|line| {
        let address = u128::from_str_radix(line.split(' ').next()?, 16).ok()?;
        Some(Ipv6Addr::from(address).into())
    })
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

    #[test]
    fn local_routes_are_addresses_and_others_are_not() {
        let trie = "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.2.0\n        /24 link UNICAST\n     \
                    |-- 192.0.2.2\n        /32 host LOCAL\n     |-- 192.0.2.255\n        \
                    /32 link BROADCAST\n     |-- odd\n        /32 host LOCAL\n";
        let found: Vec<_> = ipv4(trie).collect();
        assert_eq!(found, [IpAddr::from([192, 0, 2, 2])]);
    }

    #[test]
    fn interfaces_of_ipv6_are_read_from_their_first_field() {
        let text = "fd000000000000000000000000000002 04 40 00 82     eth0\nodd\n\n";
        let found: Vec<_> = ipv6(text).collect();
        assert_eq!(found, ["fd00::2".parse::<IpAddr>().unwrap()]);
    }
}
