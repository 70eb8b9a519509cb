//! Clients of other make: the programs of `tests/clients`, each of which produces records and reads
//! them back in a group; what the observer saw of them out.
//!
//! - `program`: how each is run
//! - `trip`: what one is asked to do
//! - `trips`: a broker, several clients, and a recording of them
//! - `seen`: what the observer saw of one
//! - `audited`: whether they are ready for Kafka 4

mod audited;
mod program;
mod seen;
mod trip;
mod trips;

pub use audited::{Audited, is_served};
pub use program::{Program, java, output};
pub use seen::Seen;
pub use trip::{Login, Trip};
pub use trips::{Evidence, Plan, create_topics};

/// A client of a library.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Its client id, and part of the names of its topic and group.
    pub id: &'static str,
    /// What runs it.
    pub program: Program,
    /// Whether its group is one of KIP-848.
    pub is_new_group: bool,
    /// What it calls its library on the wire, if it does.
    pub software: Option<&'static str>,
}

const fn client(id: &'static str, program: Program, software: Option<&'static str>) -> Client {
    Client { id, program, is_new_group: false, software }
}

const fn new_group(id: &'static str, program: Program, software: &'static str) -> Client {
    Client { id, program, is_new_group: true, software: Some(software) }
}

const JAVA: Option<&str> = Some("apache-kafka-java");

/// Libraries that speak to every broker since 2.8.
pub const OTHERS: [Client; 7] = [
    client("librdkafka", Program::Python("confluent"), Some("confluent-kafka-python")),
    client("kafka-python", Program::Python("kafka_python"), Some("kafka-python")),
    client("aiokafka", Program::Python("aiokafka"), None),
    client("kafkajs", Program::Node("kafkajs"), None),
    client("franz-go", Program::Go("franz"), Some("kgo")),
    client("sarama", Program::Go("sarama"), Some("sarama")),
    client("kafka-go", Program::Go("segmentio"), None),
];

/// Groups of KIP-848, which brokers have since 4.0.
pub const NEW_GROUPS: [Client; 3] = [
    new_group("librdkafka-848", Program::Python("confluent"), "confluent-kafka-python"),
    new_group("franz-go-848", Program::Go("franz"), "kgo"),
    new_group("java-848", Program::Java("4.4.0"), "apache-kafka-java"),
];

/// Kafka's own client, of the versions that Kafka 4 still answers.
pub const JAVA_NEW: [Client; 3] = [
    client("java-4.4.0", Program::Java("4.4.0"), JAVA),
    client("java-3.9.1", Program::Java("3.9.1"), JAVA),
    client("java-2.8.2", Program::Java("2.8.2"), JAVA),
];

/// The same, of versions that it no longer answers.
pub const JAVA_OLD: [Client; 2] = [
    client("java-1.1.1", Program::Java("1.1.1"), None),
    client("java-0.11.0.3", Program::Java("0.11.0.3"), None),
];
