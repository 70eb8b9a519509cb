//! What is measured of topics: an exchange in, amounts out.

use crate::event::{Exchange, Fetcher, TopicTotals};
use crate::protocol::api::ApiKey;

/// What is measured of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Bytes produced.
    ProducedBytes,
    /// Records produced.
    ProducedRecords,
    /// Bytes that were answered with an error.
    RejectedBytes,
    /// Bytes fetched by consumers.
    FetchedBytes,
    /// Bytes fetched by followers.
    ReplicatedBytes,
    /// Bytes fetched by members of share groups.
    ShareFetchedBytes,
}

impl Measure {
    /// All measures.
    pub const ALL: [Self; 6] = [
        Self::ProducedBytes,
        Self::ProducedRecords,
        Self::RejectedBytes,
        Self::FetchedBytes,
        Self::ReplicatedBytes,
        Self::ShareFetchedBytes,
    ];

    /// The metric's name and help.
    pub const fn name_and_help(self) -> (&'static str, &'static str) {
        match self {
            Self::ProducedBytes => (
                "topic_produced_bytes_total",
                "Bytes of record sets produced, of partitions answered without error.",
            ),
            Self::ProducedRecords => (
                "topic_produced_records_total",
                "Records produced (of record batches, magic 2), of partitions answered without \
                 error.",
            ),
            Self::RejectedBytes => (
                "topic_rejected_bytes_total",
                "Bytes of record sets produced, of partitions answered with an error.",
            ),
            Self::FetchedBytes => {
                ("topic_fetched_bytes_total", "Bytes of record sets sent to consumers.")
            }
            Self::ReplicatedBytes => {
                ("topic_replicated_bytes_total", "Bytes of record sets sent to followers.")
            }
            Self::ShareFetchedBytes => (
                "topic_share_fetched_bytes_total",
                "Bytes of record sets sent to members of share groups.",
            ),
        }
    }

    /// What an exchange's bytes are; `None` where that is not known.
    pub fn of(exchange: &Exchange) -> Option<Self> {
        match (exchange.api_key(), exchange.header.fetcher) {
            (ApiKey::PRODUCE, _) if exchange.is_produce_settled() => Some(Self::ProducedBytes),
            (ApiKey::FETCH, Fetcher::Consumer) => Some(Self::FetchedBytes),
            (ApiKey::FETCH, Fetcher::Follower) => Some(Self::ReplicatedBytes),
            (ApiKey::SHARE_FETCH, _) => Some(Self::ShareFetchedBytes),
            _ => None,
        }
    }

    /// The amounts of a topic whose bytes are this, as far as they were seen.
    pub fn amounts(self, topic: &TopicTotals) -> [(Self, u64); 3] {
        let bytes = topic.known_bytes.saturating_sub(topic.rejected_bytes);
        let records = match self {
            Self::ProducedBytes => topic.known_records,
            _ => 0,
        };
        [
            (self, bytes),
            (Self::ProducedRecords, records.saturating_sub(topic.rejected_records)),
            (Self::RejectedBytes, topic.rejected_bytes),
        ]
    }
}
