//! What each op does.

use super::batch::{self, Header};
use super::read::{self, NoPrefix, Prefix};
use super::regions::{Level, Tags, TooDeep};
use super::visitor::{Text, Visitor, Wrapped};
use super::{Broken, MAX_TEXT, Machine, Mode, State};
use crate::event::Side;
use crate::protocol::api::ApiKey;
use crate::protocol::meaning::Role;
use crate::protocol::program::{self, Length, Op, Place, Walk};

/// Why a step was not done.
enum Stop {
    /// Too few bytes are there.
    More,
    /// The bytes do not fit the layout.
    Broken(Broken),
}

type Step = Result<usize, Stop>;

const OVERRUN: Stop = Stop::Broken(Broken::Overrun);
/// Bytes of a wrapped request that tell its program, and of a wrapped response's correlation id.
const REQUEST_ID_LEN: u32 = 8;
const CORRELATION_ID_LEN: u32 = 4;

impl From<NoPrefix> for Stop {
    fn from(why: NoPrefix) -> Self {
        match why {
            NoPrefix::Cut => Self::More,
            NoPrefix::Wrong => Self::Broken(Broken::Varint),
        }
    }
}

impl From<TooDeep> for Stop {
    fn from(TooDeep: TooDeep) -> Self {
        OVERRUN
    }
}

impl Machine {
    /// Does one step with the bytes that come next; returns how many it took, or `None` where they
    /// are too few (then nothing was done).
    #[inline]
    pub(super) fn step<V: Visitor>(&mut self, bytes: &[u8], visitor: &mut V) -> Option<usize> {
        let done = match self.mode {
            Mode::Op => self.op(bytes, visitor),
            Mode::Tag => self.tag(bytes),
            Mode::Batch { left, is_each } => self.batch(bytes, left, is_each, visitor),
        };
        match done {
            Ok(used) => Some(used),
            // What is not there will not come: the region ends before.
            Err(Stop::More) if bytes.len() >= self.regions.left() as usize => {
                self.fail(Broken::Overrun, visitor);
                Some(0)
            }
            Err(Stop::More) => None,
            Err(Stop::Broken(why)) => {
                self.fail(why, visitor);
                Some(0)
            }
        }
    }

    #[inline]
    fn op<V: Visitor>(&mut self, bytes: &[u8], visitor: &mut V) -> Step {
        let Some(op) = self.program.ops.get(usize::from(self.at)).copied() else {
            return Err(OVERRUN);
        };
        match op {
            Op::Skip(len) => self.skip(len.into())?,
            Op::Number { width, place } => {
                let value = read::number(bytes, width).ok_or(Stop::More)?;
                self.take(width.into())?;
                self.number = value;
                visitor.number(place, value);
                self.next();
                return Ok(width.into());
            }
            Op::Uuid { place } => {
                let value = bytes.first_chunk().ok_or(Stop::More)?;
                self.take(16)?;
                visitor.uuid(place, value);
                self.next();
                return Ok(value.len());
            }
            Op::Bytes { length, place } => return self.text(bytes, length, place, visitor),
            Op::Pass(length) => {
                let Prefix { value, width } = read::prefix(bytes, length)?;
                self.take(width)?;
                self.skip(value.unwrap_or_default())?;
                self.next();
                return Ok(width as usize);
            }
            Op::Records { length, place, walk } => {
                return self.records(bytes, length, place, walk, visitor);
            }
            Op::Wrapped { length, place } => return self.wrapped(bytes, length, place, visitor),
            Op::Row { length, width } => {
                let Prefix { value, width: prefix } = read::prefix(bytes, length)?;
                self.take(prefix)?;
                let len = value.unwrap_or_default().checked_mul(width.into()).ok_or(OVERRUN)?;
                self.skip(len)?;
                self.next();
                return Ok(prefix as usize);
            }
            Op::Array { length, place, end } => {
                let Prefix { value, width } = read::prefix(bytes, length)?;
                self.take(width)?;
                visitor.array(place, value);
                self.array(value.unwrap_or_default(), end)?;
                return Ok(width as usize);
            }
            Op::Next { begin } => {
                self.go_round(begin);
                return Ok(0);
            }
            Op::Enter(scope) => visitor.enter(scope),
            Op::Leave(scope) => visitor.leave(scope),
            Op::Nullable { end, place } => {
                let is_null = read::number(bytes, 1).ok_or(Stop::More)? < 0;
                self.take(1)?;
                visitor.nullable(place, is_null);
                self.at = if is_null { end } else { self.at.saturating_add(1) };
                return Ok(1);
            }
            Op::Tagged { first, known } => {
                let (count, width) = read::varint(bytes)?;
                self.take(width)?;
                if count == 0 {
                    self.next();
                } else {
                    let back = self.at.saturating_add(1);
                    self.regions.push(Level::Tags(Tags { count, first, known, back }))?;
                    self.mode = Mode::Tag;
                }
                return Ok(width as usize);
            }
            Op::EndTagged => {
                self.skip = self.regions.leave_field();
                self.tag_done();
                return Ok(0);
            }
            Op::If { value, to } if self.number == i64::from(value) => {
                self.at = to;
                return Ok(0);
            }
            Op::If { .. } => {}
            Op::End => {
                self.finish(visitor);
                return Ok(0);
            }
        }
        self.next();
        Ok(0)
    }

