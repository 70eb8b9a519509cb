//! What the bodies of an exchange say, request and response taken together.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::totals::{Identity, Rejections, add_each, fetched, identities, of_partition};
use super::{Exchange, Outcome, Side, TopicErrors, TopicTotals};
use crate::decode::{ErrorFact, Facts, SessionTopic, Undecoded};
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;

/// Whether a partition was refused because its batches may be at odds with themselves. A broker takes
/// no batch whose count is not its last offset delta and one; what is seen of a header may be either.
const fn may_miscount(error: Option<ErrorCode>) -> bool {
    matches!(error, Some(ErrorCode::INVALID_RECORD | ErrorCode::CORRUPT_MESSAGE))
}

/// The type of key that FindCoordinator has for groups.
const GROUP_KEY: i8 = 0;

/// The only one of these names, however often it is said.
fn only(names: &[Arc<str>]) -> Option<&Arc<str>> {
    let (first, others) = names.split_first()?;
    others.iter().all(|name| name == first).then_some(first)
}

impl Exchange {
    /// The API.
    pub fn api_key(&self) -> ApiKey {
        ApiKey(self.header.api_key)
    }

    /// Errors of the response; also where it was not decoded whole.
    pub fn errors(&self) -> impl Iterator<Item = &ErrorFact> {
        self.response.iter().flat_map(|facts| facts.errors.iter())
    }

    /// Whether the response holds an error, its own or that of a response inside it.
    pub fn is_failed(&self) -> bool {
        let has_errors = |facts: &Facts| !facts.errors.is_empty();
        self.response.as_deref().is_some_and(|facts| {
            has_errors(facts) || facts.forwarded.as_ref().is_some_and(|f| has_errors(&f.facts))
        })
    }

    /// Whether the response was decoded whole, with one inside it.
    pub fn is_response_decoded(&self) -> bool {
        self.response.as_ref().is_some_and(|facts| facts.undecoded().is_none())
    }

    /// Why request or response, or one inside it, was not decoded whole.
    pub fn undecoded(&self) -> Option<Undecoded> {
        [&self.request, &self.response].into_iter().flatten().find_map(|facts| facts.undecoded())
    }

    /// How long the broker holds the client back, in ms.
    pub fn throttle_ms(&self) -> Option<i32> {
        self.response.as_ref().and_then(|facts| facts.throttle_ms)
    }

    /// The group that the request names; where it names none, that of its client, if it is certain. Of
    /// several it is no one's.
    pub fn group(&self) -> Option<&Arc<str>> {
        if self.api_key() == ApiKey::FIND_COORDINATOR {
            return self.sought_group();
        }
        let named = self.request.as_ref().map_or(&[][..], |facts| &facts.groups);
        if named.is_empty() { self.client_group.as_ref() } else { only(named) }
    }

    /// FindCoordinator: the group whose coordinator is looked for; it may be another than the client's.
    fn sought_group(&self) -> Option<&Arc<str>> {
        let rare = self.request.as_ref()?.rare.as_ref()?;
        let oldest = (self.header.api_version == 0).then_some(GROUP_KEY);
        let is_group = rare.key_type.or(oldest) == Some(GROUP_KEY);
        only(&rare.coordinator_keys).filter(|_| is_group)
    }

    /// Whether a fetch was answered without records and errors; `None` where that is not known.
    pub fn is_empty_fetch(&self) -> Option<bool> {
        if !self.is_fetch() {
            return self.api_key().lookup().map(|_| false);
        }
        let facts = self.response.as_ref()?;
        let has_bytes = facts.partitions.iter().any(|p| p.bytes.is_some_and(|bytes| bytes > 0));
        if has_bytes || !facts.errors.is_empty() {
            return Some(false);
        }
        facts.undecoded.is_none().then_some(true)
    }

    /// The message that tells of the topics: the response of a fetch, or of a request that names none
    /// where it says that some failed; else the request.
    fn of_topics(&self) -> Option<(Side, &Facts)> {
        let response = self.response.as_deref().map(|facts| (Side::Response, facts));
        if self.is_fetch() {
            return response;
        }
        let request = self.request.as_deref()?;
        let is_of_all = request.topics.is_empty() && request.undecoded.is_none();
        let says_failed = |facts: &Facts| facts.errors.iter().any(|error| error.topic.is_some());
        let failed = response.filter(|(_, facts)| is_of_all && says_failed(facts));
        Some(failed.unwrap_or((Side::Request, request)))
    }

