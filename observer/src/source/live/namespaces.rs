//! Addresses in network namespaces that a process in /proc shows, which takes neither privileges nor entering them.
//!
//! Where there are many processes, asking for the namespace of each is most of the work. Nearly all stay in theirs,
//! so one that is known is asked again only now and then.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Tables of a namespace: its routes, and its interfaces' IPv6 addresses.
const ROUTES: &str = "fib_trie";
const INTERFACES: &str = "if_inet6";

/// What is read of a namespace's table at most: a router's may be huge, and local addresses are
/// few.
const TABLE_BYTES: u64 = 1 << 20;

/// How often a process is asked until it is taken to stay where it is: one that starts a container goes into the
/// container's namespace soon after it has begun.
const OFTEN: u8 = 2;
/// Looks after which all are asked again: with one every five seconds, a minute.
const ALL_EVERY: u32 = 12;

/// The network namespaces of processes.
#[derive(Debug, Default)]
pub struct Namespaces {
    looks: u32,
    processes: HashMap<u32, Process>,
}

#[derive(Debug, Default)]
struct Process {
    /// How often it was asked.
    asked: u8,
    /// The inode of a table, which is its namespace's own; `None` where it was not shown.
    namespace: Option<u64>,
}

impl Namespaces {
    /// The addresses in all of them, as far as they can be seen: processes come and go, and /proc may hide some.
    pub fn addresses(&mut self) -> Vec<IpAddr> {
        self.look(&running(), namespace);
        self.shown()
            .iter()
            .flat_map(|(namespace, shown_by)| addresses(*namespace, shown_by))
            .collect()
    }

    /// Finds the namespaces of these processes, which are all that there are.
    fn look(&mut self, running: &[u32], mut namespace: impl FnMut(u32) -> Option<u64>) {
        let asks_all = self.looks.is_multiple_of(ALL_EVERY);
        self.looks = self.looks.wrapping_add(1);
        let mut known = std::mem::take(&mut self.processes);
        for &id in running {
            let mut process = known.remove(&id).unwrap_or_default();
            if asks_all || process.asked < OFTEN {
                process.asked = process.asked.saturating_add(1);
                process.namespace = namespace(id);
            }
            self.processes.insert(id, process);
        }
    }

    /// Each namespace, and the processes that show it.
    fn shown(&self) -> HashMap<u64, Vec<u32>> {
        let mut shown = HashMap::<_, Vec<_>>::new();
        for (id, process) in &self.processes {
            if let Some(namespace) = process.namespace {
                shown.entry(namespace).or_default().push(*id);
            }
        }
        shown
    }
}

/// The processes that there are.
fn running() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Where a process shows a table of its namespace's.
fn table(process: u32, name: &str) -> PathBuf {
    format!("/proc/{process}/net/{name}").into()
}

fn namespace(process: u32) -> Option<u64> {
    Some(fs::metadata(table(process, ROUTES)).ok()?.ino())
}

/// The addresses in a namespace, from the first of these processes that still shows it.
fn addresses(namespace: u64, shown_by: &[u32]) -> Vec<IpAddr> {
    for &process in shown_by {
        if let Ok(routes) = File::open(table(process, ROUTES))
            && routes.metadata().is_ok_and(|table| table.ino() == namespace)
        {
            let mut found: Vec<_> = ipv4(&read(routes)).collect();
            if let Ok(interfaces) = File::open(table(process, INTERFACES)) {
                found.extend(ipv6(&read(interfaces)));
            }
            return found;
        }
    }
    Vec::new()
}

fn read(table: File) -> String {
    let mut text = Vec::new();
    // What could be read counts.
    let _ = table.take(TABLE_BYTES).read_to_end(&mut text);
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

    /// Which processes are asked for their namespaces in a look.
    fn asked(namespaces: &mut Namespaces, running: &[u32]) -> Vec<u32> {
        let mut asked = Vec::new();
        namespaces.look(running, |process| {
            asked.push(process);
            Some(u64::from(process) % 2)
        });
        asked
    }

    #[test]
    fn a_process_that_is_known_is_asked_again_now_and_then() {
        let mut namespaces = Namespaces::default();
        for _ in 0..2 {
            assert_eq!(asked(&mut namespaces, &[1, 2]), [1, 2], "one may change its namespace");
        }
        assert_eq!(asked(&mut namespaces, &[1, 2, 3]), [3], "another has come");
        assert_eq!(asked(&mut namespaces, &[1, 3]), [3], "one has ended");
        assert_eq!(asked(&mut namespaces, &[1, 2, 3]), [2], "another has its number");
        assert_eq!(namespaces.shown()[&0], [2]);
        let looks: Vec<_> = (5..13).map(|_| asked(&mut namespaces, &[1, 3]).len()).collect();
        assert_eq!(looks, [0, 0, 0, 0, 0, 0, 0, 2], "all are asked again");
    }

    #[test]
    fn a_process_that_does_not_show_its_namespace_shows_none() {
        let mut namespaces = Namespaces::default();
        namespaces.look(&[1, 2, 3], |process| (process != 2).then_some(7));
        let mut shown_by = namespaces.shown().remove(&7).unwrap();
        shown_by.sort_unstable();
        assert_eq!(shown_by, [1, 3]);
    }

    #[test]
    fn where_a_process_has_gone_another_shows_the_namespace() {
        let this = std::process::id();
        let namespace = namespace(this).unwrap();
        assert!(running().contains(&this));
        assert!(addresses(namespace, &[u32::MAX, this]).contains(&IpAddr::from([127, 0, 0, 1])));
        assert!(addresses(namespace + 1, &[this]).is_empty(), "it has gone to another");
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
