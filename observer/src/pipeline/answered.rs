//! Requests of versions that no table knows, found in mid-stream by the response that answers one.

use super::connection::{Connection, Shared};
use super::half::Act;
use crate::event::{Handler, Side};
use crate::frame::Whole;
use crate::protocol::header::request_head;
use crate::protocol::plausible::{self, Guess};
use crate::protocol::whole::fits;

/// Bytes of the smallest response that is looked for, the length prefix too.
const MIN_RESPONSE: usize = 10;

impl Connection {
    /// Looks for the request that the response answers which has just ended: both fill their segments
    /// to the last byte, both have the same correlation id, and the response acknowledges the request.
    pub(super) fn believe_answer<H: Handler>(&mut self, shared: &mut Shared<'_, '_, H>) {
        if self.request.framer.is_in_step() || self.response.framer.is_in_step() {
            return;
        }
        let asked = self.answered_by_last(shared.config.exchange.max_request_bytes);
        if let Some(offset) = asked {
            self.act(Side::Request, Act::StepAt(offset), shared);
            self.act(Side::Response, Act::LookAgain, shared);
        }
    }

    /// Where the request begins that the last response answers; of a client without a name, where the
    /// series begins that shows it.
    fn answered_by_last(&self, max_request_bytes: u32) -> Option<u64> {
        let mut responses = self.response.framer.whole_frames().filter(|frame| frame.is_last);
        responses.find_map(|response| {
            let asked = self.request_of(&response, max_request_bytes)?;
            if plausible::client_id(asked.bytes).is_some() {
                return Some(asked.offset);
            }
            self.series_up_to(&response, asked, max_request_bytes)
        })
    }

    /// The request that a response answers; ids may repeat: then none is certain.
    fn request_of(&self, response: &Whole<'_>, max_request_bytes: u32) -> Option<Whole<'_>> {
        let requests = self.request.framer.whole_frames();
        only(requests.filter(|r| is_answered(r, response, max_request_bytes)))
    }

    /// Where the first of some requests begins that follow one another, as their answers do. That is no
    /// coincidence, where a single id may be one.
    fn series_up_to(
        &self,
        response: &Whole<'_>,
        asked: Whole<'_>,
        max_request_bytes: u32,
    ) -> Option<u64> {
        let mut last = (*response, asked);
        for _ in 1..NAMELESS {
            let (answer, request) = &last;
            let before = id_of(answer)?.wrapping_sub(1);
            let responses = self.response.framer.whole_frames();
            let answer =
                only(responses.filter(|r| id_of(r) == Some(before) && r.end() <= answer.offset))?;
            let earlier = self.request_of(&answer, max_request_bytes)?;
            if earlier.end() > request.offset {
                return None;
            }
            last = (answer, earlier);
        }
        Some(last.1.offset)
    }
}

/// Requests in a row that show a client without a name.
const NAMELESS: usize = 3;

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// A response's correlation id.
fn id_of(response: &Whole<'_>) -> Option<u32> {
    Some(u32::from_be_bytes(*response.bytes.get(4..)?.first_chunk()?))
}

/// Whether it is a request, and the response can be its own.
fn is_answered(request: &Whole<'_>, response: &Whole<'_>, max_request_bytes: u32) -> bool {
    let id = response.bytes.get(4..8);
    let end = request.carrier.after(request.bytes.len()).seq;
    id.is_some()
        && id == request.bytes.get(8..12)
        && response.bytes.len() >= MIN_RESPONSE
        && response.carrier.ack.is_some_and(|ack| !end.is_after(ack))
        && matches!(
            plausible::request(request.bytes, max_request_bytes),
            Guess::Known { .. } | Guess::Unknown { .. }
        )
        && fit(request.bytes, response.bytes) != Some(false)
}

/// Whether both are what their layouts say, where those are known.
fn fit(request: &[u8], response: &[u8]) -> Option<bool> {
    let frame = request.get(4..)?;
    let head = request_head(frame, u32::try_from(frame.len()).ok()?).ok()?;
    let fits = |side, behind: &[u8]| {
        fits(head.api_key, side, head.api_version, u32::try_from(behind.len()).ok()?, behind)
    };
    let (request, response) =
        (fits(Side::Request, request.get(12..)?), fits(Side::Response, response.get(8..)?));
    Some(request != Some(false) && response != Some(false))
}
