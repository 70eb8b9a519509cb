//! What a broker counted between a start and a stop: readings in, the last complete one out.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use jiff::Timestamp;

use crate::jmx::{Reading, TopicBytes};
use crate::record::Record;

/// A part of time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// Its begin.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

/// A value, and when it was read.
#[derive(Clone, Debug, Default)]
pub struct Timed<T> {
    /// Between the question and the answer.
    pub span: Span,
    /// The answer.
    pub value: T,
}

/// What a broker has counted.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// All of it, read at once.
    pub reading: Timed<Reading>,
    /// Of topics: a broker forgets these when it leads none of a topic's partitions any more.
    pub topics: BTreeMap<String, Timed<TopicBytes>>,
}

/// A broker between a start and a stop.
#[derive(Clone, Debug)]
pub struct Run {
    /// Which.
    pub node_id: u32,
    /// Where clients and brokers connect to it.
    pub listener: SocketAddr,
    /// Where controllers and brokers do.
    pub controller: SocketAddr,
    /// From before its start until after its stop.
    pub span: Span,
    /// What it had counted at moments when all was quiet.
    pub quiet: Vec<Counted>,
    /// What it had counted when it was last read.
    pub counted: Counted,
}

impl Counted {
    /// Takes a later reading, unless the broker has begun to forget: `false` then.
    pub fn take(&mut self, later: Timed<Reading>) -> bool {
        for (topic, bytes) in &later.value.topics {
            self.take_topic(topic, Timed { span: later.span, value: *bytes });
        }
        let last = &self.reading.value;
        let is_complete = contains(&later.value.requests, &last.requests)
            && contains(&later.value.errors, &last.errors)
            && later.value.replicated_out >= last.replicated_out;
        if is_complete {
            self.reading = later;
        }
        is_complete
    }

    fn take_topic(&mut self, topic: &str, later: Timed<TopicBytes>) {
        let last = self.topics.entry(topic.to_owned()).or_default();
        let TopicBytes { bytes_in, bytes_out, messages_in } = last.value;
        let grows = later.value.bytes_in >= bytes_in
            && later.value.bytes_out >= bytes_out
            && later.value.messages_in >= messages_in;
        if grows {
            *last = later;
        }
    }
}

/// Whether no count is missing or less than it was.
fn contains<K: Ord>(later: &BTreeMap<K, u64>, before: &BTreeMap<K, u64>) -> bool {
    before.iter().all(|(key, count)| later.get(key).is_some_and(|later| later >= count))
}

impl Run {
    /// Whether the broker no longer tells what it had counted of the topic.
    pub fn has_forgotten(&self, topic: &str) -> bool {
        let last = self.counted.reading.value.topics.get(topic).copied().unwrap_or_default();
        self.counted.topics.get(topic).is_some_and(|before| before.value.bytes_in > last.bytes_in)
    }

    /// Whether the record is of a request to this broker in this run.
    pub fn answered(&self, record: &Record) -> bool {
        let addresses = [self.listener, self.controller].map(|address| address.to_string());
        addresses.contains(&record.broker) && (self.span.from..self.span.to).contains(&record.time)
    }
}
