//! JSON lines: one exchange in, one line out. What is not known is null, never guessed.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::api_name;
use super::clock::rfc3339;
use crate::event::Exchange;
use crate::protocol::api::ApiKey;

/// Why `errors`, `topics` and what else stands in bodies is null: they are not decoded.
const UNDECODED: &str = "body";

/// Writes an exchange as one line.
pub fn write(exchange: &Exchange, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Record::new(exchange))?;
    out.write_all(b"\n")
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
    errors: Option<()>,
    topics: Option<()>,
    group: Option<()>,
    empty_fetch: Option<bool>,
    forwarded: Option<()>,
    undecoded: Option<&'static str>,
}

impl<'a> Record<'a> {
    fn new(exchange: &'a Exchange) -> Self {
        let header = &exchange.header;
        Self {
            time: exchange.time.map(rfc3339),
            client: exchange.peers.client.to_string(),
            broker: exchange.peers.broker.to_string(),
            vantage: exchange.peers.vantage.as_str(),
            api_key: header.api_key,
            api: api_name(header.api_key),
            api_version: header.api_version,
            correlation_id: header.correlation_id,
            client_id: header.client_id.as_deref(),
            outcome: exchange.outcome.as_str(),
            request_bytes: exchange.request_bytes,
            response_bytes: exchange.response_bytes,
            duration_us: exchange.duration.map(micros),
            broker_time_us: exchange.broker_time.map(micros),
            wait_us: exchange.wait.map(micros),
            throttle_ms: None,
            errors: None,
            topics: None,
            group: None,
            empty_fetch: is_no_fetch(header.api_key).then_some(false),
            forwarded: None,
            undecoded: Some(UNDECODED),
        }
    }
}

/// Whether an API is known and fetches nothing; whether a fetch was empty stands in its body.
fn is_no_fetch(api_key: i16) -> bool {
    ApiKey(api_key).name().is_some_and(|name| !matches!(name, "Fetch" | "ShareFetch"))
}

fn micros(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Outcome;
    use crate::sink::samples::exchange;

    fn written(exchange: &Exchange) -> String {
        let mut line = Vec::new();
        write(exchange, &mut line).unwrap();
        String::from_utf8(line).unwrap()
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
                r#""throttle_ms":null,"errors":null,"topics":null,"group":null,"#,
                r#""empty_fetch":false,"forwarded":null,"undecoded":"body"}"#,
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
        let line = written(&exchange);
        for field in [
            "time",
            "client_id",
            "response_bytes",
            "duration_us",
            "broker_time_us",
            "wait_us",
            "empty_fetch",
        ] {
            assert!(line.contains(&format!("\"{field}\":null")), "{field} in {line}");
        }
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
