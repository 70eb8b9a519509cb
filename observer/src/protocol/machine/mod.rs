//! The machine: a program and a message's bytes in, facts out.
//!
//! The bytes may come in parts that end anywhere, or be missing in places. Nothing is allocated but
//! for a value that is split (at most [`MAX_CARRY`] bytes), and no loop runs longer than the bytes:
//! every op passes over at least one, or moves forward, and no count or length is believed that is
//! larger than what is left of the frame.

mod arrays;
mod batch;
mod loss;
mod plain;
mod read;
mod records;
mod regions;
mod step;
mod straight;
mod tagged;
mod unrolled;
mod values;
mod visitor;
mod wrapped;

pub use unrolled::Begun;
pub use visitor::{Batch, Text, Visitor, Wrapped, WrappedEnd};

use self::regions::Regions;
use super::pieces::Pieces;
use super::program::Program;

/// Bytes of a string that are reported; a topic's name has 249 at most.
pub const MAX_TEXT: usize = 256;
/// Bytes of a value that is split: at most a string and its length.
const MAX_CARRY: usize = MAX_TEXT + 5;

/// A message that is passing.
#[derive(Debug)]
pub struct Machine {
    program: &'static Program,
    /// Some of the message has passed, or is missing.
    has_begun: bool,
    /// The op to do next.
    at: u16,
    mode: Mode,
    state: State,
    /// Where the bytes passed over belong, and how many are left.
    regions: Regions,
    /// Bytes to pass over before the next step; they are no longer counted as left.
    skip: u32,
    /// How much of a run of values at fixed places has passed, where a part of it is missing.
    fixed_from: u16,
    /// The last number.
    number: i64,
    /// The beginning of a value whose end has not come.
    carry: Vec<u8>,
}

/// What the next step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// The next op.
    Op,
    /// The next tagged field.
    Tag,
    /// The next batch of a record set, of which so many bytes are left.
    Batch { left: u32 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// At the program's end.
    Done,
    Broken(Broken),
}

/// Why a message could not be followed to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Broken {
    /// A length or count reaches beyond the message.
    Overrun,
    /// A length is written in a way that none is.
    Varint,
    /// Bytes that tell where the next field begins are missing.
    Missing,
    /// The message was left before its end.
    Cut,
    /// Bytes are left behind the layout's end.
    Long,
}

impl Machine {
    /// A message of which `len` bytes follow behind its correlation id.
    pub fn new(program: &'static Program, len: u32) -> Self {
        Self {
            program,
            has_begun: false,
            at: 0,
            mode: Mode::Op,
            state: State::Running,
            regions: Regions::new(len),
            skip: 0,
            fixed_from: 0,
            number: 0,
            carry: Vec::new(),
        }
    }

    /// Another message; memory is used again.
    pub fn restart(&mut self, program: &'static Program, len: u32) {
        (self.program, self.has_begun) = (program, false);
        (self.at, self.mode, self.state) = (0, Mode::Op, State::Running);
        self.regions.restart(len);
        (self.skip, self.fixed_from, self.number) = (0, 0, 0);
        self.carry.clear();
    }

    /// Takes the next bytes, and passes over those of them that are not there.
    #[inline]
    pub fn feed<V: Visitor>(&mut self, pieces: Pieces<'_>, visitor: &mut V) {
        if self.has_begun || pieces.bytes().is_empty() {
            return self.feed_on(pieces, visitor);
        }
        let mut begun = Begun::new(self.regions.left(), pieces);
        begun.read(self.program, visitor);
        self.take_over(begun, visitor);
    }

    /// The same, wherever it is.
    fn feed_on<V: Visitor>(&mut self, mut pieces: Pieces<'_>, visitor: &mut V) {
        loop {
            let bytes = pieces.take_bytes();
            if !bytes.is_empty() && self.state == State::Running {
                let rest = self.go_on_unrolled(bytes, &mut pieces, visitor);
                self.go_on(rest, &mut pieces, visitor);
            }
            if !pieces.bytes().is_empty() {
                // They are behind the region that ended with what was passed over.
                continue;
            }
            if !pieces.goes_on() {
                return;
            }
            let hole = pieces.take_hole() as u64;
            if !self.passes_over(hole) {
                self.hole(hole, visitor);
            }
        }
    }

