//! Why a message was not understood.

use crate::protocol::machine::Broken;

/// Why a message was not understood whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Undecoded {
    /// The table does not know the API; or, of a message inside another, its request was not seen.
    UnknownApi,
    /// The table does not know the version.
    UnknownVersion,
    /// The bytes do not fit the layout.
    Malformed,
    /// It was left before its end: the connection ended.
    Cut,
    /// It goes on behind its layout's end.
    Long,
    /// Some of it was not seen.
    Gap,
    /// Some of it was left out on purpose.
    Elided,
    /// It came before its request, by which it would be understood.
    Early,
    /// It was understood, but too much to keep until its answer came.
    Dropped,
}

impl Undecoded {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::UnknownApi,
        Self::UnknownVersion,
        Self::Malformed,
        Self::Cut,
        Self::Long,
        Self::Gap,
        Self::Elided,
        Self::Early,
        Self::Dropped,
    ];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownApi => "unknown_api",
            Self::UnknownVersion => "unknown_version",
            Self::Malformed => "malformed",
            Self::Cut => "cut",
            Self::Long => "long",
            Self::Gap => "gap",
            Self::Elided => "elided",
            Self::Early => "early",
            Self::Dropped => "dropped",
        }
    }
}

impl From<Broken> for Undecoded {
    fn from(why: Broken) -> Self {
        match why {
            Broken::Overrun | Broken::Varint => Self::Malformed,
            Broken::Missing => Self::Gap,
            Broken::Cut => Self::Cut,
            Broken::Long => Self::Long,
        }
    }
}
