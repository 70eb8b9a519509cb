//! A SYN on a live connection goes in, and what passes after it; out comes whether another
//! connection has begun on the 4-tuple, or the SYN was a stray one.
//!
//! Of a SYN alone nobody can tell. A peer that has the connection answers it with an acknowledgment
//! of the old numbers (RFC 5961, 4.2), and the connection goes on; else what follows has the new
//! numbers. One direction of it is enough, and one of its numbers, as long as the other one, where
//! it can be compared, does not contradict.

use crate::event::Side;
use crate::input::{Segment, Seq};

/// Furthest that a number may lie from where it is expected, with much of the stream unseen.
pub(super) const WINDOW: u32 = 256 << 10;
/// Segments of the live connection that show that it goes on; fewer may be late.
const REFUTING_SEGMENTS: u8 = 32;

/// Where another connection would begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Successor {
    pub(super) request: Option<Seq>,
    pub(super) response: Option<Seq>,
    refuting: u8,
}

/// The next byte of either direction of the live connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    pub(super) request: Option<Seq>,
    pub(super) response: Option<Seq>,
}

/// What a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// It is the successor's: that is real.
    Confirmed,
    /// It tells nothing.
    Open,
    /// The live connection goes on.
    Refuted,
}

impl Successor {
    /// What a SYN says: the first byte's number, and where it answers one, that one's.
    pub(super) fn of_syn(side: Side, segment: &Segment<'_>) -> Self {
        let (request, response) = match side {
            Side::Request => (Some(segment.seq), None),
            Side::Response => (segment.ack, Some(segment.seq)),
        };
        Self { request, response, refuting: 0 }
    }

    /// Whether this SYN answers the other one.
    pub(super) fn answers(&self, asked: &Self) -> bool {
        self.response.is_some() && self.request.is_some() && self.request == asked.request
    }

    /// What a segment without SYN says.
    pub(super) fn judge(&mut self, side: Side, segment: &Segment<'_>, live: &Next) -> Finding {
        let (starts, nexts) = match side {
            Side::Request => ([self.request, self.response], [live.request, live.response]),
            Side::Response => ([self.response, self.request], [live.response, live.request]),
        };
        let is_new = fits(segment, starts, |ahead| ahead >= 0 && is_near(ahead));
        let is_old = fits(segment, nexts, is_near);
        match (is_new, is_old) {
            (true, false) => return Finding::Confirmed,
            (false, true) => self.refuting = self.refuting.saturating_add(1),
            _ => {}
        }
        if self.refuting < REFUTING_SEGMENTS { Finding::Open } else { Finding::Refuted }
    }
}

/// Whether its numbers are where they are expected: one at least, and none is not.
fn fits(segment: &Segment<'_>, expected: [Option<Seq>; 2], is_near: impl Fn(i32) -> bool) -> bool {
    let [seq, ack] = expected;
    let near = |number: Option<Seq>, from: Option<Seq>| Some(is_near(number?.since(from?)));
    let compared = [near(Some(segment.seq), seq), near(segment.ack, ack)];
    compared.contains(&Some(true)) && !compared.contains(&Some(false))
}

fn is_near(ahead: i32) -> bool {
    ahead.unsigned_abs() <= WINDOW
}
