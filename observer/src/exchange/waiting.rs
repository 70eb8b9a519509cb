//! Responses of which it is not known yet whose they are: their requests may lie in a hole, or the
//! requests that could be theirs may have been sent before the first that was seen.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::conversation::{Answer, InflightSeen};
use super::ending::charge;
use super::inflight::{Behind, Pending};
use super::{Context, Conversation};
use crate::decode::Facts;
use crate::event::{Handler, Outcome};
use crate::time::Timestamp;

/// Responses that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Those that came before a hole in the request direction was given up.
    early: Vec<Answer>,
    /// The first request's, until the next shows whether the client counts.
    first: Option<Box<Paired>>,
}

/// A request, and the response with its id.
#[derive(Debug)]
pub(super) struct Paired {
    pub(super) request: Box<Pending>,
    pub(super) response: Answer,
    pub(super) facts: Option<Box<Facts>>,
}

impl Paired {
    /// Whether the request came before this.
    pub(super) fn is_older(&self, before: Timestamp) -> bool {
        self.request.since < before
    }
}

/// Early responses kept while a hole in the request direction is open.
const MAX_EARLY: usize = 64;
/// How much later than its answer a request may be seen, by another queue, where no acknowledgment
/// tells.
const OUT_OF_ORDER: Duration = Duration::from_millis(1);
/// The ids of those that do not count; who counts is soon beyond them.
const OFTEN_REPEATED: RangeInclusive<i32> = 0..=1;

impl Conversation {
    /// Keeps a response whose request may lie in a hole; whether there was room.
    pub(super) fn keep_early(&mut self, response: Answer) -> bool {
        let early = &mut self.waiting.get_or_insert_default().early;
        let has_room = early.len() < MAX_EARLY;
        if has_room {
            early.push(response);
        }
        has_room
    }

    /// The early responses, which wait no longer.
    pub(super) fn take_all_early(&mut self) -> Vec<Answer> {
        let early = self.waiting.as_mut().map(|waiting| std::mem::take(&mut waiting.early));
        self.forget_waiting();
        early.unwrap_or_default()
    }

    /// Takes the early response to the newest request, which has just ended, if there is one.
    pub(super) fn take_early(&mut self) -> Option<Answer> {
        let is_certain = self.inflight_seen == InflightSeen::All;
        let early = &mut self.waiting.as_mut()?.early;
        let request = self.inflight.newest().filter(|r| is_certain || r.behind == Behind::Other)?;
        let is_its = |answer: &Answer| {
            answer.correlation_id == request.correlation_id
                && request.may_be_answered_in(&answer.first, OUT_OF_ORDER)
        };
        let position = early.iter().position(is_its)?;
        Some(early.remove(position))
    }

    /// Whether a request's response, which is there, may be another one's: of the first that was seen,
    /// where others may be in flight, only the next shows whether the client counts.
    pub(super) fn is_in_doubt(&self, request: &Pending) -> bool {
        self.may_have_unseen_before(request) && self.inflight.len() == 0
    }

    /// Whether it is the first that was seen, and others may be in flight.
    fn may_have_unseen_before(&self, request: &Pending) -> bool {
        self.inflight_seen == InflightSeen::Part && request.behind == Behind::Nothing
    }

    /// Whether the request behind the first, which was sent while the response passed, shows that the client
    /// does not count.
    fn was_followed_by_its_id(&self) -> bool {
        self.inflight.get(0).is_some_and(|next| next.behind == Behind::Repeated)
    }

    /// Ends a request with its response, if that is known to be its own.
    #[inline]
    pub(super) fn pair<H: Handler>(
        &mut self,
        request: Box<Pending>,
        response: &Answer,
        facts: Option<Box<Facts>>,
        ctx: &mut Context<'_, H>,
    ) {
        if self.may_have_unseen_before(&request) {
            return self.pair_first(Paired { request, response: *response, facts }, ctx);
        }
        self.end_request(request, Outcome::Answered, Some((response, facts)), ctx);
    }

    #[inline(never)]
    fn pair_first<H: Handler>(&mut self, mut paired: Paired, ctx: &mut Context<'_, H>) {
        if self.was_followed_by_its_id() {
            return self.end_doubtful(paired, ctx);
        }
        if self.inflight.len() > 0 {
            return self.end_paired(paired, ctx);
        }
        charge(&mut paired.request.charged, &mut paired.facts, ctx);
        self.waiting.get_or_insert_default().first = Some(Box::new(paired));
    }

    /// The first exchange, if it waits.
    pub(super) fn first(&self) -> Option<&Paired> {
        self.waiting.as_ref()?.first.as_deref()
    }

    /// The next request has begun, and says this of the first.
    pub(super) fn tell_of_first<H: Handler>(&mut self, next: Behind, ctx: &mut Context<'_, H>) {
        self.settle_first(|_| next == Behind::Other, ctx);
    }

    /// A response with this id has no request: if it is the first one's as well, either may be its answer.
    pub(super) fn doubt_first<H: Handler>(
        &mut self,
        correlation_id: i32,
        ctx: &mut Context<'_, H>,
    ) {
        if self.first().is_some_and(|first| first.request.correlation_id == correlation_id) {
            self.settle_first(|_| false, ctx);
        }
    }

    /// No other request shows whether the first one's id was its own.
    pub(super) fn end_first<H: Handler>(&mut self, ctx: &mut Context<'_, H>) {
        self.settle_first(|first| !OFTEN_REPEATED.contains(&first.correlation_id), ctx);
    }

    /// Ends the first exchange, if it waits, by whether the request's id was its own.
    fn settle_first<H: Handler>(
        &mut self,
        is_its_own: impl FnOnce(&Pending) -> bool,
        ctx: &mut Context<'_, H>,
    ) {
        let Some(first) = self.take_first() else {
            return;
        };
        if is_its_own(&first.request) {
            self.end_paired(first, ctx);
        } else {
            self.end_doubtful(first, ctx);
        }
    }

    fn take_first(&mut self) -> Option<Paired> {
        let first = self.waiting.as_mut()?.first.take()?;
        self.forget_waiting();
        Some(*first)
    }

    /// Most connections have responses that wait but once.
    fn forget_waiting(&mut self) {
        let waits =
            |waiting: &mut Box<Waiting>| waiting.first.is_some() || !waiting.early.is_empty();
        self.waiting.take_if(|waiting| !waits(waiting));
    }

    fn end_paired<H: Handler>(&mut self, paired: Paired, ctx: &mut Context<'_, H>) {
        let Paired { request, response, facts } = paired;
        self.end_request(request, Outcome::Answered, Some((&response, facts)), ctx);
    }

    fn end_doubtful<H: Handler>(&mut self, paired: Paired, ctx: &mut Context<'_, H>) {
        self.end_request(paired.request, Outcome::Lost, None, ctx);
        ctx.decoder.recycle(paired.facts);
        self.unmatched(paired.response.correlation_id, ctx);
    }
}
