//! What a connection that is silent costs an observer in memory, beside the kernel's tables, which are as
//! large as they will be from the start.

use std::time::Duration;

use tests::oracle::Observing;
use tests::running::wait_until;
use tests::streamed::anonymous;
use tests::traffic::Pair;
use tests::wire::{heartbeat, heartbeat_answer};

#[test]
fn idle_connections_take_a_kibibyte_each() {
    const BEFORE: u64 = 500;
    const MORE: u64 = 1_000;
    let (port, listener) = Pair::listen("127.0.0.1");
    let observing = Observing::start(&[port]).expect("an observer");
    let mut pairs = Vec::new();
    let mut with = |count: u64| {
        for id in 0..count as i32 {
            let mut pair = Pair::connect(&listener);
            pair.request(&heartbeat(id, "client"));
            pair.respond(&heartbeat_answer(id));
            pairs.push(pair);
        }
        let all = pairs.len() as u64;
        wait_until("all are known", Duration::from_secs(10), || {
            observing.metrics().is_ok_and(|metrics| metrics.sum("connections", "") == all)
        });
        anonymous(observing.pid()).expect("its memory")
    };
    let before = with(BEFORE);
    let each = with(MORE).saturating_sub(before) / MORE;
    println!("{each} bytes for each idle connection");
    assert!(each <= 1 << 10, "{each} bytes");
}
