//! The sieve in the kernel, of recorded connections and of large requests, cut up anyhow: it tells the
//! same records as on the host, in step and out of it.

use observer::input::Wants;
use observer::ports::Ports;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::many_sets::in_a_row;
use tests::resent::Recorded;
use tests::sieve::RECORDED;
use tests::sieve::both::{Both, Compared};
use tests::sieve::damage::damage;
use tests::sieve::dialogue::PORT;
use tests::sieve::told::Told;
use tests::wire::heartbeat;

const SEEDS: u64 = 8;
/// Rounds with damaged bytes.
const DAMAGED: u64 = 40;
/// The most bytes of a write: a few, a part of a frame, what Ethernet has room for, whole skbs.
const LONGEST: [usize; 4] = [5, 120, 1448, 70_000];

#[test]
fn recorded_streams_in_any_segments() {
    let recorded = recorded().map(|recorded| recorded.joined());
    let mut both = Both::start();
    both.talk(|talks| {
        for (seed, longest) in (0..SEEDS).flat_map(|seed| LONGEST.map(|longest| (seed, longest))) {
            let mut rng = StdRng::seed_from_u64(seed);
            for (index, recorded) in recorded.iter().enumerate() {
                let name = format!("capture {index}, writes up to {longest}, seed {seed}");
                let connect = || talks.connect(&name);
                recorded.resend_in(connect, || rng.random_range(1..=longest)).close();
            }
        }
    });
    let compared = both.compare();
    assert_eq!(compared.falls, []);
    let [seen, kept, starts] = amounts(&compared);
    println!("of {seen} bytes {kept} were kept, {starts} times from a frame's beginning on");
    assert!(kept < seen && starts > 1_000);
}

/// Bytes that are not what they should be: directions lose the step, are copied, and look for it again.
#[test]
fn damaged_streams_in_any_segments() {
    let recorded = recorded();
    let mut both = Both::start();
    both.talk(|talks| {
        for seed in 0..DAMAGED {
            let mut rng = StdRng::seed_from_u64(seed);
            for (index, recorded) in recorded.iter().enumerate() {
                let mut damaged = recorded.clone();
                damaged.change(|piece| {
                    match rng.random_range(0..60) {
                        // An impossible length.
                        0 => piece[0] = 0xff,
                        1..6 => damage(piece, &mut rng),
                        _ => {}
                    }
                });
                let longest = LONGEST[rng.random_range(1..4)];
                let name = format!("damaged capture {index}, writes up to {longest}, seed {seed}");
                let connect = || talks.connect(&name);
                damaged.joined().resend_in(connect, || rng.random_range(1..=longest)).close();
            }
        }
        let mut pair = talks.connect("a large segment behind an impossible length");
        pair.request(&heartbeat(1, "c"));
        pair.request(&[0xff; 8]);
        pair.request(&in_a_row(200, &mut StdRng::seed_from_u64(0))[0]);
        pair.close();
    });
    let compared = both.compare();
    println!("{} falls", compared.falls.len());
    assert!(compared.falls.len() > 50);
    for wants in [Wants::Nothing, Wants::Place, Wants::Here, Wants::Answer] {
        let all = compared.records.values().flatten();
        let count = all.filter(|record| record.wants == wants).count();
        println!("{count} records want {wants:?}");
        assert!(count > 50, "{wants:?}");
    }
    let mut records = compared.records.values().flatten();
    // Of a segment that takes several records, only the first asks whether a frame begins with it.
    assert!(records.any(|record| record.wants == Wants::Here && record.wire_len == 8192));
}

/// Of skbs of which much is kept, records end where there is no more room.
#[test]
fn large_segments() {
    let mut both = Both::start();
    both.talk(|talks| {
        for seed in 0..45 {
            let mut rng = StdRng::seed_from_u64(seed);
            let [requests, responses] = in_a_row(200, &mut rng);
            let longest = [1448, 70_000, 1 << 30][seed as usize % 3];
            let name = format!("many sets, writes up to {longest}, seed {seed}");
            let mut pair = talks.connect(name);
            pair.request_in(&requests, || rng.random_range(1..=longest));
            pair.respond_in(&responses, || rng.random_range(1..=longest));
            pair.close();
        }
    });
    let compared = both.compare();
    assert_eq!(compared.falls, []);
    let full = compared.records.values().flatten().filter(|record| record.kept_len() > 6_000);
    let full = full.count();
    println!("{full} records are full");
    assert!(full > 20);
}

/// What the captures hold.
fn recorded() -> [Recorded; 4] {
    let ports = Ports::from_iter([PORT..=PORT]);
    RECORDED.map(|capture| Recorded::read(capture, &ports).expect("a whole capture"))
}

/// Bytes seen and kept, and how often a frame is known to begin.
fn amounts(compared: &Compared) -> [usize; 3] {
    let seen = compared.skbs.values().flatten().map(|skb| skb.wire_len as usize).sum();
    let records = || compared.records.values().flatten();
    let kept = records().map(Told::kept_len).sum();
    let chunks = records().flat_map(|record| &record.kept);
    [seen, kept, chunks.filter(|(.., is_start)| *is_start).count()]
}
