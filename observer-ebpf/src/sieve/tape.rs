//! An skb's payload as a walk sees it.

use observer_common::sieve::{News, Tape};

use super::desk::Desk;
use crate::maps::FLOWS;
use crate::ring::Segment;

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
    fn show(&mut self, wanted: u32, is_start: bool) -> bool {
        self.desk.show(self.segment, wanted, is_start)
    }

    #[inline(always)]
    fn number(&self, ahead: u32) -> u64 {
        self.desk.number(ahead)
    }

    #[inline(always)]
    fn keep(&mut self, n: u32) {
        self.desk.keep(n);
    }

    #[inline(always)]
    fn leave_out(&mut self, n: u32) {
        self.desk.leave_out(self.segment.seen, n);
    }

    #[inline(always)]
    fn tell(&mut self, news: News) {
        let other = self.segment.seen.flow().reversed();
        // A direction of which nothing was seen yet hears nothing: its responses go the general way.
        if let Some(state) = FLOWS.get_ptr_mut(&other) {
            // SAFETY: the entry is valid for the run of the program. Another CPU may write it at the
            // same time: what is said are single integers, and any mixture is a valid state.
            unsafe { (*state).hear(news) };
        }
    }
}
