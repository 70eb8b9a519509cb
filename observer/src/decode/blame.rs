//! An error code in, what failed out: a partition, a topic, a group, a member.

use super::collector::Collector;
use super::scopes::MAX_TOPICS;
use crate::protocol::error_code::ErrorCode;
use crate::tables::Table;

impl Collector<'_> {
    pub(super) fn error(&mut self, value: i64) {
        let code = ErrorCode(i16::try_from(value).unwrap_or(i16::MAX));
        let is_told = match self.position.topic {
            // It is counted itself.
            Some(topic) if topic as usize >= MAX_TOPICS => self.facts.errors.count_of_other(code),
            topic => self.facts.errors.count(code, topic),
        };
        if !is_told {
            self.evictions.count(Table::MessageFacts);
        }
        match self.partition() {
            Some(partition) if partition.error == ErrorCode::NONE => partition.error = code,
            Some(_) => {}
            // Beside the count, which tells only so many topics apart.
            None => self.topic().into_iter().for_each(|topic| topic.is_failed = true),
        }
        if self.position.topic.is_none() {
            self.position.group_error.get_or_insert(code);
            self.fail_group(code);
            self.fail_member(code);
        }
    }

    /// Why the settings of a topic that was created are not shown (CreateTopics, KIP-525): an error of
    /// the response like any, but the topic has not failed, so it is said of none.
    pub(super) fn config_error(&mut self, value: i64) {
        self.position.config_error = i16::try_from(value).map(ErrorCode).ok();
    }

    /// It counts when the topic has ended: if that was none, its own errors must stand last.
    #[cold]
    pub(super) fn count_config_error(&mut self, code: ErrorCode) {
        if !self.facts.errors.count(code, None) {
            self.evictions.count(Table::MessageFacts);
        }
    }

    /// The message's own error stands before its members, a member's own behind its name.
    fn fail_member(&mut self, code: ErrorCode) {
        let last =
            self.facts.members.len().checked_sub(1).and_then(|last| u32::try_from(last).ok());
        if let Some(member) = last.filter(|_| !self.position.is_in_group) {
            let failed = &mut self.rare().failed_members;
            failed.pop_if(|(last, _)| *last == member);
            failed.push((member, code));
        }
    }

    pub(super) fn fail_group(&mut self, code: ErrorCode) {
        let failed = &mut self.facts.failed_groups;
        if let Some(group) = self.position.group
            && failed.last().map(|(last, _)| *last) != Some(group)
        {
            failed.push((group, code));
        }
    }
}
