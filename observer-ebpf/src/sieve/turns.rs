//! The loop that takes the steps: one for each turn, as many as an skb is granted.

use core::ffi::c_void;

use aya_ebpf::bindings::__sk_buff;
use aya_ebpf::helpers::generated::bpf_loop;
use aya_ebpf::programs::TcContext;
use observer_common::sieve::{self, MOST_STEPS, Step, Walk, Walked, Why, Window, step};

use super::code::Maps;
use super::desk::Desk;
use super::tape::Reel;
use crate::ring::Segment;
use crate::seen::Seen;
use crate::skb::Skb;

/// Windows that the largest skb takes (BIG TCP, 512 KiB).
const MOST_WINDOWS: u32 = 128;

/// What a turn works on; nothing but pointers, which the verifier follows into the turn.
#[repr(C)]
struct Turn {
    skb: *mut __sk_buff,
    seen: *const Seen,
    walk: *mut Walk,
    desk: *mut Desk,
}

/// The walk goes on.
const ON: u32 = 0;
/// It has come to the payload's end.
const DONE: u32 = 1;
/// It has lost the step; what is more than this tells why.
const OUT: u32 = 2;

/// Takes a leap, if it can be.
#[inline(always)]
pub fn leap(segment: Segment<'_>, walk: &mut Walk, desk: &mut Desk) -> Option<Step> {
    let taken = sieve::leap(walk, &mut Reel { segment, desk }, &Maps);
    desk.in_vain = u32::from(taken.is_none());
    taken
}

/// Walks on to the payload's end, or as far as may be.
#[inline(always)]
pub fn run(Segment { skb, seen }: Segment<'_>, walk: &mut Walk, desk: &mut Desk) -> Walked {
    desk.outcome = ON;
    let mut turn = Turn { skb: skb.raw().cast(), seen, walk, desk };
    turn.take(MOST_STEPS, take_step);
    let out = match desk.outcome {
        DONE => None,
        ON => Some(Why::Work),
        out => Why::from_number(out - OUT),
    };
    Walked { to: desk.at, told: desk.told, kept: desk.has_kept(), out }
}

/// Copies the payload up to this place.
#[inline(always)]
pub fn copy(Segment { skb, seen }: Segment<'_>, to: u32, desk: &mut Desk) {
    desk.copies = to;
    let walk = core::ptr::null_mut();
    let mut turn = Turn { skb: skb.raw().cast(), seen, walk, desk };
    turn.take(MOST_WINDOWS, take_window);
}

impl Turn {
    /// Calls back, at most so often.
    #[inline(always)]
    fn take(&mut self, most: u32, callback: unsafe extern "C" fn(u32, *mut c_void) -> i64) {
        // SAFETY: the callback is given what it expects, and does not outlive this call.
        unsafe {
            bpf_loop(most, callback as *mut c_void, core::ptr::from_mut(self).cast(), 0);
        }
    }
}

/// One step; not 0 when there is none to come.
unsafe extern "C" fn take_step(turn: u32, context: *mut c_void) -> i64 {
    // SAFETY: `run` gives a turn whose pointers are valid until the loop has ended.
    let (skb, seen, walk, desk) = unsafe {
        let Turn { skb, seen, walk, desk } = *context.cast::<Turn>();
        (skb, &*seen, &mut *walk, &mut *desk)
    };
    // Where a leap was tried in vain it is not tried again, and found room.
    let may_leap = turn >= desk.in_vain;
    if may_leap && !desk.has_room() {
        desk.make_room(seen);
    }
    let context = TcContext::new(skb);
    let mut reel = Reel { segment: Segment { skb: Skb(&context), seen }, desk };
    let taken = if may_leap { sieve::leap(walk, &mut reel, &Maps) } else { None };
    match taken.unwrap_or_else(|| step(walk, &mut reel, &Maps)) {
        Step::More => 0,
        Step::Done => {
            reel.desk.outcome = DONE;
            1
        }
        Step::Out(why) => {
            reel.desk.outcome = OUT + why as u32;
            1
        }
    }
}

/// Copies what a window shows; not 0 when there is no more.
unsafe extern "C" fn take_window(_turn: u32, context: *mut c_void) -> i64 {
    // SAFETY: `copy` gives a turn whose pointers are valid until the loop has ended.
    let (skb, seen, desk) = unsafe {
        let Turn { skb, seen, desk, .. } = *context.cast::<Turn>();
        (skb, &*seen, &mut *desk)
    };
    if !desk.has_room() {
        desk.make_room(seen);
    }
    let context = TcContext::new(skb);
    let left = desk.copies.wrapping_sub(desk.at);
    if !desk.show(Segment { skb: Skb(&context), seen }, left, Window::AMID) {
        return 1;
    }
    let shown = desk.shown;
    desk.keep(if shown < left { shown } else { left });
    i64::from(desk.at == desk.copies)
}
