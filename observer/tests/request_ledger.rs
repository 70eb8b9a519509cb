//! The ledger of requests as it is exported: what was asked has ended, or is in flight.

use observer::input::TcpFlags;
use observer::sink::metrics::health::Health;
use observer::sink::metrics::{Metrics, Options, text};
use script::{From, Script, heartbeat, response};

mod script;

/// The sum of a metric's samples.
fn sum(metrics: &Metrics, name: &str) -> i64 {
    let text = text(&metrics.gather(&Health::default())).expect("metrics");
    let own = format!("kafka_observer_{name}{{");
    let samples = text.lines().filter(|line| line.starts_with(&own));
    samples.filter_map(|line| line.rsplit(' ').next()?.parse::<i64>().ok()).sum()
}

#[test]
fn a_request_that_is_cut_short_ends_once() {
    for cut in 0..heartbeat(2).len() {
        let mut metrics = Metrics::new(Options::default()).expect("metrics");
        let mut script = Script::new().open();
        script.observe(From::Client, TcpFlags::ACK, &heartbeat(1), &mut metrics);
        script.observe(From::Broker, TcpFlags::ACK, &response(1, &[0; 2]), &mut metrics);
        let begun = heartbeat(2)[..cut].to_vec();
        script.observe(From::Client, TcpFlags::ACK, &begun, &mut metrics);
        script.observe(From::Broker, TcpFlags::RST, &[], &mut metrics);
        let (asked, ended) =
            (sum(&metrics, "requests_total"), sum(&metrics, "request_outcomes_total"));
        assert_eq!((asked, sum(&metrics, "inflight_requests")), (ended, 0), "cut at {cut}");
    }
}
