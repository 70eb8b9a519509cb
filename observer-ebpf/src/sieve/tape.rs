//! An skb's payload as a walk sees it.

use observer_common::packet::Load;
use observer_common::sieve::{News, Tape, Window};

use super::desk::Desk;
use crate::ring::Segment;
use crate::table;

/// The payload, and the desk that its bytes come to.
pub struct Reel<'a> {
    pub segment: Segment<'a>,
    pub desk: &'a mut Desk,
}

impl Tape for Reel<'_> {
    #[inline(always)]
    fn left(&self) -> u32 {
        self.segment.seen.len - self.desk.at
    }

    #[inline(always)]
    fn shown(&self) -> u32 {
        self.desk.shown
    }

    #[inline(always)]
    fn show(&mut self, wanted: u32, window: Window) -> bool {
        self.desk.show(self.segment, wanted, window)
    }

    #[inline(always)]
    fn number(&self, ahead: u32) -> u64 {
        self.desk.number(ahead)
    }

    #[inline(always)]
    fn ending(&self, ahead: u32) -> u64 {
        if ahead <= self.desk.shown {
            return self.desk.number(ahead - 8);
        }
        let Segment { skb, seen } = self.segment;
        let at = seen.packet.payload_offset as u32 + self.desk.at + ahead - 8;
        // What cannot be read is not what is expected.
        skb.load::<8>(at as usize).map_or(u64::MAX, u64::from_be_bytes)
    }

    #[inline(always)]
    fn keep(&mut self, n: u32) {
        self.desk.keep(n);
    }

    #[inline(always)]
    fn keep_zeros(&mut self, n: u32) {
        self.desk.keep_zeros(self.segment.seen, n);
    }

    #[inline(always)]
    fn leave_out(&mut self, n: u32) {
        self.desk.leave_out(n);
    }

    /// A direction of which nothing was seen yet hears nothing: its responses go the general way.
    #[inline(always)]
    fn tell(&mut self, news: News) {
        if let Some(state) = table::find_other(self.desk.slot) {
            state.hear(news);
        }
    }

    #[inline(always)]
    fn forget(&mut self, number: u32) -> u32 {
        self.desk.forget(number)
    }
}
