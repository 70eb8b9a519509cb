//! What went wrong, by API: error codes, throttling, what could not be decoded.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus::Result;

use super::Options;
use super::family::{Families, Family};
use super::label::LabelId;
use super::labels::{Labels, Used};
use super::series::{Entry, Key, Series};
use super::unresolved::{Amount, Kind, Unresolved};
use super::value::{Counter, Millis};
use crate::decode::{ErrorFact, Facts, Forwarded, Topic, Undecoded};
use crate::event::{ApiName, Exchange, Fetcher};
use crate::time::Timestamp;

/// Metrics of errors.
pub struct Errors {
    failed: Family<Counter>,
    codes: Family<Counter>,
    throttled: Family<Counter>,
    throttle: Family<Millis>,
    undecoded: Family<Counter>,
    forwarded: Family<Counter>,
    by_client: Series<ByClient>,
    by_error: Series<Counter>,
    by_reason: Series<Counter>,
    by_api: Series<Counter>,
}

/// Only those that there were.
#[derive(Default)]
struct ByClient {
    failed: OnceLock<Counter>,
    throttled: OnceLock<(Counter, Millis)>,
}

impl Errors {
    /// Registers the metrics.
    pub fn new(families: &Families<'_>, labels: &Labels, options: &Options) -> Result<Self> {
        let by_client = labels.names(&["api"]);
        let plain = |own: &[&'static str]| [&["broker", "vantage"], own].concat();
        Ok(Self {
            failed: families.counter(
                "requests_failed_total",
                "Requests answered with an error code other than NONE.",
                &by_client,
            )?,
            codes: families.counter(
                "request_errors_total",
                "Error codes other than NONE in responses, each occurrence.",
                &labels.names(&labels.error_names()),
            )?,
            throttled: families.counter(
                "throttled_responses_total",
                "Responses that hold the client back.",
                &by_client,
            )?,
            throttle: families.seconds(
                "throttle_seconds_total",
                "Time for which responses hold the client back.",
                &by_client,
            )?,
            undecoded: families.counter(
                "decode_errors_total",
                "Bodies of requests and responses that were not decoded whole, by why; by topic, \
                 what they say counts as far as it was seen.",
                &plain(&["api", "reason"]),
            )?,
            forwarded: families.counter(
                "forwarded_requests_total",
                "Requests that a broker passed on inside Envelope, by their own API.",
                &plain(&["api"]),
            )?,
            by_client: Series::new(options.max_series),
            by_error: Series::new(options.max_series),
            by_reason: Series::new(options.max_series),
            by_api: Series::new(options.max_series),
        })
    }

    /// Counts what the bodies of an exchange say.
    pub fn exchange(
        &mut self,
        labels: &mut Labels,
        unresolved: &mut Unresolved,
        key: Key,
        exchange: &Exchange,
        now: Timestamp,
    ) {
        if !says_any(exchange.request.as_deref()) && !says_any(exchange.response.as_deref()) {
            return;
        }
        for why in [&exchange.request, &exchange.response].into_iter().flatten() {
            self.undecoded(labels, key, why.undecoded, now);
        }
        if exchange.is_failed() {
            let entry = self.client(key, now);
            let family = &self.failed;
            let make = || family.with_label_values(&labels.values(&entry.key));
            entry.handles.failed.get_or_init(make).inc();
        }
        self.throttle(labels, key, exchange.throttle_ms(), now);
        self.errors(labels, unresolved, key, exchange.response.as_deref(), now);
        self.forwarded(labels, unresolved, key, exchange, now);
    }

    /// What the request and response inside an Envelope say, under their own API.
    fn forwarded(
        &mut self,
        labels: &mut Labels,
        unresolved: &mut Unresolved,
        key: Key,
        exchange: &Exchange,
        now: Timestamp,
    ) {
        let Some(request) = inside(exchange.request.as_deref()) else {
            return;
        };
        let api = ApiName { key: request.api_key, fetcher: Fetcher::Unknown };
        let client = labels.client_id(request.client_id.as_ref());
        let key = Key { api: labels.api_id(api), client, ..key };
        self.by_api.count(&self.forwarded, labels, key.by_api(), 1, now);
        self.undecoded(labels, key, request.facts.undecoded(), now);
        let Some(response) = inside(exchange.response.as_deref()) else {
            return;
        };
        self.undecoded(labels, key, response.facts.undecoded(), now);
        self.errors(labels, unresolved, key, Some(&response.facts), now);
    }

    /// The errors of a response, each occurrence; also where it was not decoded whole.
    fn errors(
        &mut self,
        labels: &mut Labels,
        unresolved: &mut Unresolved,
        key: Key,
        facts: Option<&Facts>,
        now: Timestamp,
    ) {
        let Some(facts) = facts.filter(|facts| !facts.errors.is_empty()) else {
            return;
        };
        for error in facts.errors.iter() {
            let topic = error.topic.and_then(|topic| facts.topic(topic));
            let key = self.error(labels, key, error, topic, now);
            if let (Some(key), Some(Topic { name: None, id: Some(id), .. })) = (key, topic) {
                let amount = Amount { key, kind: Kind::Errors, n: error.count.into(), since: now };
                unresolved.wait(labels, *id, amount);
            }
        }
        if facts.errors.untold() > 0 {
            let (detail, topic) = (LabelId::OTHER, labels.other_error_topic());
            let key = Key { detail, topic, ..key.by_client() };
            self.by_error.count(&self.codes, labels, key, facts.errors.untold().into(), now);
        }
    }

    /// Counts an error; gives the key under which another topic's name may take its place.
    fn error(
        &mut self,
        labels: &mut Labels,
        key: Key,
        error: &ErrorFact,
        topic: Option<&Topic>,
        now: Timestamp,
    ) -> Option<Key> {
        let detail = match error.code.name() {
            Some(name) => labels.detail(name),
            None => labels.detail(&error.code.to_string()),
        };
        let topic = match topic {
            Some(Topic { name: Some(name), .. }) => labels.error_topic(name),
            Some(Topic { id: Some(id), .. }) => labels.error_topic(&id.to_string()),
            _ if error.is_of_other => labels.other_error_topic(),
            _ => labels.error_topic(""),
        };
        let key = Key { detail, topic, ..key.by_client() };
        let counted = self.by_error.count(&self.codes, labels, key, error.count.into(), now);
        (counted == key && key.is_certain() && topic != LabelId::NONE).then_some(key)
    }

    /// A topic's name became known: what counted under its id counts under the name.
    pub fn named(&mut self, labels: &mut Labels, key: Key, name: &str, now: Timestamp) {
        let n = self.by_error.take(&self.codes, labels, key);
        if n > 0 {
            let key = Key { topic: labels.error_topic(name), ..key };
            self.by_error.count(&self.codes, labels, key, n, now);
        }
    }

    fn throttle(&mut self, labels: &Labels, key: Key, ms: Option<i32>, now: Timestamp) {
        let Some(ms) = ms.and_then(|ms| u32::try_from(ms).ok()).filter(|ms| *ms > 0) else {
            return;
        };
        let entry = self.client(key, now);
        let Self { throttled, throttle, .. } = self;
        let (responses, time) = entry.handles.throttled.get_or_init(|| {
            let values = labels.values(&entry.key);
            (throttled.with_label_values(&values), throttle.with_label_values(&values))
        });
        responses.inc();
        time.add(ms.into());
    }

    fn undecoded(&mut self, labels: &mut Labels, key: Key, why: Option<Undecoded>, now: Timestamp) {
        let Some(why) = why else {
            return;
        };
        let detail = labels.detail(why.as_str());
        let key = Key { detail, ..key.by_api() };
        self.by_reason.count(&self.undecoded, labels, key, 1, now);
    }

    fn client(&mut self, key: Key, now: Timestamp) -> Arc<Entry<ByClient>> {
        let entry = self.by_client.entry(key.by_client(), |_| ByClient::default());
        entry.touch(now);
        entry
    }

    /// Forgets idle series, and says which label values the others use.
    pub fn expire(&mut self, labels: &Labels, now: Timestamp, idle: Duration, used: &mut Used) {
        let Self { failed, throttled, throttle, .. } = self;
        self.by_client.expire(now, idle, |key| {
            let values = labels.values(&key);
            failed.remove_label_values(&values);
            throttled.remove_label_values(&values);
            throttle.remove_label_values(&values);
        });
        for (series, family) in [
            (&mut self.by_error, &self.codes),
            (&mut self.by_reason, &self.undecoded),
            (&mut self.by_api, &self.forwarded),
        ] {
            series.expire(now, idle, |key| {
                family.remove_label_values(&labels.values(&key));
            });
            series.mark(|key| key.api, &mut used.api);
            series.mark(|key| key.client, &mut used.client);
            series.mark(|key| key.detail, &mut used.detail);
            series.mark(|key| key.topic, &mut used.topic);
        }
        self.by_client.mark(|key| key.api, &mut used.api);
        self.by_client.mark(|key| key.client, &mut used.client);
    }

    /// How often a set of labels found no room.
    pub const fn overflow(&self) -> u64 {
        self.by_client.overflow()
            + self.by_error.overflow()
            + self.by_reason.overflow()
            + self.by_api.overflow()
    }
}

/// Whether a message says any of what is counted here.
fn says_any(facts: Option<&Facts>) -> bool {
    facts.is_some_and(|facts| {
        facts.undecoded.is_some()
            || !facts.errors.is_empty()
            || facts.throttle_ms.is_some_and(|ms| ms != 0)
            || facts.forwarded.is_some()
    })
}

/// The message that one carries (Envelope).
fn inside(facts: Option<&Facts>) -> Option<&Forwarded> {
    facts?.forwarded.as_deref()
}
