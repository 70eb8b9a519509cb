//! Which request a response answers, where it is certain.

use super::conversation::InflightSeen;
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
    ) -> Option<Box<Pending>> {
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
        // What was sent before a loss says nothing about the lost ones, whose answers are still to come.
        if request.behind == Behind::Other && !request.is_before_loss {
            self.inflight_seen = InflightSeen::All;
        }
        Some(request)
    }

    /// Whether the id of the request at this position, which would be answered now, may be that of one
    /// which was not seen.
    #[inline]
    pub(super) fn is_ambiguous(&self, position: usize) -> bool {
        self.inflight_seen == InflightSeen::Part
            && !self.is_left_for_later(position)
            && (self.may_be_anothers(position) || self.inflight.is_twice(position))
    }

    /// Whether the ids that were seen leave room for another request with that of the one at this position.
    fn may_be_anothers(&self, position: usize) -> bool {
        let behind = |position| self.inflight.get(position).map(|request| request.behind);
        match behind(position) {
            Some(Behind::Repeated) => true,
            Some(Behind::Nothing) => behind(position.saturating_add(1)) == Some(Behind::Repeated),
            Some(Behind::Other) | None => false,
        }
    }

    fn is_left_for_later(&self, position: usize) -> bool {
        self.is_request_side_behind && !self.inflight.has_ended(position)
    }
}
