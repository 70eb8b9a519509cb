//! JSON lines: one exchange in, one line out. What is not known is null, never guessed.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::clock::rfc3339;
use crate::decode::{Facts, Undecoded};
use crate::event::{Exchange, TopicErrors, TopicTotals};

/// Writes an exchange as one line.
pub fn write(exchange: &Exchange, out: &mut impl Write) -> io::Result<()> {
    // In memory first, where nearly all fit: a line is a hundred small writes.
    let mut line = Vec::with_capacity(1 << 10);
    serde_json::to_writer(&mut line, &Record::new(exchange))?;
    line.push(b'\n');
    out.write_all(&line)
}

/// The record; its fields in the order in which they are written.
#[derive(Serialize)]
struct Record<'a> {
    time: Option<String>,
    client: String,
    broker: String,
    vantage: &'static str,
    api_key: i16,
    api: String,
    api_version: i16,
    correlation_id: i32,
    client_id: Option<&'a str>,
    outcome: &'static str,
    request_bytes: u32,
    response_bytes: Option<u32>,
    duration_us: Option<f64>,
    broker_time_us: Option<f64>,
    wait_us: Option<f64>,
    throttle_ms: Option<i32>,
    errors: Option<BTreeMap<String, u32>>,
    topics: Option<Vec<TopicRecord>>,
    group: Option<&'a str>,
    empty_fetch: Option<bool>,
    forwarded: Option<ForwardedRecord<'a>>,
    undecoded: Option<&'static str>,
    validate_only: Option<bool>,
}

impl<'a> Record<'a> {
    fn new(exchange: &'a Exchange) -> Self {
        let header = &exchange.header;
        Self {
            time: exchange.wall_time().map(rfc3339),
            client: exchange.peers.client.to_string(),
            broker: exchange.peers.broker.to_string(),
            vantage: exchange.peers.vantage.as_str(),
            api_key: header.api_key,
            api: header.api().to_string(),
            api_version: header.api_version,
            correlation_id: header.correlation_id,
            client_id: header.client_id.as_deref(),
            outcome: exchange.outcome.as_str(),
            request_bytes: exchange.request_bytes,
            response_bytes: exchange.response_bytes,
            duration_us: exchange.duration.map(micros),
            broker_time_us: exchange.broker_time.map(micros),
            wait_us: exchange.wait.map(micros),
            throttle_ms: exchange.throttle_ms(),
            errors: exchange.response.as_deref().and_then(errors),
            topics: (exchange.topics())
                .map(|topics| records(topics, exchange.topic_errors().as_ref())),
            group: exchange.group().map(|group| &**group),
            empty_fetch: exchange.is_empty_fetch(),
            forwarded: ForwardedRecord::new(exchange),
            undecoded: exchange.undecoded().map(Undecoded::as_str),
            validate_only: exchange.request.as_deref().and_then(Facts::is_validation),
        }
    }
}

#[derive(Serialize)]
struct TopicRecord {
    name: Option<String>,
    id: Option<String>,
    partitions: Option<u32>,
    bytes: Option<u64>,
    records: Option<u64>,
    /// What the response says of the topic and its partitions; `None` where that is not known.
    errors: Option<BTreeMap<String, u32>>,
}

/// Topics, with the errors that are said of them.
fn records(topics: Vec<TopicTotals>, errors: Option<&TopicErrors<'_>>) -> Vec<TopicRecord> {
    let record = |TopicTotals { index, name, id, partitions, bytes, records, .. }| TopicRecord {
        errors: errors.and_then(|errors| errors.of(index)),
        name: name.map(|name| name.to_string()),
        id: id.map(|id| id.to_string()),
        partitions,
        bytes,
        records,
    };
    topics.into_iter().map(record).collect()
}

