//! A capture that copies all and one with the sieve, side by side on one loopback interface: what the
//! kernel's sieve tells must be, record by record, what the host's makes of the same skbs.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use observer::input::Flow;
use observer::source::live::{Config, Copy, Counter, Counters, Why};

use super::Sieve;
use super::tap::Tap;
use super::told::{Told, directions, sieved, skbs};
use crate::capture::watching;
use crate::netns::Namespace;
use crate::running::wait_until;
use crate::traffic::Pair;

/// Whether a connection that has ended may be followed by one between the same ports. The kernel's sieve
/// forgets those that have ended when it needs the room, and the host's forgets none.
const REUSE: &str = "/proc/sys/net/ipv4/tcp_tw_reuse";

/// The two captures, in a network namespace of their own.
pub struct Both {
    here: Namespace,
    talks: Talks,
    plain: Tap,
    sieve: Tap,
}

/// Connections that both see.
pub struct Talks {
    listener: TcpListener,
    /// By the flow from the client.
    names: BTreeMap<Flow, String>,
}

/// What was the same.
pub struct Compared {
    /// What the wire carried, skb by skb, by direction.
    pub skbs: BTreeMap<Flow, Vec<Told>>,
    /// What the sieves told of it.
    pub records: BTreeMap<Flow, Vec<Told>>,
    /// How often a direction fell out of step, and why.
    pub falls: Vec<Why>,
}

impl Both {
    /// Starts them.
    ///
    /// # Panics
    /// Where they do not start; it takes root.
    pub fn start() -> Self {
        let here = Namespace::new();
        let (port, listener) = here.run(|| {
            fs::write(REUSE, "0").unwrap();
            Pair::listen("127.0.0.1")
        });
        let config = Config { sockets: false, ring_bytes: 64 << 20, ..watching(port, &["lo"]) };
        let plain = Config { copy: Copy::Plain, ..config.clone() };
        let (plain, sieve) = here.run(|| (Tap::start(&plain), Tap::start(&config)));
        assert!(sieve.handle.mode().is_sieve && !plain.handle.mode().is_sieve);
        Self { here, talks: Talks { listener, names: BTreeMap::new() }, plain, sieve }
    }

    /// Talks over connections that both see, and closes them.
    ///
    /// # Panics
    /// Where the talk does.
    pub fn talk(&mut self, talk: impl FnOnce(&mut Talks) + Send) {
        let Self { here, talks, .. } = self;
        here.run(|| talk(talks));
    }

    /// Ends them. Only times are not compared, see [`directions`].
    ///
    /// # Panics
    /// Where the kernel's sieve does not tell what the host's does.
    pub fn compare(self) -> Compared {
        let Self { talks: Talks { names, .. }, plain, sieve, .. } = self;
        for tap in [&plain, &sieve] {
            wait_until("all connections have closed", Duration::from_secs(20), || {
                tap.has_closed(names.len())
            });
        }
        let ((whole, unsieved), (told, counters)) = (plain.finish(), sieve.finish());
        assert_eq!(unsieved.lost_bytes(), 0);
        let (skbs, mut host) = (skbs(&whole), Sieve::default());
        let records = directions(sieved(&skbs, &mut host));
        assert_same_counts(&counters, &host);
        let name = |flow: &Flow| names.get(flow).or_else(|| names.get(&flow.reversed()));
        let told = directions(told);
        assert_eq!(records.len(), 2 * names.len());
        assert!(records.keys().eq(told.keys()));
        for (flow, expected) in &records {
            assert_same_records(name(flow).expect("one of these"), expected, &told[flow]);
        }
        Compared { skbs: directions(skbs), records, falls: host.falls }
    }
}

impl Talks {
    /// A new connection, by this name where it is found wanting.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn connect(&mut self, name: impl Into<String>) -> Pair {
        let pair = Pair::connect(&self.listener);
        assert_eq!(self.names.insert(pair.flow(), name.into()), None, "no ports are used again");
        pair
    }
}

fn assert_same_counts(counters: &Counters, host: &Sieve) {
    assert_eq!(counters.lost_bytes(), 0);
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    for why in Why::ALL {
        let falls = host.falls.iter().filter(|fall| **fall == why).count();
        assert_eq!(counters.get(Counter::of_fall(why)), falls as u64, "{why:?}");
    }
    assert_eq!(counters.get(Counter::Resumes), host.resumes as u64);
    assert_eq!(counters.get(Counter::DuplicateBytes), host.duplicate);
}

fn assert_same_records(name: &str, expected: &[Told], told: &[Told]) {
    let pairs = expected.iter().zip(told);
    if let Some((expected, told)) = pairs.clone().find(|(expected, told)| expected != told) {
        let at = pairs.take_while(|(expected, told)| expected == told).count();
        panic!("{name}, record {at}: expected\n{expected:?}, the kernel told\n{told:?}");
    }
    assert_eq!(told.len(), expected.len(), "{name}: records");
}
