//! Times against a peer that knows them: delays of 0.3, 3 and 30 ms, pipelined and not.
//!
//! Needs root, for the recording and the capture.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use observer::event::Exchange;
use observer::ports::Ports;
use tests::dumpcap::Recorder;
use tests::peer::{Interval, Script, Truth, converse};
use tests::stored::run_file;
use xtask::kafka::free_port;

/// How far a measured time may be from what the peer recorded: 2 % and 50 us.
const PART: f64 = 0.02;
const FIXED: Duration = Duration::from_micros(50);
/// How well the peer must know a time for the comparison to say much, and how many such times are
/// asked for, in how many conversations at most: on a busy machine a write takes long now and then, and on a
/// slow one mostly.
const SHARP: Duration = Duration::from_micros(100);
const ENOUGH: usize = 20;
const CONVERSATIONS: usize = 100;

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

#[cfg(feature = "live")]
#[test]
fn captured_live() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let port = free_port().expect("a port");
    for (delay_us, in_flight) in [(300, 1), (3_000, 5), (30_000, 5)] {
        let observing = tests::oracle::Observing::start(&[port]).expect("the observer captures");
        let script = script(delay_us, in_flight, None);
        let truths = converse(port, &script).expect("the peers talk");
        let live = observing.stop().expect("the observer saw it");
        let times = live.records.iter().map(|r| (r.correlation_id, Times::from(r)));
        check_all(&times.collect::<Vec<_>>(), &truths);
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
    let ports = Ports::from_iter([port..=port]);
    let said = run_file(&recording.path(), &ports).expect("a recording");
    let times = said.exchanges.iter().map(|e| (e.header.correlation_id, Times::from(e)));
    check_all(&times.collect::<Vec<_>>(), &truths);
    truths.iter().filter(|truth| truth.broker_time.width() < SHARP).count()
}

/// What was measured of an exchange.
#[derive(Clone, Copy, Debug)]
struct Times {
    duration: Option<Duration>,
    wait: Option<Duration>,
    broker_time: Option<Duration>,
}

impl From<&Exchange> for Times {
    fn from(exchange: &Exchange) -> Self {
        let Exchange { duration, wait, broker_time, .. } = *exchange;
        Self { duration, wait, broker_time }
    }
}

#[cfg(feature = "live")]
impl From<&tests::record::Record> for Times {
    fn from(record: &tests::record::Record) -> Self {
        let time = |us: Option<f64>| us.map(|us| Duration::from_secs_f64(us / 1e6));
        Self {
            duration: time(record.duration_us),
            wait: time(record.wait_us),
            broker_time: time(record.broker_time_us),
        }
    }
}

/// Every exchange was seen once, with its true times.
fn check_all(measured: &[(i32, Times)], truths: &[Truth]) {
    assert_eq!(measured.len(), truths.len());
    for truth in truths {
        let times = measured.iter().find(|(id, _)| *id == truth.correlation_id);
        let (_, times) = times.expect("a request that was sent");
        let admits = |interval: Interval, measured: Option<Duration>| {
            measured.is_some_and(|measured| interval.admits(measured, PART, FIXED))
        };
        assert!(
            admits(truth.duration, times.duration)
                && admits(truth.wait, times.wait)
                && admits(truth.broker_time, times.broker_time),
            "{times:#?}\nis not {truth:#?}",
        );
    }
}
