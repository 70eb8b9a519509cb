//! Requests of versions that no table knows, found in mid-stream by the response that answers one.

use super::connection::{Connection, Shared};
use super::half::Act;
use crate::event::{Handler, Side};
use crate::frame::Whole;
use crate::protocol::plausible::{self, Guess};

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

    /// Where the request begins that the last response answers; ids may repeat: then none is certain.
    fn answered_by_last(&self, max_request_bytes: u32) -> Option<u64> {
        let mut responses = self.response.framer.whole_frames().filter(|frame| frame.is_last);
        responses.find_map(|response| {
            let requests = self.request.framer.whole_frames();
            let mut asked = requests.filter(|r| is_answered(r, &response, max_request_bytes));
            let first = asked.next()?;
            asked.next().is_none().then_some(first.offset)
        })
    }
}

/// Whether it is a request, and the response can be its own. Its client names itself: where it does
/// not, too little tells a request from what other protocols send.
fn is_answered(request: &Whole<'_>, response: &Whole<'_>, max_request_bytes: u32) -> bool {
    let id = response.bytes.get(4..8);
    let end = request.carrier.after(request.bytes.len()).seq;
    id.is_some()
        && id == request.bytes.get(8..12)
        && response.bytes.len() >= MIN_RESPONSE
        && response.carrier.ack.is_some_and(|ack| !end.is_after(ack))
        && plausible::client_id(request.bytes).is_some()
        && matches!(
            plausible::request(request.bytes, max_request_bytes),
            Guess::Known { .. } | Guess::Unknown { .. }
        )
}
