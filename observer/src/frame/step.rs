//! In step: cuts a direction's bytes into frames, whatever the segments' borders.

use super::{Account, Head, Receiver, Verdict};
use crate::event::Malformed;
use crate::protocol::pieces::Pieces;
use crate::stream::{Carrier, Hole};
use crate::time::Timestamp;

/// Where in a frame the direction is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// In the length prefix.
    #[default]
    Prefix,
    /// In the bytes that the receiver wants to see.
    Head,
    /// Behind them.
    Body,
    /// In a frame that is not Kafka's.
    Opaque,
}

/// A direction whose frame boundaries are known.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) phase: Phase,
    prefix: [u8; 4],
    pub(super) prefix_len: u8,
    /// The packet that carried the frame's first byte.
    pub(super) first: Carrier,
    /// Frame size, without the prefix.
    pub(super) len: u32,
    /// How much of the frame has passed, seen or not.
    pub(super) passed: u32,
    /// How much of the frame and its prefix was delivered.
    delivered: u64,
    /// The head's bytes, when they came in parts.
    head: Vec<u8>,
}

/// The boundary is lost; so many of the bytes given were not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfStep {
    pub(super) unused: usize,
    pub(super) reason: Option<Malformed>,
}

impl Step {
    /// Takes bytes in order.
    pub(super) fn data<R: Receiver>(
        &mut self,
        carrier: &Carrier,
        bytes: &[u8],
        receiver: &mut R,
    ) -> Result<(), OutOfStep> {
        if self.phase == Phase::Body && bytes.len() < self.left() as usize {
            // Of a large frame nearly all is so.
            self.body(carrier.time, bytes, receiver);
            return Ok(());
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.phase {
                Phase::Prefix => {
                    let passed = bytes.len().saturating_sub(rest.len());
                    self.prefix(carrier.after(passed), rest, receiver)
                }
                Phase::Head => self.head(carrier.time, rest, receiver),
                Phase::Body | Phase::Opaque => Ok(self.body(carrier.time, rest, receiver)),
            };
            rest = match used {
                Ok(used) => rest.get(used..).unwrap_or_default(),
                Err((used, reason)) => {
                    let unused = rest.len().saturating_sub(used);
                    return Err(OutOfStep { unused, reason: Some(reason) });
                }
            };
        }
        Ok(())
    }

    /// Passes over `len` bytes that are not there; `time` is when they passed, if that is known.
    pub(super) fn hole<R: Receiver>(
        &mut self,
        hole: Hole,
        time: Option<Timestamp>,
        len: u64,
        receiver: &mut R,
    ) -> Result<(), OutOfStep> {
        if self.phase == Phase::Prefix {
            return Err(OutOfStep { unused: 0, reason: None });
        }
        if self.phase == Phase::Head {
            // What was kept of the head is all there will be.
            let head = std::mem::take(&mut self.head);
            if let Err(reason) = self.judge(&head, true, receiver) {
                return Err(OutOfStep { unused: 0, reason: Some(reason) });
            }
        }
        let left = u64::from(self.left());
        if self.phase == Phase::Body {
            receiver.missing(hole, len.min(left));
        }
        if len < left {
            self.passed = self.passed.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
            return Ok(());
        }
        self.end(time, receiver);
        if len == left { Ok(()) } else { Err(OutOfStep { unused: 0, reason: None }) }
    }

    #[inline(never)]
    fn prefix<R: Receiver>(
        &mut self,
        carrier: Carrier,
        bytes: &[u8],
        receiver: &mut R,
    ) -> Result<usize, (usize, Malformed)> {
        if self.prefix_len == 0 {
            self.first = carrier;
        }
        let used = self.take_prefix(bytes);
        self.deliver(used, receiver);
        if usize::from(self.prefix_len) < self.prefix.len() {
            return Ok(used);
        }
        match receiver.length(i32::from_be_bytes(self.prefix)) {
            Ok(len) => self.len = len,
            Err(reason) => {
                self.discard(receiver);
                return Err((used, reason));
            }
        }
        self.phase = Phase::Head;
        if self.len == 0 {
            self.judge(&[], true, receiver).map_err(|reason| (used, reason))?;
            self.end(carrier.time, receiver);
        }
        Ok(used)
    }

