//! Times against a peer that knows them: delays of 0.3, 3 and 30 ms, pipelined and not.
//!
//! Needs root, for the recording.

use std::fs::File;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use observer::event::Exchange;
use observer::ports::Ports;
use tests::dumpcap::Recorder;
use tests::in_process;
use tests::peer::{Interval, Script, Truth, converse};
use xtask::kafka::free_port;

/// How far a measured time may be from what the peer recorded: 2 % and 50 us.
const PART: f64 = 0.02;
const FIXED: Duration = Duration::from_micros(50);
/// How well the peer must know a time for the comparison to say much, and how many such times are
/// asked for: on a busy machine a write takes long now and then.
const SHARP: Duration = Duration::from_micros(100);
const ENOUGH: usize = 20;
const CONVERSATIONS: usize = 20;

/// Peers that spin beside each other keep each other waiting.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[test]
fn one_request_at_a_time() {
    for delay_us in [300, 3_000, 30_000] {
        hold(&script(delay_us, 1, None));
    }
}

#[test]
fn five_requests_in_flight() {
    for delay_us in [300, 3_000, 30_000] {
        hold(&script(delay_us, 5, None));
    }
}

#[test]
fn messages_in_two_parts() {
    for in_flight in [1, 5] {
        hold(&script(3_000, in_flight, Some(Duration::from_millis(2))));
    }
}

fn script(delay_us: u64, in_flight: i32, split: Option<Duration>) -> Script {
    Script { delay: Duration::from_micros(delay_us), in_flight, rounds: 20, split }
}

fn hold(script: &Script) {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut sharp = 0;
    for _ in 0..CONVERSATIONS {
        sharp += hold_once(script);
        if sharp >= ENOUGH {
            return;
        }
    }
    panic!("{script:?}: only {sharp} times are known well");
}

/// Checks every exchange of one conversation; returns how many of its times are known well.
fn hold_once(script: &Script) -> usize {
    let port = free_port().expect("a port");
    let recorder = Recorder::start(&[port]).expect("dumpcap records");
    let truths = converse(port, script).expect("the peers talk");
    let recording = recorder.stop().expect("dumpcap recorded all");
    let capture = File::open(recording.path()).expect("a recording");
    let said = in_process::run(capture, &Ports::from_iter([port..=port]));
    assert_eq!(said.exchanges.len(), truths.len(), "{script:?}");
    for exchange in &said.exchanges {
        let id = exchange.header.correlation_id;
        let truth = truths.iter().find(|truth| truth.correlation_id == id);
        check(exchange, truth.expect("a request that was sent"));
    }
    truths.iter().filter(|truth| truth.broker_time.width() < SHARP).count()
}

fn check(exchange: &Exchange, truth: &Truth) {
    let admits = |interval: Interval, measured: Option<Duration>| {
        measured.is_some_and(|measured| interval.admits(measured, PART, FIXED))
    };
    assert!(
        admits(truth.duration, exchange.duration)
            && admits(truth.wait, exchange.wait)
            && admits(truth.broker_time, exchange.broker_time),
        "{exchange:#?}\nis not {truth:#?}",
    );
}
