//! What a connection that is silent costs an observer in memory, beside the kernel's tables, which are as
//! large as they will be from the start.

use std::time::Duration;

use observer::source::live::allow_files;
use tests::oracle::Observing;
use tests::running::wait_until;
use tests::streamed::anonymous;
use tests::traffic::Pair;
use tests::wire::{heartbeat, heartbeat_answer};

const BEFORE: u64 = 500;
const MORE: u64 = 1_000;

#[test]
fn idle_connections_take_a_kibibyte_each() {
    let each = bytes_of_each(|_| "client".to_owned());
    println!("{each} bytes for each idle connection");
    assert!(each <= 1 << 10, "{each} bytes");
}

/// A client is known by its id, and what counts for it is found by that.
#[test]
fn idle_clients_take_two_kibibytes_each() {
    let each = bytes_of_each(|id| format!("client-{id}"));
    println!("{each} bytes for each idle client");
    assert!(each <= 2 << 10, "{each} bytes");
}

fn bytes_of_each(client: fn(u64) -> String) -> u64 {
    allow_files().expect("many open files");
    let (port, listener) = Pair::listen("127.0.0.1");
    let observing = Observing::start(&[port]).expect("an observer");
    let mut pairs = Vec::new();
    let mut with = |ids: std::ops::Range<u64>| {
        for id in ids {
            let mut pair = Pair::connect(&listener);
            pair.request(&heartbeat(id as i32, &client(id)));
            pair.respond(&heartbeat_answer(id as i32));
            pairs.push(pair);
        }
        let all = pairs.len() as u64;
        wait_until("all are known", Duration::from_secs(10), || {
            observing.metrics().is_ok_and(|metrics| metrics.sum("connections", "") == all)
        });
        anonymous(observing.pid()).expect("its memory")
    };
    let before = with(0..BEFORE);
    with(BEFORE..BEFORE + MORE).saturating_sub(before) / MORE
}