    /// Takes what these bytes have of the prefix; returns how much.
    fn take_prefix(&mut self, bytes: &[u8]) -> usize {
        if let (0, Some(prefix)) = (self.prefix_len, bytes.first_chunk()) {
            self.prefix = *prefix;
            self.prefix_len = 4;
            return prefix.len();
        }
        let free = self.prefix.get_mut(usize::from(self.prefix_len)..).unwrap_or_default();
        let mut used = 0_u8;
        for (slot, byte) in free.iter_mut().zip(bytes) {
            *slot = *byte;
            used = used.saturating_add(1);
        }
        self.prefix_len = self.prefix_len.saturating_add(used);
        used.into()
    }

    fn head<R: Receiver>(
        &mut self,
        time: Option<Timestamp>,
        bytes: &[u8],
        receiver: &mut R,
    ) -> Result<usize, (usize, Malformed)> {
        let part = self.in_frame(bytes);
        self.passed = self.passed.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
        self.deliver(part.len(), receiver);
        let is_final = self.left() == 0;
        let judged = if self.head.is_empty() {
            self.judge(part, is_final, receiver)
        } else {
            let mut head = std::mem::take(&mut self.head);
            head.extend_from_slice(part);
            self.judge(&head, is_final, receiver)
        };
        judged.map_err(|reason| (part.len(), reason))?;
        if is_final {
            self.end(time, receiver);
        }
        Ok(part.len())
    }

    #[inline]
    fn body<R: Receiver>(
        &mut self,
        time: Option<Timestamp>,
        bytes: &[u8],
        receiver: &mut R,
    ) -> usize {
        let part = self.in_frame(bytes);
        self.passed = self.passed.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
        self.deliver(part.len(), receiver);
        if self.phase == Phase::Body {
            receiver.body(Pieces::of(part));
        }
        if self.left() == 0 {
            self.end(time, receiver);
        }
        part.len()
    }

    /// Shows the receiver the frame's beginning, and does what it says.
    fn judge<R: Receiver>(
        &mut self,
        bytes: &[u8],
        is_final: bool,
        receiver: &mut R,
    ) -> Result<(), Malformed> {
        let pieces = Pieces::of(bytes);
        let head = Head { len: self.len, first: self.first, pieces, is_final };
        match receiver.head(&head) {
            Verdict::Need(wanted) if !is_final && bytes.len() < wanted => {
                self.head = bytes.to_vec();
            }
            Verdict::Need(_) | Verdict::Accept => self.phase = Phase::Body,
            Verdict::Opaque => {
                let ledger = receiver.account().ledger();
                ledger.decoded = ledger.decoded.saturating_sub(self.delivered);
                ledger.opaque = ledger.opaque.saturating_add(self.delivered);
                self.phase = Phase::Opaque;
            }
            Verdict::Reject(reason) => {
                self.discard(receiver);
                return Err(reason);
            }
        }
        Ok(())
    }

    pub(super) fn end<R: Receiver>(&mut self, last: Option<Timestamp>, receiver: &mut R) {
        receiver.end(last);
        *self = Self::default();
    }

    /// Bytes from here to the next frame; `None` within a length prefix, where that is not known.
    pub(super) fn to_next(&self) -> Option<u32> {
        match self.phase {
            Phase::Prefix => (self.prefix_len == 0).then_some(0),
            Phase::Head | Phase::Body | Phase::Opaque => Some(self.left()),
        }
    }

    pub(super) fn left(&self) -> u32 {
        self.len.saturating_sub(self.passed)
    }

    fn in_frame<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(..self.left() as usize).unwrap_or(bytes)
    }

    fn deliver<R: Receiver>(&mut self, bytes: usize, receiver: &mut R) {
        let ledger = receiver.account().ledger();
        let fate =
            if self.phase == Phase::Opaque { &mut ledger.opaque } else { &mut ledger.decoded };
        *fate = fate.saturating_add(bytes as u64);
        self.delivered = self.delivered.saturating_add(bytes as u64);
    }

    /// What was taken for a frame is none.
    fn discard<R: Receiver>(&mut self, receiver: &mut R) {
        let ledger = receiver.account().ledger();
        ledger.decoded = ledger.decoded.saturating_sub(self.delivered);
        ledger.discarded = ledger.discarded.saturating_add(self.delivered);
    }
}