/// What an Envelope holds.
#[derive(Serialize)]
struct ForwardedRecord<'a> {
    api_key: i16,
    api: String,
    api_version: i16,
    client_id: Option<&'a str>,
    errors: Option<BTreeMap<String, u32>>,
    topics: Option<Vec<TopicRecord>>,
    validate_only: Option<bool>,
    /// Why the request or response inside was not decoded whole.
    undecoded: Option<&'static str>,
}

impl<'a> ForwardedRecord<'a> {
    fn new(exchange: &'a Exchange) -> Option<Self> {
        let request = exchange.request.as_ref()?.forwarded.as_ref()?;
        let response = exchange.response.as_ref().and_then(|facts| facts.forwarded.as_ref());
        let (asked, answer) = (&request.facts, response.map(|response| &response.facts));
        let topic_errors = answer.and_then(|answer| TopicErrors::new(Some(asked), answer));
        let undecoded = asked.undecoded().or_else(|| answer.and_then(Facts::undecoded));
        Some(Self {
            api_key: request.api_key.0,
            api: request.api_key.to_string(),
            api_version: request.api_version,
            client_id: request.client_id.as_deref(),
            errors: answer.and_then(errors),
            topics: TopicTotals::named(asked).map(|topics| records(topics, topic_errors.as_ref())),
            validate_only: asked.is_validation(),
            undecoded: undecoded.map(Undecoded::as_str),
        })
    }
}

/// Errors by name; `None` where the response was not decoded whole.
fn errors(facts: &Facts) -> Option<BTreeMap<String, u32>> {
    if facts.undecoded().is_some() {
        return None;
    }
    let mut errors = BTreeMap::new();
    for error in facts.errors.iter() {
        let count = errors.entry(error.code.to_string()).or_insert(0_u32);
        *count = count.saturating_add(error.count);
    }
    if facts.errors.untold() > 0 {
        errors.insert("other".to_owned(), facts.errors.untold());
    }
    Some(errors)
}

