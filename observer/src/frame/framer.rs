//! One direction's framing: in step, or searching for the step.

use super::search::{Search, Whole};
use super::step::{OutOfStep, Step};
use super::{Account, Before, Belief, Receiver};
use crate::event::Malformed;
use crate::stream::{Carrier, Edges, Hole};
use crate::time::Timestamp;

/// Cuts one direction into frames.
#[derive(Debug)]
pub struct Framer {
    pub(super) state: State,
    /// Memory that a search may take, in bytes.
    hold: u32,
}

#[derive(Debug)]
pub(super) enum State {
    Step(Step),
    Search(Box<Search>),
}

impl Framer {
    /// A direction joined in mid-stream; a search takes at most about `hold` bytes of memory.
    pub fn midstream(hold: u32) -> Self {
        Self { state: State::Search(Box::default()), hold }
    }

    /// A direction followed from its first byte.
    pub fn anchored(hold: u32) -> Self {
        Self { state: State::Search(Box::new(Search::anchored())), hold }
    }

    /// Whether frame boundaries are known.
    pub fn is_in_step(&self) -> bool {
        matches!(self.state, State::Step(_))
    }

    /// Bytes from here to the next frame, if that is known.
    pub fn to_next(&self) -> Option<u32> {
        match &self.state {
            State::Step(step) => step.to_next(),
            State::Search(_) => None,
        }
    }

    /// Bytes held by a search.
    pub fn held(&self) -> &[u8] {
        match &self.state {
            State::Step(_) => &[],
            State::Search(search) => search.window(),
        }
    }

    /// Memory that a search takes beside the bytes it holds.
    pub fn bookkeeping(&self) -> u64 {
        match &self.state {
            State::Step(_) => 0,
            State::Search(search) => search.bookkeeping() as u64,
        }
    }

    /// Bytes held from the connection's first byte on; empty where that is no longer held.
    pub fn held_from_start(&self) -> &[u8] {
        match &self.state {
            State::Search(search) if search.is_anchored => search.window(),
            _ => &[],
        }
    }

