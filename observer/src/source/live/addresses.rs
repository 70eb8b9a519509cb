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

use crate::input::Endpoint;

/// What is read of a namespace's table at most: a router's may be huge, and local addresses are
/// few.
const TABLE_BYTES: u64 = 1 << 20;

/// The addresses of all interfaces in our network namespace and in those of other processes, IPv4
/// as IPv4-mapped IPv6.
pub fn local_addresses() -> io::Result<HashSet<[u8; 16]>> {
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