fn micros(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Forwarded, Rare, Topic};
    use crate::event::Outcome;
    use crate::protocol::api::ApiKey;
    use crate::protocol::error_code::ErrorCode;
    use crate::sink::samples::exchange;
    use crate::time::WallClock;

    fn written(exchange: &Exchange) -> String {
        let mut line = Vec::new();
        write(exchange, &mut line).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn times_are_the_wall_clocks() {
        let hour = WallClock::ahead(3_600_000_000_000);
        let written = written(&Exchange { wall: hour, ..exchange("a") });
        assert!(written.starts_with(r#"{"time":"2026-01-02T04:04:05.000000006Z""#), "{written}");
    }

    #[test]
    fn a_record_has_every_field_in_order() {
        assert_eq!(
            written(&exchange("producer-1")),
            concat!(
                r#"{"time":"2026-01-02T03:04:05.000000006Z","client":"10.0.0.1:40000","#,
                r#""broker":"10.0.0.2:9092","vantage":"broker","api_key":0,"api":"Produce","#,
                r#""api_version":9,"correlation_id":7,"client_id":"producer-1","#,
                r#""outcome":"answered","request_bytes":1234,"response_bytes":56,"#,
                r#""duration_us":1234.5,"broker_time_us":1100.2,"wait_us":0.0,"#,
                r#""throttle_ms":0,"errors":{"NOT_LEADER_OR_FOLLOWER":1},"#,
                r#""topics":[{"name":"orders","id":null,"partitions":2,"bytes":1100,"records":10,"#,
                r#""errors":{"NOT_LEADER_OR_FOLLOWER":1}}],"#,
                r#""group":null,"empty_fetch":false,"forwarded":null,"undecoded":null,"#,
                r#""validate_only":null}"#,
                "\n"
            )
        );
    }

    #[test]
    fn what_is_not_known_is_null() {
        let mut exchange = exchange("");
        exchange.header.client_id = None;
        exchange.header.api_key = 1;
        exchange.outcome = Outcome::Lost;
        (exchange.time, exchange.response_bytes, exchange.duration) = (None, None, None);
        (exchange.broker_time, exchange.wait) = (None, None);
        (exchange.request, exchange.response) = (None, None);
        let line = written(&exchange);
        for field in [
            "time",
            "client_id",
            "response_bytes",
            "duration_us",
            "broker_time_us",
            "wait_us",
            "throttle_ms",
            "errors",
            "topics",
            "empty_fetch",
        ] {
            assert!(line.contains(&format!("\"{field}\":null")), "{field} in {line}");
        }
    }

    fn named(names: &[&str]) -> Facts {
        let topic = |name: &&str| Topic { name: Some((*name).into()), ..Topic::default() };
        Facts { topics: names.iter().map(topic).collect(), ..Facts::default() }
    }

    #[test]
    fn of_several_topics_it_is_told_which_one_failed() {
        let mut exchange = exchange("admin");
        exchange.header.api_key = 19;
        let mut asked = named(&["a", "b", "c"]);
        asked.rare = Some(Box::new(Rare { is_validation: Some(true), ..Rare::default() }));
        // A broker answers in an order of its own.
        let mut answer = named(&["c", "a", "b"]);
        answer.errors.count(ErrorCode(36), Some(1));
        answer.errors.count(ErrorCode(38), Some(0));
        (exchange.request, exchange.response) = (Some(Box::new(asked)), Some(Box::new(answer)));
        let line = written(&exchange);
        for (name, errors) in [
            ("a", r#"{"TOPIC_ALREADY_EXISTS":1}"#),
            ("b", "{}"),
            ("c", r#"{"INVALID_REPLICATION_FACTOR":1}"#),
        ] {
            let unknown = r#""id":null,"partitions":0,"bytes":null,"records":null"#;
            let topic = format!(r#"{{"name":"{name}",{unknown},"errors":{errors}}}"#);
            assert!(line.contains(&topic), "{topic} in {line}");
        }
        assert!(line.ends_with(",\"validate_only\":true}\n"), "{line}");
        exchange.response.as_mut().unwrap().undecoded = Some(Undecoded::Gap);
        assert_eq!(written(&exchange).matches("\"errors\":null").count(), 4, "not known");
    }

    #[test]
    fn what_a_broker_passes_on_is_told_alike() {
        let mut exchange = exchange("1");
        exchange.header.api_key = 58;
        let forwarded = |facts| {
            let (api_key, client_id) = (ApiKey::DELETE_TOPICS, Some("admin".into()));
            let inside = Forwarded { api_key, api_version: 6, client_id, facts };
            Some(Box::new(Facts { forwarded: Some(Box::new(inside)), ..Facts::default() }))
        };
        let mut answer = named(&["a", "b"]);
        answer.errors.count(ErrorCode(3), Some(1));
        (exchange.request, exchange.response) = (forwarded(named(&["a", "b"])), forwarded(answer));
        let line = written(&exchange);
        let b = concat!(
            r#"{"name":"b","id":null,"partitions":0,"bytes":null,"records":null,"#,
            r#""errors":{"UNKNOWN_TOPIC_OR_PARTITION":1}}],"validate_only":null,"undecoded":null}"#
        );
        assert!(line.contains(b), "{line}");
        let inside = exchange.response.as_mut().unwrap().forwarded.as_mut().unwrap();
        inside.facts.undecoded = Some(Undecoded::Gap);
        assert_eq!(written(&exchange).matches(r#""undecoded":"gap""#).count(), 2, "of both");
    }

    #[test]
    fn an_unknown_api_keeps_its_number() {
        let mut exchange = exchange("");
        exchange.header.api_key = 1234;
        let line = written(&exchange);
        assert!(line.contains(r#""api_key":1234,"api":"Unknown(1234)""#), "{line}");
        assert!(line.contains(r#""client_id":"""#), "an empty client id is not null: {line}");
    }

    #[test]
    fn text_from_the_wire_stays_on_its_line() {
        let line = written(&exchange("a\"\\\n\u{1b}b"));
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.contains(r#""client_id":"a\"\\\n\u001bb""#), "{line}");
    }
}
