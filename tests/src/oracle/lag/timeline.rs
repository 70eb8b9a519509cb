//! What the observer knew of groups, and when: a recording in, its knowledge at every time out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use observer::event::{Event, Exchange, Handler, Outcome};
use observer::groups::{Change, Groups, Limits};
use observer::pipeline::{Config, Pipeline};
use observer::ports::Ports;
use observer::protocol::api::ApiKey;
use observer::protocol::error_code::ErrorCode;
use observer::source::replay::{self, Replay};
use observer::time::Timestamp;

use crate::stored::stored;

use super::history::History;

/// The observer's knowledge over the time of a recording.
#[derive(Debug)]
pub struct Timeline {
    topic: String,
    groups: Groups,
    /// The same, from what groups' coordinators see alone: not how transactions end elsewhere.
    at_coordinators: Groups,
    now: Timestamp,
    /// Of the groups that read the topic.
    pub history: History,
    /// How often each group was settled anew.
    pub rebalances: BTreeMap<String, u32>,
    /// Partitions whose end, and groups and partitions whose offset, passed so far.
    marked: BTreeSet<i32>,
    committed: BTreeSet<(String, i32)>,
    /// Lags that were known before both samples had passed, or not when they had.
    pub untimely: Vec<(String, i32)>,
    /// Fetches of consumers that name no group, by the group they were told under.
    pub fetches: BTreeMap<Option<String>, u32>,
}

impl Timeline {
    /// Replays what passed on these ports, and follows the groups that read one topic.
    pub fn of(recording: &Path, ports: &[u16], topic: &str) -> Result<Self> {
        let mut timeline = Self {
            topic: topic.to_owned(),
            groups: Groups::new(Limits::default()),
            at_coordinators: Groups::new(Limits::default()),
            now: Timestamp::default(),
            history: History::default(),
            rebalances: BTreeMap::new(),
            marked: BTreeSet::new(),
            committed: BTreeSet::new(),
            untimely: Vec::new(),
            fetches: BTreeMap::new(),
        };
        run(recording, ports, &mut timeline)?;
        Ok(timeline)
    }

    /// The offsets of a group at the end that its coordinator alone tells.
    pub fn told_by_coordinator(&self, group: &str) -> BTreeMap<i32, i64> {
        let groups = self.at_coordinators.read(self.now).groups;
        let partitions =
            groups.into_iter().filter(|g| &*g.name == group).flat_map(|g| g.partitions);
        let of_topic = partitions.filter(|p| *p.topic.text() == *self.topic);
        of_topic.map(|p| (p.index, p.offset)).collect()
    }

    fn exchange(&mut self, exchange: &Exchange) {
        self.note_samples(exchange);
        if exchange.header.api().to_string() == "FetchConsumer" {
            *self.fetches.entry(exchange.group().map(ToString::to_string)).or_default() += 1;
        }
        // What the tool asks makes the broker ask itself; it must be known without.
        if exchange.api_key() != ApiKey::READ_SHARE_GROUP_STATE_SUMMARY {
            self.groups.exchange(exchange, self.now);
        }
        if exchange.api_key() != ApiKey::END_TXN {
            self.at_coordinators.exchange(exchange, self.now);
        }
        for change in self.groups.take_changes() {
            if let Change::Rebalanced(group, _) = change {
                *self.rebalances.entry(group.to_string()).or_default() += 1;
            }
        }
        let at = (self.now, self.now);
        for group in self.groups.read(self.now).groups {
            let name = group.name.to_string();
            self.history.note_members(&name, at, group.members);
            for p in group.partitions.iter().filter(|p| *p.topic.text() == *self.topic) {
                let key = (name.clone(), p.index);
                let lag = p.lag.map(|(lag, _)| lag);
                let has_both = self.marked.contains(&p.index) && self.committed.contains(&key);
                // Of what is promised it is not known yet whether it will be kept.
                let may_wait = name == super::TRANSACTIONAL && lag.is_none();
                if lag.is_some() != has_both && !may_wait {
                    self.untimely.push(key.clone());
                }
                self.history.note(&name, p.index, at, (p.offset, lag));
            }
        }
    }

    /// What could be known, without regard to what it is.
    fn note_samples(&mut self, exchange: &Exchange) {
        let (Some(request), Some(response)) = (&exchange.request, &exchange.response) else {
            return;
        };
        let facts = match exchange.api_key() {
            ApiKey::OFFSET_COMMIT | ApiKey::TXN_OFFSET_COMMIT | ApiKey::WRITE_SHARE_GROUP_STATE => {
                request
            }
            _ => response,
        };
        for partition in &facts.partitions {
            let topic = facts.topic(partition.topic).and_then(|topic| topic.name.as_deref());
            let is_good = partition.error == ErrorCode::NONE && partition.offset >= Some(0);
            if topic != Some(&*self.topic) || !is_good {
                continue;
            }
            match (exchange.api_key(), request.groups.first()) {
                (ApiKey::FETCH | ApiKey::LIST_OFFSETS, _) => {
                    self.marked.insert(partition.index);
                }
                (
                    ApiKey::OFFSET_COMMIT
                    | ApiKey::TXN_OFFSET_COMMIT
                    | ApiKey::OFFSET_FETCH
                    | ApiKey::WRITE_SHARE_GROUP_STATE
                    | ApiKey::READ_SHARE_GROUP_STATE,
                    Some(group),
                ) => {
                    self.committed.insert((group.to_string(), partition.index));
                }
                _ => {}
            }
        }
    }
}

impl Handler for Timeline {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Exchange(exchange) => self.exchange(exchange),
            Event::TopicNamed { id, name } => {
                self.groups.named(id, name);
                self.at_coordinators.named(id, name);
            }
            _ => {}
        }
    }

    fn time(&mut self, now: Timestamp) {
        self.now = now;
    }
}

/// When the exchanges with these APIs began and ended that passed on these ports between two times:
/// the first's beginning and the last's end; none, if there were none.
pub fn span(
    recording: &Path,
    ports: &[u16],
    apis: &[ApiKey],
    (from, to): (Timestamp, Timestamp),
) -> Result<Option<(Timestamp, Timestamp)>> {
    let mut span: Option<(Timestamp, Timestamp)> = None;
    run(recording, ports, &mut |event: Event<'_>| {
        let Event::Exchange(exchange) = event else { return };
        let Some(begin) = exchange.time.filter(|t| (from..=to).contains(t)) else { return };
        if apis.contains(&exchange.api_key()) {
            let end = begin.plus(exchange.duration.unwrap_or(Duration::ZERO));
            let (first, last) = span.unwrap_or((begin, end));
            span = Some((first.min(begin), last.max(end)));
        }
    })?;
    Ok(span)
}

fn run<H: Handler>(recording: &Path, ports: &[u16], handler: &mut H) -> Result<()> {
    let ports: Ports = ports.iter().map(|port| *port..=*port).collect();
    let mut pipeline = Pipeline::new(Config::new(ports.clone()));
    let mut replay = Replay::new(replay::Config { ports });
    let capture = stored(File::open(recording)?);
    replay.read("recording", capture, &mut pipeline.intake(handler))?;
    pipeline.finish(Outcome::Open, handler);
    Ok(())
}
