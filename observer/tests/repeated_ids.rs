//! A client that gives all its requests the same correlation id: what it lost of them is never made
//! up for by pairing a response with the next.

mod script;

use observer::event::{Event, Outcome};
use observer::input::TcpFlags;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use script::{From, Script, heartbeat, request, response};

const EXCHANGES: usize = 60;

/// Metadata of a version that no table knows: its layout refutes nothing. The answer to the request
/// with this many bytes is as much longer, and no other is.
fn asked(n: usize) -> Vec<u8> {
    request(3, 99, 0, &vec![0x31; n])
}

fn answered(n: usize) -> Vec<u8> {
    response(0, &vec![0x31; 100 + n])
}

fn run(seed: u64) -> usize {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut script = Script::new().open();
    let (base, answer_base) = (asked(0).len(), answered(0).len());
    let mut pairs = 0;
    let mut check = |event: Event<'_>| {
        if let Event::Exchange(exchange) = event
            && exchange.outcome == Outcome::Answered
            && exchange.header.api_key == 3
        {
            let question = exchange.request_bytes as usize + 4 - base;
            let answer = exchange.response_bytes.unwrap() as usize + 4 - answer_base;
            assert_eq!(question, answer, "a false pair, seed {seed}");
            pairs += 1;
        }
    };
    script.observe(From::Client, TcpFlags::ACK, &heartbeat(0), &mut check);
    script.observe(From::Broker, TcpFlags::ACK, &response(0, &[0; 2]), &mut check);
    for n in 0..EXCHANGES {
        let whole = asked(n);
        let (first, second) = whole.split_at(rng.random_range(0..whole.len()));
        for part in [first, second] {
            if rng.random_ratio(1, 6) {
                script.unseen(From::Client, part);
            } else if !part.is_empty() {
                script.observe(From::Client, TcpFlags::ACK, part, &mut check);
            }
        }
        let whole = answered(n);
        for part in whole.chunks(rng.random_range(1..=whole.len())) {
            script.observe(From::Broker, TcpFlags::ACK, part, &mut check);
        }
    }
    script.finish_with(&mut check);
    pairs
}

#[test]
fn a_response_is_never_the_next_requests() {
    let pairs: usize = (0..500).map(run).sum();
    // Most requests were seen, and found again behind a hole.
    assert!(pairs > 500 * EXCHANGES / 2, "{pairs} pairs");
}
