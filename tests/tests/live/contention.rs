//! Two CPUs with segments of one direction at once: nothing false is told, and what has lost the step for it
//! is back when one of them is quiet.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use observer::event::{Exchange, Outcome};
use observer::source::live::{Config, Counter, Why};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tests::capture::watching;
use tests::capture_writer::{Conversation, TcpSegment};
use tests::netns::Namespace;
use tests::observed::{Observed, falls};
use tests::talk::{produce, produce_of_topics};
use tests::tun;

const PORT: u16 = 9092;
/// Rounds in which both CPUs send requests; the answers follow.
const ROUNDS: usize = 60;
/// Requests in a round, by turns.
const REQUESTS: [usize; 3] = [2, 2, 8];
/// By how much more, from round to round, the second CPU waits, so that the first is at work: for some
/// hundred microseconds for each request.
const LATER: Duration = Duration::from_micros(40);
/// Exchanges at the end, of one CPU.
const QUIET: usize = 4;

/// Requests of a direction that are sent at once, and their answers.
struct Round {
    asked: Vec<TcpSegment>,
    answered: TcpSegment,
}

/// A connection's segments, as they are made out of what is asked and answered: sizes tell exchanges apart.
struct Script {
    opening: Vec<TcpSegment>,
    rounds: Vec<Round>,
    /// Sizes of requests and answers, by their ids.
    sizes: BTreeMap<i32, (u32, Option<u32>)>,
}

impl Script {
    fn new() -> Self {
        let [client, broker] = ["10.7.0.1:40000", "10.7.0.2:9092"].map(|end| end.parse().unwrap());
        let mut talk = Conversation::new(client, broker, 0, 1).open();
        let (mut sizes, mut counts) = (BTreeMap::new(), Vec::new());
        for round in 0..ROUNDS + QUIET {
            let is_quiet = round >= ROUNDS;
            let count = if is_quiet { 1 } else { REQUESTS[round % REQUESTS.len()] };
            let first = sizes.len() as i32;
            let mut answers = Vec::new();
            for id in first..first + count as i32 {
                let len = 5_000 + id as u32 * 37 % 1_000;
                // Of these a CPU is at work for longer than another waits for it.
                let long = || produce_of_topics(id, len);
                let [asked, answered] = if is_quiet { produce(id, len as usize) } else { long() };
                sizes.insert(id, (asked.len() as u32 - 4, Some(answered.len() as u32 - 4)));
                talk = talk.request(&asked);
                answers.extend(answered);
            }
            talk = talk.response(&answers);
            counts.push(count);
        }
        let mut segments = talk.segments().into_iter();
        let opening = segments.by_ref().take(3).collect();
        let round = |count| {
            let asked = segments.by_ref().take(count).collect();
            Round { asked, answered: segments.next().unwrap() }
        };
        Self { opening, rounds: counts.into_iter().map(round).collect(), sizes }
    }

    /// Every exchange was told, once and as it was.
    fn check(&self, told: &[Exchange]) {
        let mut left = self.sizes.clone();
        for told in told {
            let sizes = left.remove(&told.header.correlation_id);
            assert_eq!(Some((told.request_bytes, told.response_bytes)), sizes, "{told:?}");
            assert_eq!((told.outcome, told.undecoded()), (Outcome::Answered, None), "{told:?}");
        }
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn two_cpus_in_one_direction() {
    let here = Namespace::new();
    let queues = tun::queues(&here);
    let config = Config { sockets: false, ring_bytes: 64 << 20, ..watching(PORT, &["tun0"]) };
    let observed = here.run(|| Observed::start(&config));
    let script = Script::new();
    script.opening.iter().for_each(|segment| send(&queues[0], segment));
    at_once(&queues, &script.rounds[..ROUNDS], &observed);
    let busy = observed.handle.counters();
    let mut copied = busy.get(Counter::CopiedBytes);
    for round in &script.rounds[ROUNDS..] {
        observed.catch_up();
        copied = observed.handle.counters().get(Counter::CopiedBytes);
        round.asked.iter().chain([&round.answered]).for_each(|segment| send(&queues[0], segment));
    }
    let counters = observed.handle.counters();
    let said = observed.finish();
    println!("{:?}: {:?}", Why::ALL, Why::ALL.map(|why| counters.get(Counter::of_fall(why))));
    assert!(busy.get(Counter::FellContention) > 0, "they met");
    assert_eq!(falls(&counters), counters.get(Counter::Resumes), "in step again");
    assert!(counters.get(Counter::CopiedBytes) - copied < 300, "of the last exchange");
    script.check(&said.exchanges);
    assert_eq!((&said.unmatched[..], &said.malformed[..]), (&[][..], &[][..]));
    assert_eq!(counters.lost_bytes(), 0);
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    assert_eq!(said.ledger.accounted(), said.ledger.seen);
}

/// Each CPU sends every other request of a round, the first then the answers.
fn at_once(queues: &[File; 2], rounds: &[Round], observed: &Observed) {
    let (begun, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let part = |round: &Round, cpu: usize| {
        round.asked.iter().skip(cpu).step_by(2).for_each(|segment| send(&queues[cpu], segment));
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            pin(1);
            for (n, round) in (1..).zip(rounds) {
                await_round(&begun, n);
                spin(LATER * (n as u32 % 8));
                part(round, 1);
                done.store(n, Ordering::Release);
            }
        });
        scope.spawn(|| {
            pin(0);
            for (n, round) in (1..).zip(rounds) {
                begun.store(n, Ordering::Release);
                part(round, 0);
                await_round(&done, n);
                send(&queues[0], &round.answered);
                let counters = observed.handle.counters();
                if falls(&counters) > counters.get(Counter::Resumes) {
                    observed.catch_up();
                }
            }
        });
    });
}

/// A lock would wake the other CPU too late.
fn await_round(reached: &AtomicUsize, round: usize) {
    let start = Instant::now();
    while reached.load(Ordering::Acquire) < round {
        assert!(start.elapsed() < Duration::from_secs(20), "the other CPU has failed");
        thread::yield_now();
    }
}

fn pin(cpu: usize) {
    let usable = sched_getaffinity(None).expect("the CPUs that may be used");
    let mut numbers = (0..CpuSet::MAX_CPU).filter(|number| usable.is_set(*number));
    let mut cpus = CpuSet::new();
    cpus.set(numbers.nth(cpu).expect("this test takes two CPUs"));
    sched_setaffinity(None, &cpus).expect("a CPU that may be used");
}

/// Passes the time without giving the CPU away.
fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn send(mut queue: &File, segment: &TcpSegment) {
    let packet = segment.ip_packet();
    assert_eq!(queue.write(&packet).unwrap(), packet.len());
}
