//! What a scrape costs the thread that counts, and what it costs the one that serves: some 3,000
//! series. `cargo bench -p observer --bench scrape`.

use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use observer::event::{Endpoint, Event, Handler, Peers, Request, RequestHeader, Vantage};
use observer::sink::metrics::health::Health;
use observer::sink::metrics::{self, Metrics, Options};
use observer::time::WallClock;

const BROKERS: u8 = 20;
const APIS: i16 = 10;
const CLIENTS: usize = 3;

fn main() {
    divan::main();
}

fn counted() -> Metrics {
    let mut metrics = Metrics::new(Options::default()).expect("the defaults are valid");
    for broker in 0..BROKERS {
        let peers = Peers {
            client: Endpoint::v4([10, 0, 1, broker], 40_000),
            broker: Endpoint::v4([10, 0, 0, broker], 9092),
            vantage: Vantage::Broker,
        };
        let rtt = Duration::from_micros(300);
        metrics.event(Event::Socket { peers, rtt, retransmits: 0 });
        for (api_key, client) in (0..APIS).flat_map(|api| (0..CLIENTS).map(move |n| (api, n))) {
            let header = RequestHeader {
                fetcher: observer::event::Fetcher::Unknown,
                api_key,
                api_version: 9,
                correlation_id: 1,
                client_id: Some(Arc::from(format!("a-client-of-the-bench-{client}"))),
            };
            let request = Request {
                peers,
                header,
                bytes: 100,
                time: None,
                wall: WallClock::default(),
                replica: None,
                forwarded: None,
            };
            metrics.event(Event::Request(&request));
        }
    }
    metrics
}

/// While it takes, nothing is counted.
#[divan::bench(sample_count = 200)]
fn gather(bencher: Bencher<'_, '_>) {
    let metrics = counted();
    bencher.bench_local(|| metrics.gather(&Health::default()));
}

#[divan::bench(sample_count = 50)]
fn text(bencher: Bencher<'_, '_>) {
    let metrics = counted();
    let gathered = metrics.gather(&Health::default());
    let text = metrics::text(&gathered).expect("it can be written");
    eprintln!("{} samples", text.lines().filter(|line| !line.starts_with('#')).count());
    bencher.bench_local(|| metrics::text(&gathered));
}
