//! What observing costs, without a broker: requests and answers over loopback sockets in, time in the
//! kernel's programs and in the draining thread out, for each exchange, with either way to capture.
//! `cargo bench -p tests --bench segments`, or behind `--` the names of some loads; it takes root, and
//! a minute.
//!
//! The broker's share, and what others cost, is what `cargo xtask bench` measures. This one shows in a
//! moment whether a change helps.

mod load;

use std::io::{Read, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use observer::event::{Event, Handler};
use observer::input::Input;
use observer::pipeline::{self, Pipeline};
use observer::sink::metrics::{Metrics, Options};
use observer::source::live::{Capture, Config, Copy, Counter, Handle};
use observer::time::Timestamp;
use tests::capture::watching;
use tests::netns::Namespace;
use tests::traffic::Pair;
use xtask::bench::bpf;

use load::{Load, loads};

/// Times that each is measured; the least is told, as all else is what disturbed it.
const ROUNDS: usize = 5;
/// A ring in which nothing is lost where whole payloads are copied.
const LARGE: u32 = 256 << 20;
/// Exchanges before what is measured.
const WARM: u32 = 100;

fn main() {
    let _counting = bpf::Counting::start().expect("this bench takes root");
    println!("{:<12} {:>6} {:>12} {:>12} {:>8}", "ns/exchange", "", "kernel", "daemon", "ring");
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let loads = loads().into_iter();
    for load in loads.filter(|load| wanted.is_empty() || wanted.iter().any(|w| w == load.name)) {
        // They take turns, as a machine's pace changes.
        let rounds: Vec<_> = (0..ROUNDS).map(|_| COPIES.map(|copy| measure(&load, copy))).collect();
        for (at, name) in ["sieve", "plain"].into_iter().enumerate() {
            let least = |of: fn(&Cost) -> f64| {
                rounds.iter().map(|round| of(&round[at])).fold(f64::MAX, f64::min)
            };
            println!(
                "{:<12} {:>6} {:>12.0} {:>12.0} {:>7.2}%",
                load.name,
                name,
                least(|cost| cost.kernel),
                least(|cost| cost.daemon),
                100.0 * least(|cost| cost.ring),
            );
        }
    }
}

/// Either way to capture.
const COPIES: [Copy; 2] = [Copy::Sieve, Copy::Plain];

/// Nanoseconds for each exchange; bytes of the ring for each on the wire.
struct Cost {
    kernel: f64,
    daemon: f64,
    ring: f64,
}

fn measure(load: &Load, copy: Copy) -> Cost {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config {
        sockets: false,
        copy,
        drop_privileges: false,
        ring_bytes: if copy == Copy::Plain { LARGE } else { Config::default().ring_bytes },
        ..watching(port, &["lo"])
    };
    here.run(|| {
        let capture = Capture::start(&config).expect("this bench captures for real");
        let handle = capture.handle();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let daemon = thread::Builder::new()
                .name("drain".to_owned())
                .spawn_scoped(scope, || drain(capture, &config, &stop))
                .expect("a thread");
            let mut pair = Pair::connect(&listener);
            let run_time = || bpf::run_time(std::process::id()).expect("the kernel counts");
            exchange(load, 0..WARM, &mut pair);
            let before = run_time();
            exchange(load, WARM..WARM + load.exchanges, &mut pair);
            let kernel = run_time().saturating_sub(before);
            stop.store(true, Ordering::Relaxed);
            let (daemon, exchanges) = daemon.join().expect("the draining thread");
            let counters = handle.counters();
            assert_eq!(counters.lost_bytes(), 0, "{}", load.name);
            assert_eq!(exchanges, WARM + load.exchanges, "{}", load.name);
            let each = |time: Duration| time.as_nanos() as f64 / f64::from(load.exchanges);
            let bytes = |counter| counters.get(counter) as f64;
            Cost {
                kernel: each(kernel),
                daemon: each(daemon),
                ring: bytes(Counter::RingBytes) / bytes(Counter::Seen),
            }
        })
    })
}

/// Sends and answers one after the other.
fn exchange(load: &Load, ids: Range<u32>, Pair { client, server }: &mut Pair) {
    let answered = ids.clone();
    thread::scope(|scope| {
        scope.spawn(move || {
            let (mut request, mut response) = (load.request.clone(), load.response.clone());
            let mut swept = vec![0; load.sweep];
            for id in answered {
                server.read_exact(&mut request).expect("a request");
                sweep(&mut swept);
                response[4..8].copy_from_slice(&id.to_be_bytes());
                server.write_all(&response).expect("a reader");
            }
        });
        let (mut request, mut response) = (load.request.clone(), load.response.clone());
        let mut swept = vec![0; load.sweep];
        for id in ids {
            sweep(&mut swept);
            request[8..12].copy_from_slice(&id.to_be_bytes());
            client.write_all(&request).expect("a reader");
            client.read_exact(&mut response).expect("an answer");
        }
    });
}

/// Writes in each of a memory's cache lines.
fn sweep(memory: &mut [u8]) {
    for byte in memory.iter_mut().step_by(64) {
        *byte = std::hint::black_box(byte.wrapping_add(1));
    }
}

/// What the daemon does; its processor time behind the first exchanges, and all that it saw.
fn drain(capture: Capture, config: &Config, stop: &AtomicBool) -> (Duration, u32) {
    let mut pipeline = Pipeline::new(pipeline::Config::new(config.ports.clone()));
    let metrics = Metrics::new(Options::default()).expect("the usual options");
    let mut sinks = Sinks { handle: capture.handle(), metrics, exchanges: 0, warm: Duration::ZERO };
    let mut until = Duration::ZERO;
    capture.run(stop, |input| {
        pipeline.input(&input, &mut sinks);
        if matches!(input, Input::Tick(_)) {
            until = thread_time();
        }
    });
    (until.saturating_sub(sinks.warm), sinks.exchanges)
}

struct Sinks {
    handle: Handle,
    metrics: Metrics,
    exchanges: u32,
    /// The thread's time when the first exchanges had passed.
    warm: Duration,
}

impl Handler for Sinks {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Command(command) => self.handle.command(command),
            Event::Exchange(_) => {
                self.exchanges += 1;
                if self.exchanges <= WARM {
                    self.warm = thread_time();
                }
            }
            _ => {}
        }
        self.metrics.event(event);
    }

    fn time(&mut self, now: Timestamp) {
        self.metrics.time(now);
    }
}

/// The calling thread's processor time.
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}