    #[inline]
    fn text<V: Visitor>(
        &mut self,
        bytes: &[u8],
        length: Length,
        place: Place,
        visitor: &mut V,
    ) -> Step {
        let Prefix { value, width } = read::prefix(bytes, length)?;
        let Some(len) = value else {
            self.take(width)?;
            visitor.text(place, None);
            self.next();
            return Ok(width as usize);
        };
        let shown = (len as usize).min(MAX_TEXT);
        let begin = width as usize;
        let end = begin.saturating_add(shown);
        if width.checked_add(len).is_none_or(|total| total > self.regions.left()) {
            return Err(OVERRUN);
        }
        let shown = bytes.get(begin..end).ok_or(Stop::More)?;
        self.take(width.saturating_add(len))?;
        self.skip = len.saturating_sub(u32::try_from(shown.len()).unwrap_or(len));
        visitor.text(place, Some(Text { bytes: shown, len }));
        self.next();
        Ok(end)
    }

    fn array(&mut self, count: u32, end: u16) -> Result<(), Stop> {
        // Each element takes a byte at least.
        if count > self.regions.left() {
            return Err(OVERRUN);
        }
        if count == 0 {
            self.at = end;
        } else {
            self.regions.push(Level::Array(count))?;
            self.next();
        }
        Ok(())
    }

    #[inline]
    fn go_round(&mut self, begin: u16) {
        if let Some(Level::Array(left)) = self.regions.top() {
            *left = left.saturating_sub(1);
            if *left > 0 {
                self.at = begin;
                return;
            }
            self.regions.pop();
        }
        self.next();
    }

    /// The next tagged field.
    fn tag(&mut self, bytes: &[u8]) -> Step {
        let (tag, tag_width) = read::varint(bytes)?;
        let behind = bytes.get(tag_width as usize..).unwrap_or_default();
        let (len, len_width) = read::varint(behind)?;
        let width = tag_width.saturating_add(len_width);
        self.take(width)?;
        let Some(Level::Tags(tags)) = self.regions.top() else {
            return Err(OVERRUN);
        };
        tags.count = tags.count.saturating_sub(1);
        let first = usize::from(tags.first);
        let known = first..first.saturating_add(tags.known.into());
        let known = self.program.tags.get(known).unwrap_or_default();
        if len > self.regions.left() {
            return Err(OVERRUN);
        }
        if let Some(known) = known.iter().find(|known| known.tag == tag) {
            self.regions.enter_field(len)?;
            self.at = known.begin;
            self.mode = Mode::Op;
        } else {
            self.skip(len)?;
            self.tag_done();
        }
        Ok(width as usize)
    }

    /// A tagged field has ended: on to the next, or behind them all.
    fn tag_done(&mut self) {
        let Some(Level::Tags(tags)) = self.regions.top() else {
            return;
        };
        if tags.count > 0 {
            self.mode = Mode::Tag;
            return;
        }
        self.at = tags.back;
        self.regions.pop();
        self.mode = Mode::Op;
    }

    fn records<V: Visitor>(
        &mut self,
        bytes: &[u8],
        length: Length,
        place: Place,
        walk: Walk,
        visitor: &mut V,
    ) -> Step {
        let Prefix { value, width } = read::prefix(bytes, length)?;
        let len = value.unwrap_or_default();
        if width.checked_add(len).is_none_or(|total| total > self.regions.left()) {
            return Err(OVERRUN);
        }
        self.take(width)?;
        self.take(len)?;
        visitor.records(place, value);
        self.next();
        if walk == Walk::Not {
            self.skip = len;
        } else if len > 0 {
            self.mode = Mode::Batch { left: len, is_each: walk == Walk::Each };
        }
        Ok(width as usize)
    }

