//! The statistics of Envoy's Kafka broker filter, under the names that its Prometheus endpoint
//! gives them, so that a dashboard made for the filter works here unchanged.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use prometheus::Result;

use super::family::Registry;
use super::value::{Counter, Histogram};
use crate::event::{Event, Exchange, Side};
use crate::protocol::api::ApiKey;

/// Upper bounds in milliseconds: Envoy's defaults.
const BUCKETS: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1_000.0,
    2_500.0,
    5_000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];

/// The filter's statistics.
pub struct Envoy {
    registry: Registry,
    prefix: String,
    messages: HashMap<i16, Message, RandomState>,
    /// Of requests, then of responses.
    unknown: [Counter; 2],
    failure: [Counter; 2],
}

/// Statistics of one API.
struct Message {
    requests: Counter,
    responses: Counter,
    duration: Histogram,
}

impl Envoy {
    /// Registers them under a prefix (the filter's `stat_prefix`).
    pub fn new(registry: &Registry, prefix: &str) -> Result<Self> {
        let prefix = format!("envoy_kafka_{prefix}_");
        let counter = |name: &str, help: &str| counter(registry, &format!("{prefix}{name}"), help);
        Ok(Self {
            unknown: [
                counter("request_unknown", "Requests of an unknown API or version.")?,
                counter("response_unknown", "Responses of an unknown API or version.")?,
            ],
            failure: [
                counter("request_failure", "Requests that could not be read.")?,
                counter("response_failure", "Responses that could not be read.")?,
            ],
            registry: registry.clone(),
            messages: HashMap::default(),
            prefix,
        })
    }

    /// Counts an event. Fails where two messages have one name, which the table of APIs excludes.
    pub fn event(&mut self, event: &Event<'_>) -> Result<()> {
        match event {
            Event::Request(request) => {
                let (key, version) = (request.header.api_key, request.header.api_version);
                match self.message(key, version)? {
                    Some(message) => message.requests.inc(),
                    None => inc(&self.unknown, Side::Request),
                }
            }
            Event::Exchange(exchange) => self.exchange(exchange)?,
            Event::Malformed { side, .. } => inc(&self.failure, *side),
            // To the filter a response without a request is one it cannot read.
            Event::UnmatchedResponse { .. } => inc(&self.failure, Side::Response),
            _ => {}
        }
        Ok(())
    }

    fn exchange(&mut self, exchange: &Exchange) -> Result<()> {
        if exchange.response_bytes.is_none() {
            return Ok(());
        }
        let (key, version) = (exchange.header.api_key, exchange.header.api_version);
        let Some(message) = self.message(key, version)? else {
            inc(&self.unknown, Side::Response);
            return Ok(());
        };
        message.responses.inc();
        if let Some(time) = exchange.answer_time {
            message.duration.observe(time.as_secs_f64() * 1e3);
        }
        Ok(())
    }

    /// The statistics of an API, made on first use; `None` where the version is not known.
    fn message(&mut self, key: i16, version: i16) -> Result<Option<&Message>> {
        let Some(name) = ApiKey(key).name().filter(|_| ApiKey(key).is_known(version)) else {
            return Ok(None);
        };
        if !self.messages.contains_key(&key) {
            let message = Message::new(&self.registry, &self.prefix, &snake_case(name))?;
            self.messages.insert(key, message);
        }
        Ok(self.messages.get(&key))
    }
}

impl Message {
    fn new(registry: &Registry, prefix: &str, kind: &str) -> Result<Self> {
        let duration = format!("{prefix}response_{kind}_response_duration");
        let help = "Milliseconds from a whole request to its whole response.";
        let duration = registry.family(duration, help, &[], None, &BUCKETS)?;
        let duration = duration.with_label_values(&[]);
        let name = |way: &str| format!("{prefix}{way}_{kind}_{way}");
        Ok(Self {
            requests: counter(registry, &name("request"), "Requests of this type.")?,
            responses: counter(registry, &name("response"), "Responses of this type.")?,
            duration,
        })
    }
}

fn counter(registry: &Registry, name: &str, help: &str) -> Result<Counter> {
    let counter = registry.family(name.to_owned(), help, &[], None, &[])?;
    Ok(counter.with_label_values(&[]))
}

fn inc([requests, responses]: &[Counter; 2], side: Side) {
    match side {
        Side::Request => requests.inc(),
        Side::Response => responses.inc(),
    }
}

/// `ListOffsets` as `list_offsets`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Malformed, Unmatched};
    use crate::sink::metrics::family::Readings;
    use crate::sink::metrics::snapshot::encode;
    use crate::sink::samples::{exchange, peers, request};

    fn exported(events: &[Event<'_>]) -> String {
        let registry = Registry::default();
        let mut envoy = Envoy::new(&registry, "k").unwrap();
        for event in events {
            envoy.event(event).unwrap();
        }
        let families: Vec<_> = registry.read().iter().map(Readings::family).collect();
        encode(&families).unwrap()
    }

    #[test]
    fn names_and_values_are_the_filters() {
        let (request, exchange) = (request("a"), exchange("a"));
        let text = exported(&[Event::Request(&request), Event::Exchange(&exchange)]);
        for line in [
            "envoy_kafka_k_request_produce_request 1",
            "envoy_kafka_k_response_produce_response 1",
            "envoy_kafka_k_response_produce_response_duration_bucket{le=\"1\"} 0",
            "envoy_kafka_k_response_produce_response_duration_bucket{le=\"5\"} 1",
            "envoy_kafka_k_response_produce_response_duration_bucket{le=\"3600000\"} 1",
            "envoy_kafka_k_response_produce_response_duration_sum 1.2",
            "envoy_kafka_k_request_unknown 0",
            "envoy_kafka_k_response_failure 0",
        ] {
            assert!(text.lines().any(|l| l.starts_with(line)), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn unknown_versions_and_unreadable_frames_have_their_own_counters() {
        let (mut request, mut exchange) = (request("a"), exchange("a"));
        request.header.api_version = 99;
        exchange.header.api_key = 999;
        let peers = peers();
        let text = exported(&[
            Event::Request(&request),
            Event::Exchange(&exchange),
            Event::UnmatchedResponse { peers, reason: Unmatched::Late },
            Event::Malformed { peers, side: Side::Request, reason: Malformed::Header },
        ]);
        for name in ["request_unknown", "response_unknown", "request_failure", "response_failure"] {
            assert!(text.contains(&format!("envoy_kafka_k_{name} 1\n")), "{name} in\n{text}");
        }
    }

    #[test]
    fn types_are_in_snake_case() {
        assert_eq!(snake_case("OffsetForLeaderEpoch"), "offset_for_leader_epoch");
        assert_eq!(snake_case("LeaderAndIsr"), "leader_and_isr");
    }
}