    /// Takes the next bytes, wherever it is, and more of those behind them where they hold sets that are
    /// passed over.
    fn go_on<'a, V: Visitor>(&mut self, bytes: &'a [u8], behind: &mut Pieces<'a>, visitor: &mut V) {
        let rest = if self.carry.is_empty() { bytes } else { self.complete(bytes, visitor) };
        let rest = self.run(rest, behind, visitor);
        if self.state == State::Running {
            self.carry.extend_from_slice(rest);
        }
    }

    /// How many of the message's next bytes are passed over in any case.
    #[inline]
    pub fn unneeded(&self) -> u32 {
        if self.state == State::Running { self.skip } else { u32::MAX }
    }

    /// Passes over `len` bytes that are not there, if they were to be passed over in any case.
    #[inline]
    pub fn passes_over(&mut self, len: u64) -> bool {
        if self.state != State::Running {
            return true;
        }
        let left = u32::try_from(len).ok().and_then(|len| self.skip.checked_sub(len));
        self.skip = left.unwrap_or(self.skip);
        left.is_some()
    }

    /// Passes over `len` bytes that are not there.
    pub fn hole<V: Visitor>(&mut self, len: u64, visitor: &mut V) {
        self.has_begun = true;
        let mut len = u32::try_from(len).unwrap_or(u32::MAX);
        while len > 0 {
            if self.skip == 0 && self.carry.is_empty() {
                // Steps that take no bytes, up to the next that does.
                self.run_dry(visitor);
            }
            if self.skip == 0 {
                if self.state != State::Running {
                    return;
                }
                self.lose(visitor);
            }
            let passed = len.min(self.skip);
            self.skip = self.skip.saturating_sub(passed);
            len = len.saturating_sub(passed);
        }
    }

    /// Whether all of the message has passed, and was understood.
    #[inline]
    pub fn is_whole(&self) -> bool {
        self.state == State::Done && self.regions.left() == 0
    }

    /// Whether what has passed of the message is as its layout says, and has left room for the rest.
    pub fn may_go_on(&self) -> bool {
        match self.state {
            State::Running => true,
            State::Done => self.regions.left() == 0,
            State::Broken(_) => false,
        }
    }

    /// The message has ended: whether all of it was understood.
    pub fn end<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), Broken> {
        if self.state == State::Running {
            self.run_dry(visitor);
        }
        if self.state == State::Running && matches!(self.mode, Mode::Batch { .. }) {
            visitor.cut_set();
        }
        if self.state == State::Running && self.regions.is_wrapped() {
            self.fail(Broken::Cut, visitor);
        }
        match self.state {
            State::Broken(why) => Err(why),
            State::Running => Err(Broken::Cut),
            State::Done if self.regions.left() > 0 => Err(Broken::Long),
            State::Done => Ok(()),
        }
    }

    /// Completes the split value with what it needs of the bytes; returns the others.
    fn complete<'a, V: Visitor>(&mut self, bytes: &'a [u8], visitor: &mut V) -> &'a [u8] {
        let mut carry = std::mem::take(&mut self.carry);
        let kept = carry.len();
        let room = MAX_CARRY.saturating_sub(kept).min(bytes.len());
        carry.extend_from_slice(bytes.get(..room).unwrap_or_default());
        let used = self.step(&carry, visitor);
        let Some(used) = used else {
            self.carry = carry;
            return &[];
        };
        // A value needs more than what was kept of it; one that is wrong takes nothing.
        let behind = u32::try_from(kept.saturating_sub(used)).unwrap_or(u32::MAX);
        self.skip = self.skip.saturating_sub(behind);
        carry.clear();
        self.carry = carry;
        bytes.get(used.saturating_sub(kept)..).unwrap_or_default()
    }

    /// Goes on without bytes.
    fn run_dry<V: Visitor>(&mut self, visitor: &mut V) {
        self.run(&[], &mut Pieces::default(), visitor);
    }

    /// Goes on as far as the bytes allow; returns those that are too few for the next step.
    fn run<'a, V: Visitor>(
        &mut self,
        bytes: &'a [u8],
        behind: &mut Pieces<'a>,
        visitor: &mut V,
    ) -> &'a [u8] {
        let mut rest = bytes;
        loop {
            if self.skip > 0 {
                let Some(behind) = rest.get(self.skip as usize..) else {
                    self.skip =
                        self.skip.saturating_sub(u32::try_from(rest.len()).unwrap_or(u32::MAX));
                    return &[];
                };
                rest = behind;
                self.skip = 0;
            }
            if self.state != State::Running {
                return &[];
            }
            if self.mode == Mode::Op && self.fixed_from == 0 {
                rest = self.go_straight(rest, behind, visitor);
                if self.state != State::Running || self.skip > 0 {
                    return &[];
                }
            }
            match self.step(rest, visitor) {
                Some(used) => rest = rest.get(used..).unwrap_or_default(),
                None => return rest,
            }
        }
    }
}
