//! Messages inside a message (Envelope, KIP-590), and the end of either.

use super::read::{self, Prefix};
use super::step::{OVERRUN, Step, Stop};
use super::visitor::{Text, Visitor, Wrapped, WrappedEnd};
use super::{Broken, Machine, Mode, State};
use crate::event::Side;
use crate::protocol::api::ApiKey;
use crate::protocol::meaning::Role;
use crate::protocol::program::{self, Length, Place, Program};

/// Bytes of a wrapped request that tell its program, and of a wrapped response's correlation id.
const REQUEST_ID_LEN: u32 = 8;
const CORRELATION_ID_LEN: u32 = 4;

impl Machine {
    pub(super) fn wrapped<V: Visitor>(
        &mut self,
        bytes: &[u8],
        length: Length,
        place: Place,
        visitor: &mut V,
    ) -> Step {
        let Prefix { value, width } = read::prefix(bytes, length)?;
        let len = value.unwrap_or_default();
        if width.checked_add(len).is_none_or(|total| total > self.regions.left()) {
            return Err(OVERRUN);
        }
        let behind = bytes.get(width as usize..).unwrap_or_default();
        let is_request = place.role == Role::WrappedRequest;
        if is_request && len >= REQUEST_ID_LEN && behind.len() < REQUEST_ID_LEN as usize {
            return Err(Stop::More);
        }
        visitor.text(place, value.map(|len| Text { bytes: &[], len }));
        let (wrapped, side, id_len) = if is_request {
            (wrapped_request(behind, len, visitor), Side::Request, REQUEST_ID_LEN)
        } else {
            let wrapped = value.and_then(|_| visitor.wrapped_response());
            (wrapped, Side::Response, CORRELATION_ID_LEN)
        };
        self.take(width)?;
        let known = wrapped.and_then(|wrapped| layout(wrapped, side));
        match known {
            Some((program, is_known)) if len >= id_len && !self.regions.is_wrapped() => {
                let around = std::mem::replace(&mut self.program, program);
                let behind = self.at.saturating_add(1);
                self.regions.enter_wrapped(around, behind, len, is_known);
                self.at = 0;
                self.skip(id_len)?;
            }
            _ => {
                self.skip(len)?;
                self.next();
                match (wrapped, value) {
                    // Too short to be an answer, though it is known to what.
                    (Some(_), Some(_)) if known.is_some() && len < id_len => {
                        visitor.wrapped_end(WrappedEnd::Broken(Broken::Overrun));
                    }
                    (Some(_), _) => visitor.wrapped_end(WrappedEnd::Unknown),
                    (None, Some(_)) => visitor.wrapped_unread(),
                    (None, None) => {}
                }
            }
        }
        Ok(width as usize)
    }

    /// The program's end: the message's, or that of a wrapped one.
    pub(super) fn finish<V: Visitor>(&mut self, visitor: &mut V) {
        match self.regions.leave_wrapped() {
            Some((wrapper, rest)) => {
                (self.program, self.at, self.skip) = (wrapper.program, wrapper.at, rest);
                visitor.wrapped_end(match rest {
                    _ if !wrapper.is_known => WrappedEnd::Unknown,
                    0 => WrappedEnd::Whole,
                    _ => WrappedEnd::Broken(Broken::Long),
                });
            }
            None => self.state = State::Done,
        }
    }

    /// The bytes do not fit the layout: a wrapped message is passed over, any other is given up.
    pub(super) fn fail<V: Visitor>(&mut self, why: Broken, visitor: &mut V) {
        let Some((wrapper, rest)) = self.regions.leave_wrapped() else {
            self.state = State::Broken(why);
            return;
        };
        (self.program, self.at, self.skip) = (wrapper.program, wrapper.at, rest);
        self.mode = Mode::Op;
        // Of what is not known the sieve keeps no client id.
        let broken = WrappedEnd::Broken(why);
        visitor.wrapped_end(if wrapper.is_known { broken } else { WrappedEnd::Unknown });
    }
}

/// How a wrapped message is laid out, and whether that is more than its header: of a request that the
/// table does not know, that tells who sent it.
fn layout(wrapped: Wrapped, side: Side) -> Option<(&'static Program, bool)> {
    let Wrapped { api_key, api_version } = wrapped;
    if let Some(program) = program::find(api_key, side, api_version) {
        return Some((program, true));
    }
    let has_client_id = api_key.header_version(side, api_version) >= 1;
    (side == Side::Request && has_client_id).then(|| (program::client_id(), false))
}

/// Tells of a wrapped request, as far as it is there.
fn wrapped_request<V: Visitor>(bytes: &[u8], len: u32, visitor: &mut V) -> Option<Wrapped> {
    if len < REQUEST_ID_LEN {
        return None;
    }
    let api_key = i16::from_be_bytes(*bytes.first_chunk()?);
    let api_version = i16::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
    let wrapped = Wrapped { api_key: ApiKey(api_key), api_version };
    visitor.wrapped_request(wrapped);
    Some(wrapped)
}
