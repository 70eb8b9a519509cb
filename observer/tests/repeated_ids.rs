//! A client that gives all its requests the same correlation id: what it lost of them is never made
//! up for by pairing a response with the next.

mod script;

use observer::event::{Event, Outcome};
use observer::input::TcpFlags;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use script::{From, Script, heartbeat, request, response};

const EXCHANGES: usize = 60;

/// Metadata of which version.
#[derive(Clone, Copy, Debug)]
enum Version {
    /// One with a layout, which the messages follow.
    Known,
    /// One that no table knows: its layout refutes nothing.
    Unknown,
}

/// The answer to the request with this many bytes more is as much longer, and no other is.
fn asked(version: Version, n: usize) -> Vec<u8> {
    match version {
        Version::Known => request(3, 1, 0, &[&[0, 0, 0, 1][..], &named(n)].concat()),
        Version::Unknown => request(3, 99, 0, &vec![0x31; n]),
    }
}

fn answered(version: Version, n: usize) -> Vec<u8> {
    match version {
        // No brokers, a controller, and a topic without partitions.
        Version::Known => {
            let head = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0];
            response(0, &[&head[..], &named(79 + n), &[0; 5]].concat())
        }
        Version::Unknown => response(0, &vec![0x31; 100 + n]),
    }
}

fn named(len: usize) -> Vec<u8> {
    [&(len as u16).to_be_bytes()[..], &vec![b'1'; len]].concat()
}

fn run(version: Version, seed: u64) -> usize {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut script = Script::new().open();
    let (base, answer_base) = (asked(version, 0).len(), answered(version, 0).len());
    let mut pairs = 0;
    let mut check = |event: Event<'_>| {
        if let Event::Exchange(exchange) = event
            && exchange.outcome == Outcome::Answered
            && exchange.header.api_key == 3
        {
            let question = exchange.request_bytes as usize + 4 - base;
            let answer = exchange.response_bytes.unwrap() as usize + 4 - answer_base;
            assert_eq!(question, answer, "a false pair, {version:?}, seed {seed}");
            pairs += 1;
        }
    };
    script.observe(From::Client, TcpFlags::ACK, &heartbeat(0), &mut check);
    script.observe(From::Broker, TcpFlags::ACK, &response(0, &[0; 2]), &mut check);
    for n in 0..EXCHANGES {
        let whole = asked(version, n);
        let (first, second) = whole.split_at(rng.random_range(0..whole.len()));
        for part in [first, second] {
            if rng.random_ratio(1, 6) {
                script.unseen(From::Client, part);
            } else if !part.is_empty() {
                script.observe(From::Client, TcpFlags::ACK, part, &mut check);
            }
        }
        let whole = answered(version, n);
        for part in whole.chunks(rng.random_range(1..=whole.len())) {
            script.observe(From::Broker, TcpFlags::ACK, part, &mut check);
        }
    }
    script.finish_with(&mut check);
    pairs
}

#[test]
fn a_response_is_never_the_next_requests() {
    for version in [Version::Known, Version::Unknown] {
        let pairs: usize = (0..500).map(|seed| run(version, seed)).sum();
        // Until the first that was not seen, all are paired: behind it, one may always be in flight.
        assert!(pairs > 500, "{version:?}: {pairs} pairs");
    }
}
