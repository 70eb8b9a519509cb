//! Which request a response answers, where it is certain.

use super::conversation::{Answer, InflightSeen};
use super::ending::take_early;
use super::inflight::{Behind, Pending};
use super::{Context, Conversation};
use crate::event::{Handler, Outcome};

impl Conversation {
    /// The request that a response answers. One whose frame still has a hole is left to be answered
    /// when that is given up.
    pub(super) fn take_request<H: Handler>(
        &mut self,
        position: usize,
        ctx: &mut Context<'_, H>,
    ) -> Option<Pending> {
        if self.is_left_for_later(position) {
            return None;
        }
        let is_ambiguous = self.is_ambiguous(position);
        let lost = self.lose_requests_before(position, ctx);
        let request = self.inflight.remove(position.checked_sub(lost)?)?;
        if is_ambiguous {
            self.end_request(request, Outcome::Lost, None, ctx);
            return None;
        }
        if request.behind == Behind::Other {
            self.inflight_seen = InflightSeen::All;
        }
        Some(request)
    }

    /// The early response to the newest request, if there is one.
    pub(super) fn early_answer(&mut self) -> Option<Answer> {
        let is_certain = self.inflight_seen == InflightSeen::All;
        let Self { inflight, early, .. } = self;
        let request = inflight.newest().filter(|r| is_certain || r.has_own_id())?;
        take_early(early, request)
    }

    /// Whether the id of the request at this position, which would be answered now, may be that of one
    /// which was not seen.
    pub(super) fn is_ambiguous(&self, position: usize) -> bool {
        self.inflight_seen == InflightSeen::Part
            && !self.is_left_for_later(position)
            && (self.inflight.get(position).is_some_and(|request| !request.has_own_id())
                || self.inflight.is_twice(position))
    }

    fn is_left_for_later(&self, position: usize) -> bool {
        self.is_request_side_behind && !self.inflight.has_ended(position)
    }
}
