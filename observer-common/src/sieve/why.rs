//! Why the sieve loses the step.

/// Why a direction is out of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Why {
    /// Bytes that were needed have not been seen, or come later.
    Gap = 0,
    /// A frame's length is impossible.
    Length = 1,
    /// It does not begin as Kafka does.
    Unproven = 2,
    /// Two CPUs had a segment of it at once.
    Contention = 3,
    /// An skb took more steps than are granted.
    Work = 4,
    /// Bytes of an skb could not be read.
    Unreadable = 5,
}

impl Why {
    /// All reasons.
    pub const ALL: [Self; 6] =
        [Self::Gap, Self::Length, Self::Unproven, Self::Contention, Self::Work, Self::Unreadable];

    /// The reason with this number.
    #[inline(always)]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Gap,
            1 => Self::Length,
            2 => Self::Unproven,
            3 => Self::Contention,
            4 => Self::Work,
            5 => Self::Unreadable,
            _ => return None,
        })
    }

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Length => "length",
            Self::Unproven => "unproven",
            Self::Contention => "contention",
            Self::Work => "work",
            Self::Unreadable => "unreadable",
        }
    }
}
