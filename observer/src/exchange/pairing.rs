//! Which request a response answers, where it is certain.

use super::conversation::Answer;
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
        if self.is_request_side_behind && !self.inflight.has_ended(position) {
            return None;
        }
        let is_ambiguous = self.is_ambiguous(position);
        let lost = self.lose_requests_before(position, ctx);
        let request = self.inflight.remove(position.checked_sub(lost)?)?;
        if is_ambiguous {
            self.end_request(request, Outcome::Lost, None, ctx);
            return None;
        }
        self.is_complete |= request.behind == Behind::Other;
        Some(request)
    }

    /// The early response to the newest request, if there is one.
    pub(super) fn early_answer(&mut self) -> Option<Answer> {
        let Self { inflight, early, is_complete, .. } = self;
        let request = inflight.newest().filter(|r| *is_complete || r.has_own_id())?;
        take_early(early, request)
    }

    /// Whether the id of the request at this position may be that of one which was not seen.
    pub(super) fn is_ambiguous(&self, position: usize) -> bool {
        !self.is_complete && self.inflight.get(position).is_some_and(|r| !r.has_own_id())
    }
}
