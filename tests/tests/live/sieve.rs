//! The sieve in the kernel: it keeps the bytes that it keeps on the host, and no other.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use observer::event::Event;
use observer::pipeline::{self, Pipeline};
use observer::protocol::sieve::Words;
use observer::source::live::{Capture, Config, Copy, Counter};
use observer_common::sieve::{ANY_RESPONSE, Code, entry_index};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::capture::watching;
use tests::netns::Namespace;
use tests::sieve::Sieve;
use tests::sieve::dialogue::{Dialogue, dialogues};
use tests::sieve::tap::{Tap, sieved, streams};
use tests::traffic::Pair;
use tests::wire::{request, response, string};

/// Messages of each layout.
const PER_LAYOUT: u32 = 7;

/// Every layout that has words of its own: messages of Kafka's own classes, over loopback sockets, in
/// writes of any size.
#[test]
fn kernel_and_host_keep_the_same_of_every_layout_with_data() {
    let dialogues = with_data();
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { sockets: false, ring_bytes: 64 << 20, ..watching(port, &["lo"]) };
    let plain = Config { copy: Copy::Plain, ..config.clone() };
    let (plain, sieve) = here.run(|| (Tap::start(&plain), Tap::start(&config)));
    assert!(sieve.handle.mode().is_sieve && !plain.handle.mode().is_sieve);
    here.run(|| dialogues.iter().for_each(|dialogue| talk(dialogue, &listener)));
    for tap in [&plain, &sieve] {
        wait_until(|| tap.has_closed(dialogues.len()));
    }
    let ((whole, _), (kept, counters)) = (plain.finish(), sieve.finish());
    let mut host = Sieve::default();
    let expected = sieved(&whole, &mut host);
    assert_eq!(host.falls, []);
    assert_eq!(counters.lost_bytes(), 0);
    assert_eq!(counters.accounted(), counters.get(observer::source::live::Counter::Seen));
    let (expected, kept) = (streams(&expected), streams(&kept));
    assert!(expected.len() >= 2 * dialogues.len());
    for (flow, expected) in &expected {
        let kept = &kept[flow];
        let difference = expected.iter().find(|(seq, byte)| kept.get(seq) != Some(byte));
        assert_eq!(difference, None, "{flow:?}");
        assert_eq!(kept.len(), expected.len(), "{flow:?}");
    }
}

/// Requests that come as fast as they are answered are soon not copied whole any more, when capture
/// begins in their midst: a few of them on a quiet machine, some hundred where the daemon must wait for
/// a processor.
#[test]
fn a_busy_connection_that_is_joined_is_soon_in_step() {
    const DATA: usize = 10_000;
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { sockets: false, drop_privileges: false, ..watching(port, &["lo"]) };
    here.run(|| {
        let mut pair = Pair::connect(&listener);
        let mut produce = |ids: std::ops::Range<i32>| {
            for id in ids {
                pair.request(&produce_request(id, DATA));
                pair.respond(&produce_answer(id));
            }
        };
        produce(0..10);
        let capture = Capture::start(&config).expect("this test captures for real");
        let (handle, stop) = (capture.handle(), AtomicBool::new(false));
        let counters = thread::scope(|scope| {
            scope.spawn(|| {
                let mut pipeline = Pipeline::new(pipeline::Config::new(config.ports.clone()));
                let handle = capture.handle();
                capture.run(&stop, |input| {
                    pipeline.input(&input, &mut |event: Event<'_>| {
                        if let Event::Command(command) = event {
                            handle.command(command);
                        }
                    });
                });
            });
            produce(10..5_000);
            let counters = handle.counters();
            stop.store(true, Ordering::Relaxed);
            counters
        });
        assert_eq!(counters.get(Counter::Resumes), 2, "both directions");
        // What is kept of all of them in step is as much as some eighty.
        let whole = counters.get(Counter::CopiedBytes) as usize / DATA;
        println!("as much as {whole} frames was copied");
        assert!(whole < 1_000, "{whole} frames were copied");
    });
}

/// Produce v3 of one batch.
fn produce_request(id: i32, len: usize) -> Vec<u8> {
    let mut set = vec![0; 61 + len];
    set[8..12].copy_from_slice(&(49 + len as i32).to_be_bytes());
    set[16] = 2;
    let number = |n: i32| n.to_be_bytes().to_vec();
    let body = [
        [&[0xff, 0xff, 0xff, 0xff][..], &number(1_000)].concat(),
        [number(1), string("orders"), number(1), number(0), number(set.len() as i32)].concat(),
        set,
    ];
    request(0, 3, id, "client", &body.concat())
}

fn produce_answer(id: i32) -> Vec<u8> {
    let number = |n: i32| n.to_be_bytes().to_vec();
    let topic = [number(1), string("orders"), number(1), number(0)].concat();
    response(id, &[topic, vec![0; 2 + 8 + 8 + 4]].concat())
}

/// Dialogues of which either side has words of its own.
fn with_data() -> Vec<Dialogue> {
    let words = Words::of_table();
    let has_words = |dialogue: &Dialogue| {
        let (key, version) = dialogue.layout;
        let index = entry_index((key as u32) << 16 | version as u32).expect("of the table");
        let entry = words.entry(index);
        entry.request() != ANY_RESPONSE || entry.response() != 0
    };
    let all = dialogues(PER_LAYOUT).expect("the generator");
    let with_data: Vec<_> = all.into_iter().filter(has_words).collect();
    // Produce, Fetch, FetchSnapshot, PushTelemetry, ShareFetch; logins, tokens, passwords, settings;
    // Envelope.
    for key in [0, 1, 59, 72, 78, 36, 38, 39, 40, 41, 51, 33, 44, 58] {
        assert!(with_data.iter().any(|dialogue| dialogue.layout.0 == key), "{key}");
    }
    with_data
}

/// A connection on which it is asked and answered.
fn talk(dialogue: &Dialogue, listener: &TcpListener) {
    let (key, version) = dialogue.layout;
    let mut rng = StdRng::seed_from_u64((key as u64) << 16 | version as u64);
    let mut pair = Pair::connect(listener);
    for (request, response) in &dialogue.frames {
        let Pair { client, server } = &mut pair;
        pass(client, server, request, &mut rng);
        pass(server, client, response, &mut rng);
    }
    pair.close();
}

fn pass(
    from: &mut std::net::TcpStream,
    to: &mut std::net::TcpStream,
    bytes: &[u8],
    rng: &mut StdRng,
) {
    let longest = [3, 40, 1500, 100_000][rng.random_range(0..4)].max(bytes.len() / 200);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut received = vec![0; bytes.len()];
            to.read_exact(&mut received).unwrap();
        });
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rng.random_range(1..=longest).min(rest.len()));
            from.write_all(now).unwrap();
            rest = later;
        }
    });
}

fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "not all connections were seen to close");
        thread::sleep(Duration::from_millis(5));
    }
}
