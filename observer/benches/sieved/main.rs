//! What the daemon pays for what the kernel's sieve sends it, from the pipeline to the metrics:
//! `cargo bench -p observer --no-default-features --bench sieved`.
//!
//! What is timed is a round of [`EXCHANGES`] on each of [`CONNECTIONS`] connections, so the times of
//! one are those divided by both. Instructions of a round, which do not depend on what else the machine
//! does, are told by
//! `valgrind --tool=callgrind --toggle-collect='*sieved*timed*' <the bench's binary> --test <load>`.

mod messages;
mod records;

use std::hint::black_box;
use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use messages::{Exchange, Load, metadata};
use observer::event::{Endpoint, Flow, Side};
use observer::input::{Input, Segment, Seq, TcpFlags, Wants};
use observer::pipeline::{Config, Pipeline};
use observer::ports::Ports;
use observer::sink::metrics::health::Health;
use observer::sink::metrics::{self, Metrics, Options};
use observer::time::Timestamp;
use records::{Direction, Record};

const CONNECTIONS: u16 = 3;
const EXCHANGES: i32 = 100;
const STEP: Duration = Duration::from_micros(50);

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 30])]
fn produce(bencher: Bencher<'_, '_>, partitions: i32) {
    measure(bencher, Load::Produce(partitions));
}

#[divan::bench]
fn fetch(bencher: Bencher<'_, '_>) {
    measure(bencher, Load::Fetch);
}

#[divan::bench]
fn small(bencher: Bencher<'_, '_>) {
    measure(bencher, Load::Small);
}

fn measure(bencher: Bencher<'_, '_>, load: Load) {
    let mut daemon = Daemon::new();
    daemon.open();
    daemon.pass(&Round::of((0..1).map(metadata)));
    let round = Round::of((0..EXCHANGES).map(|id| load.exchange(id)));
    daemon.pass(&round);
    let exchanges = usize::from(CONNECTIONS) * EXCHANGES as usize;
    bencher.counter(ItemsCount::new(exchanges)).bench_local(|| timed(&mut daemon, &round));
    daemon.check();
}

#[inline(never)]
fn timed(daemon: &mut Daemon, round: &Round) {
    daemon.pass(black_box(round));
}

/// What passes on a connection.
struct Round {
    told: Vec<(Side, Record, u32)>,
    requests: u32,
    responses: u32,
}

impl Round {
    fn of(exchanges: impl Iterator<Item = Exchange>) -> Self {
        let (mut asks, mut answers) = (Direction::new(true), Direction::new(false));
        let mut told = Vec::new();
        for Exchange { request, response } in exchanges {
            let mut news = Vec::new();
            let acked = answers.passed();
            for record in asks.pass(&request, &mut news) {
                told.push((Side::Request, record, acked));
            }
            answers.hear(news);
            let acked = asks.passed();
            for record in answers.pass(&response, &mut Vec::new()) {
                told.push((Side::Response, record, acked));
            }
        }
        Self { told, requests: asks.passed(), responses: answers.passed() }
    }
}

/// The daemon without its source.
struct Daemon {
    pipeline: Pipeline,
    metrics: Metrics,
    now: Timestamp,
    /// Where the connections are in both directions, all at the same place.
    requests: Seq,
    responses: Seq,
}

impl Daemon {
    fn new() -> Self {
        Self {
            pipeline: Pipeline::new(Config::new(Ports::default())),
            metrics: Metrics::new(Options::default()).expect("the defaults are valid"),
            now: Timestamp(1_700_000_000_000_000_000),
            requests: Seq(1),
            responses: Seq(1),
        }
    }

    /// The connections begin.
    fn open(&mut self) {
        for flow in (0..CONNECTIONS).map(flow) {
            let (flags, seq, ack) = (TcpFlags::SYN, Seq(1), None);
            self.segment(Segment { flags, ..segment(flow, seq, ack, 0) });
            let (flags, ack) = (TcpFlags(TcpFlags::SYN.0 | TcpFlags::ACK.0), Some(Seq(1)));
            self.segment(Segment { flags, ..segment(flow.reversed(), seq, ack, 0) });
        }
    }

    /// A round on each connection: what passes on one passes on the others before the next does.
    fn pass(&mut self, round: &Round) {
        for (side, Record { at, wire_len, chunks }, acked) in &round.told {
            for flow in (0..CONNECTIONS).map(flow) {
                let (flow, from, to) = match side {
                    Side::Request => (flow, self.requests, self.responses),
                    Side::Response => (flow.reversed(), self.responses, self.requests),
                };
                let told = segment(flow, from.plus(*at), Some(to.plus(*acked)), *wire_len);
                self.segment(Segment { chunks, ..told });
            }
        }
        self.requests = self.requests.plus(round.requests);
        self.responses = self.responses.plus(round.responses);
    }

    /// All was understood.
    fn check(&self) {
        assert_eq!((self.pipeline.inflight(), self.pipeline.ledger().pending), (0, 0));
        let text = metrics::text(&self.metrics.gather(&Health::default())).expect("text");
        assert!(text.contains("topic=\"orders\"") && !text.contains("decode_errors_total{"));
    }

    fn segment(&mut self, segment: Segment<'_>) {
        let Self { pipeline, metrics, now, .. } = self;
        *now = now.plus(STEP);
        let input = Input::Segment(Segment { time: Some(*now), ..segment });
        pipeline.input(&input, metrics);
    }
}

fn flow(connection: u16) -> Flow {
    Flow {
        src: Endpoint::v4([10, 0, 0, 1], 40_000 + connection),
        dst: Endpoint::v4([10, 0, 0, 2], 9092),
    }
}

fn segment(flow: Flow, seq: Seq, ack: Option<Seq>, wire_len: u32) -> Segment<'static> {
    Segment {
        time: None,
        flow,
        seq,
        ack,
        flags: TcpFlags::ACK,
        wire_len,
        is_first: true,
        is_last: true,
        chunks: &[],
        wants: Wants::Nothing,
    }
}