    /// What the response says went wrong with [`Self::topics`]; `None` where that is not known.
    pub fn topic_errors(&self) -> Option<TopicErrors<'_>> {
        let (side, told) = self.of_topics()?;
        let request = (side == Side::Request).then_some(told);
        TopicErrors::new(request, self.response.as_deref()?)
    }

    fn is_fetch(&self) -> bool {
        matches!(self.api_key(), ApiKey::FETCH | ApiKey::SHARE_FETCH)
    }

    /// The topics: of a fetch those that were answered and the others of its session, else those
    /// that were asked about; of a request for all topics (Metadata) those that failed. `None` also
    /// where none were found, but there may be some: in what was not decoded whole, or in a session
    /// that is not known.
    pub fn topics(&self) -> Option<Vec<TopicTotals>> {
        let (side, told) = self.of_topics()?;
        let mut topics = self.moved().unwrap_or_else(|| {
            let mut topics = Vec::new();
            add_each(told, &TopicTotals::default(), &mut topics);
            topics
        });
        if !self.is_fetch() && side == Side::Response {
            let failed: HashSet<_, RandomState> = told.errors.iter().map(|e| e.topic).collect();
            topics.retain(|topic| topic.index.is_some() && failed.contains(&topic.index));
        }
        self.add_session(&mut topics);
        let may_be_more = told.undecoded.is_some() || self.is_of_unknown_session();
        (!topics.is_empty() || !may_be_more).then_some(topics)
    }

    /// Whether a fetch belongs to a session of which it is not known what it holds: it began before the
    /// observer did, or a part of it was not seen (KIP-227); those of share groups are not followed.
    fn is_of_unknown_session(&self) -> bool {
        let is_followed = match self.api_key() {
            ApiKey::SHARE_FETCH => return true,
            ApiKey::FETCH => self.session.is_some(),
            _ => true,
        };
        let epoch = self.request.as_ref().and_then(|facts| facts.session_epoch);
        let answered = self.response.as_ref().and_then(|facts| facts.session);
        !is_followed && epoch.map_or_else(|| answered.is_some_and(|id| id != 0), |epoch| epoch > 0)
    }

    /// The topics whose records an exchange moves: a Produce, or a fetch that was answered.
    pub fn moved(&self) -> Option<Vec<TopicTotals>> {
        let mut topics = Vec::new();
        self.add_moved(&mut topics)?;
        Some(topics)
    }

    /// Adds them to a list that is empty; `None` where there can be none.
    pub fn add_moved(&self, topics: &mut Vec<TopicTotals>) -> Option<()> {
        match self.api_key() {
            ApiKey::PRODUCE => self.produced(self.request.as_deref()?, topics),
            ApiKey::FETCH | ApiKey::SHARE_FETCH => fetched(self.response.as_deref()?, topics),
            _ => return None,
        }
        Some(())
    }

    /// Whether it is known of each partition of a Produce how it was answered.
    pub fn is_produce_settled(&self) -> bool {
        let are_all_told = |facts: &Facts| !facts.has_untold_failure();
        self.outcome == Outcome::Unacknowledged
            || (self.is_response_decoded() && self.response.as_deref().is_some_and(are_all_told))
    }

    /// The topics of a fetch's session that the response says nothing of: nothing of them was sent, if
    /// that was all it said.
    fn add_session(&self, topics: &mut Vec<TopicTotals>) {
        let Some(session) = &self.session else {
            return;
        };
        let answered: HashSet<_, RandomState> =
            topics.iter().flat_map(|topic| identities(topic.name.as_ref(), topic.id)).collect();
        let silent = session.iter().filter(|(topic, _)| {
            let identity = match topic {
                SessionTopic::Name(name) => Identity::Name(name),
                SessionTopic::Id(id) => Identity::Id(*id),
            };
            !answered.contains(&identity)
        });
        let silent: Vec<_> = silent
            .map(|(topic, held)| TopicTotals {
                name: held.name.clone(),
                id: match topic {
                    SessionTopic::Name(_) => None,
                    SessionTopic::Id(id) => Some(*id),
                },
                partitions: u32::try_from(held.partitions.len()).ok(),
                bytes: self.is_response_decoded().then_some(0),
                ..TopicTotals::default()
            })
            .collect();
        topics.extend(silent);
    }

    fn produced(&self, facts: &Facts, topics: &mut Vec<TopicTotals>) {
        let nothing = TopicTotals { bytes: Some(0), records: Some(0), ..TopicTotals::default() };
        add_each(facts, &nothing, topics);
        let rejections = self.response.as_deref().map(Rejections::new).unwrap_or_default();
        for partition in &facts.partitions {
            let Some(totals) = of_partition(topics, facts, partition, &nothing) else {
                continue;
            };
            let bytes = u64::from(partition.bytes.unwrap_or_default());
            totals.add_bytes(bytes);
            let error = rejections.of(totals, partition.index);
            let records = partition.records.filter(|_| !may_miscount(error)).map(u64::from);
            totals.records = totals.records.zip(records).map(|(sum, n)| sum.saturating_add(n));
            let records = records.unwrap_or_default();
            totals.known_records = totals.known_records.saturating_add(records);
            if error.is_some() {
                totals.rejected_bytes = totals.rejected_bytes.saturating_add(bytes);
                totals.rejected_records = totals.rejected_records.saturating_add(records);
            }
        }
    }
}
