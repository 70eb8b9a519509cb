//! The sieve in the kernel: it keeps the bytes that it keeps on the host, and no other.

use observer::protocol::sieve::Words;
use observer::source::live::{Config, Counter};
use observer_common::sieve::{ANY_RESPONSE, Code, entry_index};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::capture::watching;
use tests::netns::Namespace;
use tests::observed::{Observed, falls};
use tests::sieve::both::{Both, Talks};
use tests::sieve::dialogue::{Dialogue, dialogues};
use tests::talk::produce;
use tests::traffic::Pair;

/// Messages of each layout.
const PER_LAYOUT: u32 = 7;

/// Every layout that has words of its own: messages of Kafka's own classes, over loopback sockets, in
/// writes of any size.
#[test]
fn kernel_and_host_keep_the_same_of_every_layout_with_data() {
    let dialogues = with_data(PER_LAYOUT);
    let mut both = Both::start();
    both.talk(|talks| dialogues.iter().for_each(|dialogue| talk(dialogue, talks)));
    let compared = both.compare();
    assert_eq!(compared.falls, []);
    assert_eq!(compared.records.len(), 2 * dialogues.len());
}

/// Requests that come as fast as they are answered are soon not copied whole any more, when capture
/// begins in their midst: a few of them on a quiet machine, some hundred where the daemon must wait for
/// a processor.
#[test]
fn a_busy_connection_that_is_joined_is_soon_in_step() {
    const DATA: usize = 10_000;
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { sockets: false, ..watching(port, &["lo"]) };
    here.run(|| {
        let mut pair = Pair::connect(&listener);
        let mut talk = |ids: std::ops::Range<i32>| {
            for id in ids {
                let [asked, answered] = produce(id, DATA);
                pair.request(&asked);
                pair.respond(&answered);
            }
        };
        talk(0..10);
        let observed = Observed::start(&config);
        talk(10..5_000);
        let counters = observed.handle.counters();
        observed.finish();
        assert_eq!(counters.get(Counter::Resumes), 2, "both directions");
        // What is kept of all of them in step is as much as some eighty.
        let whole = counters.get(Counter::CopiedBytes) as usize / DATA;
        println!("as much as {whole} frames was copied");
        assert!(whole < 1_000, "{whole} frames were copied");
    });
}

/// Where the daemon has taken what passed before more comes, one round trip shows it that frames are what they
/// seem, and where the next ones begin: with the second that is seen both directions are in step.
#[test]
fn a_quiet_connection_that_is_joined_is_in_step_within_two_round_trips() {
    const DATA: usize = 10_000;
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { sockets: false, ..watching(port, &["lo"]) };
    let mut pair = here.run(|| Pair::connect(&listener));
    let mut talk = |id| {
        let [asked, answered] = produce(id, DATA);
        pair.request(&asked);
        pair.respond(&answered);
    };
    (0..10).for_each(&mut talk);
    let observed = here.run(|| Observed::start(&config));
    let mut copied = Vec::new();
    for id in 10..20 {
        let before = observed.handle.counters().get(Counter::CopiedBytes);
        talk(id);
        observed.catch_up();
        let counters = observed.handle.counters();
        copied.push(counters.get(Counter::CopiedBytes) - before);
        let resumes = if id > 10 { 2 } else { 0 };
        assert_eq!((falls(&counters), counters.get(Counter::Resumes)), (0, resumes), "{id}");
    }
    let said = observed.finish();
    assert_eq!(said.ledger.out_of_step, 0);
    assert!(copied[0] as usize > DATA, "what comes first is copied whole");
    assert!(copied[1] < 200, "{copied:?}");
    assert!(copied[1..].iter().all(|bytes| *bytes == copied[1]), "{copied:?}");
}

/// Dialogues of which either side has words of its own.
pub fn with_data(per_layout: u32) -> Vec<Dialogue> {
    let words = Words::of_table();
    let has_words = |dialogue: &Dialogue| {
        let (key, version) = dialogue.layout;
        let index = entry_index((key as u32) << 16 | version as u32).expect("of the table");
        let entry = words.entry(index);
        entry.request() != ANY_RESPONSE || entry.response() != 0
    };
    let all = dialogues(per_layout).expect("the generator");
    let with_data: Vec<_> = all.into_iter().filter(has_words).collect();
    // Produce, Fetch, FetchSnapshot, PushTelemetry, ShareFetch; logins, tokens, passwords, settings;
    // Envelope.
    for key in [0, 1, 59, 72, 78, 36, 38, 39, 40, 41, 51, 33, 44, 58] {
        assert!(with_data.iter().any(|dialogue| dialogue.layout.0 == key), "{key}");
    }
    with_data
}

/// A connection on which it is asked and answered.
fn talk(dialogue: &Dialogue, talks: &mut Talks) {
    let (key, version) = dialogue.layout;
    let mut rng = StdRng::seed_from_u64((key as u64) << 16 | version as u64);
    let mut pair = talks.connect(format!("API {key}, version {version}"));
    for (request, response) in &dialogue.frames {
        pair.request_in(request, lengths(request, &mut rng));
        pair.respond_in(response, lengths(response, &mut rng));
    }
    pair.close();
}

fn lengths(bytes: &[u8], rng: &mut StdRng) -> impl FnMut() -> usize {
    let longest = [3, 40, 1500, 100_000][rng.random_range(0..4)].max(bytes.len() / 200);
    move || rng.random_range(1..=longest)
}
