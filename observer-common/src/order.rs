//! What the daemon asks the kernel to do with a direction: values of a map from flow to order. The
//! kernel obeys when the next segment of a direction comes that it copies, and forgets the order.

use crate::Seq;

/// Orders that wait to be obeyed, at most.
pub const ORDERS_MAX: u32 = 4_096;

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Payload is counted, and no longer copied.
    CountOnly,
    /// A frame begins at this number: from there on only metadata is copied.
    Resume {
        /// Where.
        at: Seq,
        /// Whether requests pass here.
        is_request: bool,
    },
}

const COUNT_ONLY: u64 = 1;
const RESUME: u64 = 2;
const REQUEST: u64 = 4;

impl Order {
    /// The map's value.
    pub const fn encode(self) -> u64 {
        match self {
            Self::CountOnly => COUNT_ONLY,
            Self::Resume { at, is_request } => {
                let side = if is_request { REQUEST } else { 0 };
                (at.0 as u64) << 32 | side | RESUME
            }
        }
    }

    /// Reads it; `None` for a value that is no order.
    #[inline(always)]
    pub const fn decode(value: u64) -> Option<Self> {
        if value & RESUME != 0 {
            let (at, is_request) = (Seq((value >> 32) as u32), value & REQUEST != 0);
            Some(Self::Resume { at, is_request })
        } else if value & COUNT_ONLY != 0 {
            Some(Self::CountOnly)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_survive_the_round_trip() {
        let resume = |is_request| Order::Resume { at: Seq(u32::MAX), is_request };
        for order in [Order::CountOnly, resume(true), resume(false)] {
            assert_eq!(Order::decode(order.encode()), Some(order));
        }
        assert_eq!(Order::decode(0), None);
    }
}
