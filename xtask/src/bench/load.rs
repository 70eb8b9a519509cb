//! The loads: a name in; what the clients shall do, as a command for them, out.

use std::net::SocketAddr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A load on a broker.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// Batches of 16 KB out of records of 1,000 bytes, to one partition.
    #[value(name = "produce-1")]
    #[serde(rename = "produce-1")]
    Produce1,
    /// The same to 30 partitions, a batch for each in a request.
    #[value(name = "produce-30")]
    #[serde(rename = "produce-30")]
    Produce30,
    /// `produce-1`, and a consumer that reads along.
    #[value(name = "tail-1")]
    #[serde(rename = "tail-1")]
    Tail1,
    /// `produce-30`, and a consumer that reads along.
    #[value(name = "tail-30")]
    #[serde(rename = "tail-30")]
    Tail30,
    /// One record of 200 bytes in a request.
    Record,
    /// Fetches of 1 MB of what is there.
    Fetch,
    /// Three producers beside 1,000 connections that say nothing.
    Idle,
    /// Half the records a second that `produce-1` takes, to see how long each takes.
    Latency,
}

/// What a load consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Partitions of its topic.
    pub partitions: u32,
    /// Records of a run (of a round, where the topic is read several times).
    pub records: u32,
    size: u32,
    batch: u32,
    linger: u32,
    producers: u32,
    tail: bool,
    /// How often the topic is read; 0 where it is written.
    pub rounds: u32,
    /// Connections that say nothing.
    pub idle: u32,
}

/// Batches that are full, as a producer under load makes them.
const FULL: Shape = Shape {
    partitions: 1,
    records: 500_000,
    size: 1000,
    batch: 16_384,
    linger: 5,
    producers: 1,
    tail: false,
    rounds: 0,
    idle: 0,
};

impl Load {
    /// What it is; smaller for a quick look.
    pub fn shape(self, quick: bool) -> Shape {
        let shape = match self {
            Self::Produce1 => FULL,
            Self::Produce30 => Shape { partitions: 30, ..FULL },
            Self::Tail1 => Shape { tail: true, ..FULL },
            Self::Tail30 => Shape { partitions: 30, tail: true, ..FULL },
            Self::Record => Shape { records: 200_000, size: 200, batch: 1, linger: 0, ..FULL },
            Self::Fetch => Shape { rounds: 4, ..FULL },
            Self::Idle => Shape { partitions: 3, producers: 3, idle: 1000, ..FULL },
            Self::Latency => Shape { linger: 0, ..FULL },
        };
        let divisor = if quick { 25 } else { 1 };
        Shape { records: shape.records / divisor, ..shape }
    }

    /// How many runs in one it takes to see what comes and goes do so often enough.
    pub fn switched(self) -> u32 {
        match self {
            Self::Record => 8,
            _ => 16,
        }
    }

    /// Whether its records come at half the most that a second takes.
    pub fn is_paced(self) -> bool {
        self == Self::Latency
    }
}

impl Shape {
    /// As much as many runs.
    pub fn times(self, runs: u32) -> Self {
        match self.rounds {
            0 => Self { records: self.records * runs, ..self },
            rounds => Self { rounds: rounds * runs, ..self },
        }
    }

    /// Whether a topic is read that was there before.
    pub fn only_reads(&self) -> bool {
        self.rounds > 0
    }

    /// What clients are told; `rate` is in records a second, 0 for as many as can be.
    pub fn command(&self, entrance: SocketAddr, topic: &str, rate: u32) -> String {
        if self.only_reads() {
            self.fetch(entrance, topic)
        } else {
            self.produce(entrance, topic, rate)
        }
    }

    /// What clients are told that write; `rate` is in records a second, 0 for as many as can be.
    pub fn produce(&self, entrance: SocketAddr, topic: &str, rate: u32) -> String {
        let Self { partitions, records, size, batch, linger, producers, .. } = self;
        let tail = u32::from(self.tail);
        format!(
            "produce bootstrap={entrance} topic={topic} partitions={partitions} records={records} \
             size={size} batch={batch} linger={linger} producers={producers} tail={tail} rate={rate}"
        )
    }

    /// What a client is told that reads.
    fn fetch(&self, entrance: SocketAddr, topic: &str) -> String {
        let Self { partitions, records, rounds, .. } = self;
        format!(
            "fetch bootstrap={entrance} topic={topic} partitions={partitions} records={records} \
             rounds={rounds}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_runs_are_large_enough() {
        for &load in Load::value_variants() {
            let Shape { records, size, rounds, .. } = load.shape(false);
            let bytes = u64::from(records) * u64::from(size) * u64::from(rounds.max(1));
            assert!(
                bytes >= 500_000_000 || (load == Load::Record && records >= 200_000),
                "{load:?}"
            );
        }
    }

    #[test]
    fn producers_share_the_records_evenly() {
        for &load in Load::value_variants() {
            let Shape { records, producers, .. } = load.shape(true);
            assert!(records / producers > 1000, "{load:?}");
        }
    }

    #[test]
    fn a_command_is_one_line() {
        let entrance = SocketAddr::from(([127, 0, 0, 1], 9092));
        let line = Load::Tail30.shape(true).produce(entrance, "t", 0);
        assert!(line.starts_with("produce bootstrap=127.0.0.1:9092 topic=t partitions=30 "));
        assert!(!line.contains('\n') && line.ends_with("tail=1 rate=0"), "{line}");
    }
}
