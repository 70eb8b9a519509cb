//! What a connection that is silent costs an observer in memory, beside the kernel's tables, which are as
//! large as they will be from the start.

use std::time::Duration;

use observer::source::live::allow_files;
use tests::oracle::Observing;
use tests::running::wait_until;
use tests::streamed::anonymous;
use tests::traffic::Pair;
use tests::wire::{heartbeat, heartbeat_answer};

#[test]
fn idle_connections_take_a_kibibyte_each() {
    let each = bytes_of_each(500, 1_000, |_| "client".to_owned());
    println!("{each} bytes for each idle connection");
    assert!(each <= 1 << 10, "{each} bytes");
}

/// What counts for a client comes on top: there are series for each id, up to a bound.
#[test]
fn clients_that_ask_one_thing_take_sixteen_kibibytes_each() {
    let each = bytes_of_each(300, 600, |id| format!("client-{id}"));
    println!("{each} bytes for each client id");
    assert!(each <= 16 << 10, "{each} bytes");
}

fn bytes_of_each(before: u64, more: u64, client: fn(u64) -> String) -> u64 {
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
    let resident = with(0..before);
    with(before..before + more).saturating_sub(resident) / more
}