    /// What may be a whole frame, of a direction joined in mid-stream or astray; from the newest.
    pub fn whole_frames(&self) -> impl Iterator<Item = Whole<'_>> {
        let search = match &self.state {
            State::Search(search) if !search.is_anchored => Some(search),
            State::Search(_) | State::Step(_) => None,
        };
        search.into_iter().flat_map(|search| search.whole())
    }

    /// One of them is a frame.
    pub fn step_at<R: Receiver>(&mut self, offset: u64, receiver: &mut R) {
        self.enter_step(offset, receiver);
        self.look(receiver);
    }

    /// Takes bytes in order.
    #[inline(always)]
    pub fn data<R: Receiver>(
        &mut self,
        carrier: &Carrier,
        bytes: &[u8],
        edges: Edges,
        receiver: &mut R,
    ) {
        let out = match &mut self.state {
            State::Step(step) => step.data(carrier, bytes, receiver).err(),
            State::Search(_) => Some(OutOfStep { unused: bytes.len(), reason: None }),
        };
        if let Some(out) = out {
            self.search(carrier, bytes, edges, out, receiver);
        }
    }

    /// Takes bytes of which some were not used in step, or all, where it is not known.
    #[inline(never)]
    fn search<R: Receiver>(
        &mut self,
        carrier: &Carrier,
        bytes: &[u8],
        edges: Edges,
        out: OutOfStep,
        receiver: &mut R,
    ) {
        if self.is_in_step() {
            self.lose_step(out.reason, receiver);
        }
        let rest = bytes.get(bytes.len().saturating_sub(out.unused)..).unwrap_or_default();
        let is_whole = rest.len() == bytes.len();
        if is_whole && edges.frame_start && self.is_astray() {
            return self.step_in(carrier, bytes, receiver);
        }
        let segment_start = edges.segment_start && is_whole;
        let unused = carrier.after(bytes.len().saturating_sub(rest.len()));
        self.hold(unused, rest, Edges { segment_start, ..edges }, receiver);
        if is_whole && edges.segment_start && receiver.account().is_encrypted(bytes) {
            return receiver.account().refuse(bytes);
        }
        self.look(receiver);
    }

    /// Whether the boundary was lost; of a connection's beginning it is not believed yet.
    fn is_astray(&self) -> bool {
        matches!(&self.state, State::Search(search) if !search.is_anchored)
    }

    /// The source knows that a frame begins with these bytes.
    fn step_in<R: Receiver>(&mut self, carrier: &Carrier, bytes: &[u8], receiver: &mut R) {
        give_up(self.dissolve(), receiver);
        self.state = State::Step(Step::default());
        receiver.found_step(Before::Unseen);
        self.data(carrier, bytes, Edges::default(), receiver);
    }

    /// Bytes that are not there: left out on purpose (then `time` is when they passed), or lost.
    #[inline(always)]
    pub fn hole<R: Receiver>(
        &mut self,
        hole: Hole,
        time: Option<Timestamp>,
        len: u64,
        receiver: &mut R,
    ) {
        if matches!(&self.state, State::Search(search) if search.is_anchored) {
            self.cut(receiver);
        }
        match &mut self.state {
            State::Step(step) => {
                if let Err(out) = step.hole(hole, time, len, receiver) {
                    self.lose_step(out.reason, receiver);
                }
            }
            State::Search(search) => {
                let dropped = search.hole(len);
                give_up(dropped, receiver);
            }
        }
    }

    /// No more comes behind what is held, or a hole: a connection's first bytes are believed by what
    /// there is.
    #[inline(never)]
    pub fn cut<R: Receiver>(&mut self, receiver: &mut R) {
        let State::Search(search) = &self.state else { return };
        if search.is_anchored && receiver.believe(search.window(), true) == Belief::Confirmed {
            self.enter_step(0, receiver);
        }
    }

    /// Looks through what is held again: what the receiver knows has changed.
    pub fn look_again<R: Receiver>(&mut self, receiver: &mut R) {
        if let State::Search(search) = &mut self.state {
            search.rescan();
        }
        self.look(receiver);
    }

    fn look<R: Receiver>(&mut self, receiver: &mut R) {
        while let State::Search(search) = &mut self.state {
            let start = if search.is_anchored {
                match receiver.believe(search.window(), false) {
                    Belief::Confirmed => Some(0),
                    Belief::Open => None,
                    Belief::Refused => return receiver.account().refuse(search.window()),
                }
            } else {
                search.find(receiver)
            };
            match start {
                Some(start) => self.enter_step(start, receiver),
                None => return self.trim(receiver),
            }
        }
    }

    /// What follows does not continue what came before.
    pub fn restart<R: Receiver>(&mut self, receiver: &mut R) {
        give_up(self.dissolve(), receiver);
        self.lose_step(None, receiver);
    }

    /// Throws away what a search holds; returns the number of bytes.
    pub fn dissolve(&mut self) -> u64 {
        match &mut self.state {
            State::Step(_) => 0,
            State::Search(search) => search.shrink(0),
        }
    }

    fn hold<R: Receiver>(
        &mut self,
        carrier: Carrier,
        bytes: &[u8],
        edges: Edges,
        receiver: &mut R,
    ) {
        if let State::Search(search) = &mut self.state {
            if !bytes.is_empty() {
                search.push(carrier, bytes, edges);
            }
            receiver.account().ledger().hold(bytes.len() as u64);
        }
    }

    /// Feeds what a search holds from `start` on through the in-step path.
    fn enter_step<R: Receiver>(&mut self, start: u64, receiver: &mut R) {
        let State::Search(search) =
            std::mem::replace(&mut self.state, State::Step(Step::default()))
        else {
            return;
        };
        give_up(search.len_before(start), receiver);
        receiver.found_step(match search.time_before(start) {
            _ if search.is_anchored => Before::Start,
            Some(time) => Before::Seen(time),
            None => Before::Unseen,
        });
        for (piece, bytes) in search.from(start) {
            receiver.account().ledger().release(bytes.len() as u64);
            let rest = match &mut self.state {
                State::Step(step) => match step.data(&piece.carrier, bytes, receiver) {
                    Ok(()) => continue,
                    Err(OutOfStep { unused, reason }) => {
                        self.lose_step(reason, receiver);
                        bytes.get(bytes.len().saturating_sub(unused)..).unwrap_or_default()
                    }
                },
                State::Search(_) => bytes,
            };
            let is_whole = rest.len() == bytes.len();
            let segment_start = piece.edges.segment_start && is_whole;
            let unused = piece.carrier.after(bytes.len().saturating_sub(rest.len()));
            self.hold(unused, rest, Edges { segment_start, ..piece.edges }, receiver);
        }
    }

    fn lose_step<R: Receiver>(&mut self, reason: Option<Malformed>, receiver: &mut R) {
        self.state = State::Search(Box::default());
        receiver.lost_step(reason);
    }

    /// Keeps the window within its bounds. Half of it goes at once, so that trimming is rare; all of
    /// it where too much is held by all directions together.
    fn trim<R: Receiver>(&mut self, receiver: &mut R) {
        let State::Search(search) = &mut self.state else {
            return;
        };
        let hold = self.hold as usize;
        let dropped = if receiver.account().holds_too_much() {
            search.shrink(0)
        } else if search.window().len().saturating_add(search.bookkeeping()) > hold {
            search.shrink(hold / 2)
        } else {
            return;
        };
        give_up(dropped, receiver);
    }
}

fn give_up<R: Receiver>(bytes: u64, receiver: &mut R) {
    let ledger = receiver.account().ledger();
    ledger.release(bytes);
    ledger.discarded = ledger.discarded.saturating_add(bytes);
    receiver.account().gave_up_on(bytes);
}
