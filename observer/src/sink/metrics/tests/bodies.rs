//! What bodies say: errors, topics, fetches, forwarded requests.

use std::sync::Arc;
use std::time::Duration;

use super::samples;
use crate::decode::{Facts, Forwarded, Partition, Topic, TopicId, Undecoded};
use crate::event::{Event, Exchange, Fetcher, Handler, Outcome};
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::sink::metrics::{Metrics, Options};
use crate::sink::samples::{TIME, exchange};

/// The topic metrics of a Produce of which the one half is refused: bytes, records, bytes refused.
fn produced(exchange: &Exchange) -> [Option<u64>; 3] {
    let mut metrics = Metrics::new(Options::default()).unwrap();
    metrics.event(Event::Exchange(exchange));
    ["topic_produced_bytes_total", "topic_produced_records_total", "topic_rejected_bytes_total"]
        .map(|name| {
            let samples = samples(&metrics, name);
            assert!(samples.iter().all(|sample| sample.contains(r#"topic="orders""#)));
            let [sample] = &samples[..] else { return None };
            sample.rsplit_once(' ')?.1.parse().ok()
        })
}

#[test]
fn what_was_refused_is_not_produced() {
    let mut exchange = exchange("a");
    assert_eq!(produced(&exchange), [Some(550), Some(5), Some(550)]);
    exchange.response.as_mut().unwrap().undecoded = Some(Undecoded::Gap);
    assert_eq!(produced(&exchange), [None; 3], "it is not known what was refused");
    exchange.response = None;
    exchange.outcome = Outcome::Lost;
    assert_eq!(produced(&exchange), [None; 3]);
    exchange.outcome = Outcome::Unacknowledged;
    assert_eq!(produced(&exchange), [Some(1100), Some(10), None]);
}

#[test]
fn records_that_are_known_count_beside_what_is_not() {
    let mut exchange = exchange("a");
    exchange.request.as_mut().unwrap().partitions[0].records = None;
    assert_eq!(produced(&exchange), [Some(550), None, Some(550)], "those known were refused");
    (exchange.response, exchange.outcome) = (None, Outcome::Unacknowledged);
    assert_eq!(produced(&exchange), [Some(1100), Some(5), None]);
}

#[test]
fn internal_topics_count_like_any() {
    let mut exchange = exchange("admin");
    for facts in [&mut exchange.request, &mut exchange.response].into_iter().flatten() {
        facts.topics[0].name = Some("__consumer_offsets".into());
    }
    let mut metrics = Metrics::new(Options::default()).unwrap();
    metrics.event(Event::Exchange(&exchange));
    let fetched = Facts {
        partitions: exchange.request.as_ref().unwrap().partitions.clone(),
        ..*exchange.response.take().unwrap()
    };
    exchange.response = Some(Box::new(fetched));
    (exchange.header.api_key, exchange.header.fetcher) = (1, Fetcher::Follower);
    metrics.event(Event::Exchange(&exchange));
    for (name, bytes) in [("produced", 550), ("rejected", 550), ("replicated", 1100)] {
        let samples = samples(&metrics, &format!("topic_{name}_bytes_total"));
        let is_its = samples[0].contains(r#"topic="__consumer_offsets""#);
        assert!(is_its && samples[0].ends_with(&format!(" {bytes}")), "{name}: {samples:?}");
    }
}

#[test]
fn a_fetch_with_an_error_is_not_empty() {
    let mut fetch = exchange("a");
    (fetch.header.api_key, fetch.header.fetcher) = (1, Fetcher::Consumer);
    let empty = Facts { throttle_ms: Some(0), ..Facts::default() };
    let mut failed = empty.clone();
    failed.errors.count(ErrorCode(1), None);
    let cut = Facts { undecoded: Some(Undecoded::Cut), ..Facts::default() };
    for (response, is_empty) in [(empty, true), (failed, false), (cut, false)] {
        fetch.response = Some(Box::new(response));
        let mut metrics = Metrics::new(Options::default()).unwrap();
        metrics.event(Event::Exchange(&fetch));
        let count = |name| samples(&metrics, name).iter().filter(|s| s.ends_with(" 1")).count();
        let counts = [count("fetch_wait_seconds_count"), count("broker_time_seconds_count")];
        assert_eq!(counts, if is_empty { [1, 0] } else { [0, 1] });
    }
}

#[test]
fn what_is_inside_an_envelope_counts_under_its_own_api() {
    let inside = |facts| {
        let (api_key, client_id) = (ApiKey::CREATE_TOPICS, Some(Arc::from("admin")));
        let forwarded = Forwarded { api_key, api_version: 7, client_id, facts };
        Some(Box::new(Facts { forwarded: Some(Box::new(forwarded)), ..Facts::default() }))
    };
    let mut answer = Facts {
        topics: vec![Topic { name: Some("orders".into()), ..Topic::default() }],
        ..Facts::default()
    };
    answer.errors.count(ErrorCode(36), Some(0));
    let mut envelope = exchange("broker");
    envelope.header.api_key = 58;
    (envelope.request, envelope.response) = (inside(Facts::default()), inside(answer));
    let mut metrics = Metrics::new(Options::default()).unwrap();
    metrics.event(Event::Exchange(&envelope));
    assert_eq!(
        samples(&metrics, "request_errors_total"),
        ["{api=\"CreateTopics\",broker=\"10.0.0.2:9092\",client_id=\"admin\",\
          error=\"TOPIC_ALREADY_EXISTS\",topic=\"orders\",vantage=\"broker\"} 1"]
    );
    let labels = |api| format!(r#"{{api="{api}",broker="10.0.0.2:9092",vantage="broker"}} 1"#);
    assert_eq!(samples(&metrics, "forwarded_requests_total"), [labels("CreateTopics")]);
    let failed = samples(&metrics, "requests_failed_total");
    assert!(failed.len() == 1 && failed[0].contains(r#"api="Envelope""#), "{failed:?}");
}

#[test]
fn what_is_not_decoded_in_an_envelope_within_an_envelope_has_its_reason_counted() {
    let around = |api_key, facts| {
        let forwarded = Forwarded { api_key, api_version: 0, client_id: None, facts };
        Facts { forwarded: Some(Box::new(forwarded)), ..Facts::default() }
    };
    let unknown = Facts { undecoded: Some(Undecoded::UnknownVersion), ..Facts::default() };
    let mut envelope = exchange("broker");
    envelope.header.api_key = 58;
    let within = around(ApiKey::CREATE_TOPICS, unknown);
    envelope.request = Some(Box::new(around(ApiKey(58), within)));
    let mut metrics = Metrics::new(Options::default()).unwrap();
    metrics.event(Event::Exchange(&envelope));
    let counted = samples(&metrics, "decode_errors_total");
    assert!(counted.len() == 1 && counted[0].contains("unknown_version"), "{counted:?}");
}

/// Such an answer's errors by their labels `error` and `topic`.
fn errors_of(answer: Facts) -> Vec<String> {
    let mut failed = exchange("a");
    failed.response = Some(Box::new(answer));
    let mut metrics = Metrics::new(Options::default()).unwrap();
    metrics.event(Event::Exchange(&failed));
    let own = |sample: String| sample.split_once("error=").map(|(_, own)| own.to_owned());
    samples(&metrics, "request_errors_total").into_iter().filter_map(own).collect()
}

#[test]
fn errors_of_topics_that_are_too_many_count_as_others() {
    let mut answer = Facts::default();
    for index in 0..1030 {
        let name = Some(format!("t{index}").into());
        answer.topics.push(Topic { name, ..Topic::default() });
        answer.errors.count(ErrorCode(3), Some(index));
    }
    answer.errors.count(ErrorCode(41), None);
    let errors = errors_of(answer.clone());
    let rest = |topic: &str, error: &str, n| {
        format!(r#""{error}",topic="{topic}",vantage="broker"}} {n}"#)
    };
    assert_eq!(errors.len(), 1024 + 2);
    assert!(errors.contains(&rest("other", "UNKNOWN_TOPIC_OR_PARTITION", 6)), "{errors:?}");
    assert!(errors.contains(&rest("", "NOT_CONTROLLER", 1)));
    (1000..=i16::MAX).for_each(|code| _ = answer.errors.count(ErrorCode(code), Some(0)));
    let untold = answer.errors.untold();
    assert!(untold > 30_000 && errors_of(answer).contains(&rest("other", "other", untold)));
}

/// A topic of which a message says only the id.
const ID: TopicId = TopicId([7; 16]);

/// A Fetch of two partitions of it: an error, and 50 bytes.
fn fetched_by_id() -> Exchange {
    let mut fetched = Facts {
        topics: vec![Topic { id: Some(ID), ..Topic::default() }],
        partitions: vec![Partition { bytes: Some(50), ..Partition::of(0) }],
        ..Facts::default()
    };
    fetched.errors.count(ErrorCode(100), Some(0));
    fetched.errors.count(ErrorCode(3), None);
    let mut exchange = exchange("a");
    (exchange.header.api_key, exchange.header.fetcher) = (1, Fetcher::Consumer);
    exchange.request = Some(Box::default());
    exchange.response = Some(Box::new(fetched));
    exchange
}

/// The errors of that topic, by what it is called.
fn errors_called(metrics: &Metrics, topic: &str) -> usize {
    let label = format!("error=\"UNKNOWN_TOPIC_ID\",topic=\"{topic}\"");
    let errors = samples(metrics, "request_errors_total");
    errors.iter().filter(|error| error.contains(&label) && error.ends_with(" 1")).count()
}

/// An error must not wait, whatever its topic's name is; and it counts once, where the name belongs.
#[test]
fn errors_count_at_once_and_under_the_name_when_it_comes() {
    let mut metrics = Metrics::new(Options::default()).unwrap();
    metrics.event(Event::Exchange(&fetched_by_id()));
    assert_eq!(samples(&metrics, "request_errors_total").len(), 2);
    assert_eq!(errors_called(&metrics, &ID.to_string()), 1);
    let name = "orders".into();
    metrics.event(Event::TopicNamed { id: ID, name: &name });
    assert_eq!(samples(&metrics, "request_errors_total").len(), 2);
    assert_eq!(
        (errors_called(&metrics, &ID.to_string()), errors_called(&metrics, "orders")),
        (0, 1)
    );
    metrics.settle();
    assert!(samples(&metrics, "topic_id_unresolved_total").is_empty());
}

/// Bytes and errors wait for six minutes, whether series are kept for a minute or a day.
#[test]
fn names_are_waited_for_as_long_whatever_the_idle_time() {
    for idle in [1, 24 * 60] {
        let idle = Duration::from_mins(idle);
        let mut metrics = Metrics::new(Options { idle, ..Options::default() }).unwrap();
        metrics.advance(TIME);
        metrics.event(Event::Exchange(&fetched_by_id()));
        metrics.advance(TIME.plus(Duration::from_mins(6)));
        assert!(samples(&metrics, "topic_id_unresolved_total").is_empty(), "{idle:?}");
        metrics.advance(TIME.plus(Duration::from_secs(6 * 60 + 2)));
        assert_eq!(
            samples(&metrics, "topic_id_unresolved_total"),
            [r#"{broker="10.0.0.2:9092",vantage="broker"} 2"#],
            "{idle:?}"
        );
        let by_id = format!("topic=\"{ID}\"");
        let fetched = samples(&metrics, "topic_fetched_bytes_total");
        assert!(fetched.len() == 1 && fetched[0].contains(&by_id), "{fetched:?}");
    }
}
