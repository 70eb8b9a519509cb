//! Kafka's error codes: a number as the wire has it in, Kafka's own name out.

mod table;

use std::fmt;

/// An error code, known or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorCode(pub i16);

impl ErrorCode {
    /// No error.
    pub const NONE: Self = Self(0);
    /// A record set is not as its checksum says; before Kafka 2.4 also [`Self::INVALID_RECORD`].
    pub const CORRUPT_MESSAGE: Self = Self(2);
    /// The group does not know the member.
    pub const UNKNOWN_MEMBER_ID: Self = Self(25);
    /// The group waits for its members to join again.
    pub const REBALANCE_IN_PROGRESS: Self = Self(27);
    /// The broker does not know the requested version of the API.
    pub const UNSUPPORTED_VERSION: Self = Self(35);
    /// There is no such group.
    pub const GROUP_ID_NOT_FOUND: Self = Self(69);
    /// A batch contradicts itself, or holds what it may not.
    pub const INVALID_RECORD: Self = Self(87);
    /// Another has taken the member's instance id (KIP-345).
    pub const FENCED_INSTANCE_ID: Self = Self(82);
    /// The member was thrown out (KIP-848).
    pub const FENCED_MEMBER_EPOCH: Self = Self(110);
    /// The member's epoch is not the one that it was told (KIP-848).
    pub const STALE_MEMBER_EPOCH: Self = Self(113);

    /// Kafka's name, if the table has it; `Display` gives a name for every code.
    pub fn name(self) -> Option<&'static str> {
        let index = table::NAMES.binary_search_by_key(&self.0, |(code, _)| *code).ok()?;
        table::NAMES.get(index).map(|(_, name)| *name)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => f.pad(&format!("Unknown({})", self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_kafkas_names_and_unknown_ones_their_number() {
        assert_eq!(ErrorCode(-1).to_string(), "UNKNOWN_SERVER_ERROR");
        assert_eq!(ErrorCode(6).to_string(), "NOT_LEADER_OR_FOLLOWER");
        assert_eq!(ErrorCode(i16::MAX).to_string(), "Unknown(32767)");
        assert!(table::NAMES.iter().all(|(code, name)| ErrorCode(*code).name() == Some(name)));
    }

    #[test]
    fn the_codes_that_the_code_names_are_those() {
        assert_eq!(ErrorCode::NONE.name(), Some("NONE"));
        assert_eq!(ErrorCode::UNKNOWN_MEMBER_ID.name(), Some("UNKNOWN_MEMBER_ID"));
        assert_eq!(ErrorCode::REBALANCE_IN_PROGRESS.name(), Some("REBALANCE_IN_PROGRESS"));
        assert_eq!(ErrorCode::GROUP_ID_NOT_FOUND.name(), Some("GROUP_ID_NOT_FOUND"));
        assert_eq!(ErrorCode::UNSUPPORTED_VERSION.name(), Some("UNSUPPORTED_VERSION"));
    }
}