    /// The header of the next batch of a set that has `left` bytes more.
    fn batch<V: Visitor>(
        &mut self,
        bytes: &[u8],
        left: u32,
        is_each: bool,
        visitor: &mut V,
    ) -> Step {
        let in_set = bytes.get(..left as usize).unwrap_or(bytes);
        let (batch, width) = match batch::header(in_set) {
            Header::Read(batch, width) => (batch, width),
            Header::Cut if in_set.len() < left as usize => return Err(Stop::More),
            Header::Cut | Header::Wrong => {
                self.leave_set(left, visitor);
                return Ok(0);
            }
        };
        visitor.batch(&batch);
        let left = left.saturating_sub(width);
        let body = batch.len.saturating_sub(width.into());
        let body = u32::try_from(body).unwrap_or(u32::MAX);
        if body > left {
            self.leave_set(left, visitor);
        } else if is_each && body < left {
            self.skip = body;
            self.mode = Mode::Batch { left: left.saturating_sub(body), is_each };
        } else {
            self.skip = left;
            self.mode = Mode::Op;
        }
        Ok(width as usize)
    }

    /// Passes over the rest of a set whose batches can no longer be told apart.
    fn leave_set<V: Visitor>(&mut self, left: u32, visitor: &mut V) {
        visitor.cut_set();
        self.skip = left;
        self.mode = Mode::Op;
    }

    fn wrapped<V: Visitor>(
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
        let (wrapped, side, id_len) = if place.role == Role::WrappedRequest {
            if len >= REQUEST_ID_LEN && behind.len() < REQUEST_ID_LEN as usize {
                return Err(Stop::More);
            }
            (wrapped_request(behind, len, visitor), Side::Request, REQUEST_ID_LEN)
        } else {
            (visitor.wrapped_response(), Side::Response, CORRELATION_ID_LEN)
        };
        self.take(width)?;
        let find = |wrapped: Wrapped| program::find(wrapped.api_key, side, wrapped.api_version);
        match wrapped.and_then(find) {
            Some(program) if len >= id_len && !self.regions.is_wrapped() => {
                let around = std::mem::replace(&mut self.program, program);
                self.regions.enter_wrapped(around, self.at.saturating_add(1), len);
                self.at = 0;
                self.skip(id_len)?;
            }
            _ => {
                self.skip(len)?;
                self.next();
                if value.is_some() {
                    visitor.wrapped_end(false);
                }
            }
        }
        Ok(width as usize)
    }

    /// The program's end: the message's, or that of a wrapped one.
    fn finish<V: Visitor>(&mut self, visitor: &mut V) {
        match self.regions.leave_wrapped() {
            Some((wrapper, rest)) => {
                (self.program, self.at, self.skip) = (wrapper.program, wrapper.at, rest);
                visitor.wrapped_end(rest == 0);
            }
            None => self.state = State::Done,
        }
    }

    /// The bytes do not fit the layout: a wrapped message is passed over, any other is given up.
    fn fail<V: Visitor>(&mut self, why: Broken, visitor: &mut V) {
        let Some((wrapper, rest)) = self.regions.leave_wrapped() else {
            self.state = State::Broken(why);
            return;
        };
        (self.program, self.at, self.skip) = (wrapper.program, wrapper.at, rest);
        self.mode = Mode::Op;
        visitor.wrapped_end(false);
    }

    /// The value at hand, or what of it was not seen, is lost: it will be passed over if its length
    /// is known.
    pub(super) fn lose<V: Visitor>(&mut self, visitor: &mut V) {
        let carry = std::mem::take(&mut self.carry);
        let kept = u32::try_from(carry.len()).unwrap_or(u32::MAX);
        if let Mode::Batch { left, .. } = self.mode {
            self.leave_set(left.saturating_sub(kept), visitor);
            return;
        }
        let op = self.program.ops.get(usize::from(self.at)).copied();
        let lost = match op {
            Some(Op::Number { width, place }) if self.mode == Mode::Op => {
                Some((u32::from(width), place))
            }
            Some(Op::Uuid { place }) if self.mode == Mode::Op => Some((16, place)),
            Some(Op::Bytes { length, place } | Op::Wrapped { length, place })
                if self.mode == Mode::Op =>
            {
                let prefix = read::prefix(&carry, length).ok();
                let len = prefix.and_then(|p| p.width.checked_add(p.value.unwrap_or_default()));
                len.map(|len| (len, place))
            }
            _ => None,
        };
        let Some((len, place)) = lost.filter(|(len, _)| *len <= self.regions.left()) else {
            // The bytes that were kept have not been taken from the region yet.
            let _ = self.regions.take(kept.min(self.regions.left()));
            return self.fail(Broken::Missing, visitor);
        };
        let _ = self.regions.take(len);
        self.skip = len.saturating_sub(kept);
        visitor.lost(place);
        self.next();
    }

    #[inline]
    fn take(&mut self, bytes: u32) -> Result<(), Stop> {
        self.regions.take(bytes).ok_or(OVERRUN)
    }

    #[inline]
    fn skip(&mut self, bytes: u32) -> Result<(), Stop> {
        self.take(bytes)?;
        self.skip = bytes;
        Ok(())
    }

    #[inline]
    fn next(&mut self) {
        self.at = self.at.saturating_add(1);
    }
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
