//! The sieve on the host: segments in, as a source that copies everything gives them; the segments that
//! the kernel's records would tell out.

mod bench;
#[cfg(feature = "live")]
pub mod both;
pub mod damage;
pub mod dialogue;
#[cfg(feature = "live")]
pub mod tap;
mod tape;
pub mod told;

use std::collections::{HashMap, VecDeque};

use observer::event::{Command, Event, Outcome, Side};
use observer::input::{Chunk, Flow, Input, Segment, TcpFlags};
use observer::pipeline::{Config, Pipeline};
use observer::ports::Ports;
use observer::protocol::sieve::Words;
use observer_common::flow_state::{FlowState, Span};
use observer_common::order::Order;
use observer_common::owner::{Hook, Sighting};
use observer_common::sieve::{News, Why, obey, observe, observe_plain};

use crate::in_process::{Said, Segments};
use bench::Table;

/// Follows any number of connections.
pub struct Sieve {
    flows: HashMap<Flow, FlowState>,
    orders: HashMap<Flow, Order>,
    words: &'static Words,
    /// How much is shown of a frame's beginning at least.
    pub window: u32,
    /// Bytes of a walk's record, with its headers, after which the next begins.
    pub room: usize,
    /// What became of bytes that no record tells of.
    pub duplicate: u64,
    /// How often a direction fell out of step, and why.
    pub falls: Vec<Why>,
    /// How often one resumed.
    pub resumes: usize,
    /// Bytes that were told as they are.
    pub copied: u64,
    /// Chunks that were told, and have data of records in them that begins with [`MARK`].
    pub marked: usize,
    /// Segments that pass before an order is obeyed.
    pub delay: usize,
    /// How segments are taken.
    pub way: Way,
    /// Steps taken.
    pub steps: usize,
    /// Segments that went the short way.
    pub plain: usize,
}

/// What the generator's records begin with: keys, values and the headers'.
pub const MARK: &[u8] = b"<record>";

/// Captures: of an admin client, a member of a group, a pipelined producer and a consumer.
pub const RECORDED: [&[u8]; 4] = [
    include_bytes!("../../tests/captures/admin.pcap"),
    include_bytes!("../../tests/captures/group.pcap"),
    include_bytes!("../../tests/captures/producer.pcap"),
    include_bytes!("../../tests/captures/consumer.pcap"),
];

/// How segments are taken. The kernel's way is the first; what is told must be the same by all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The short way where it may be gone, and frames at a glance.
    Short,
    /// The short way where it may be gone, and frames from one record set to the next.
    ShortBySet,
    /// The short way where it may be gone, and frames from word to word.
    ShortByWord,
    /// The general way, and frames from word to word.
    General,
}

/// Bytes kept of a segment: their offset from the record's first byte, and whether a frame is known to
/// begin with them.
pub type Kept = Vec<(u32, Vec<u8>, bool)>;

impl Default for Sieve {
    fn default() -> Self {
        Self {
            flows: HashMap::new(),
            orders: HashMap::new(),
            words: Words::of_table(),
            window: 192,
            room: tape::ROOM,
            duplicate: 0,
            falls: Vec::new(),
            resumes: 0,
            copied: 0,
            marked: 0,
            delay: 0,
            way: Way::Short,
            steps: 0,
            plain: 0,
        }
    }
}

impl Sieve {
    /// Takes a segment that is whole; tells what its records would.
    ///
    /// # Panics
    /// If the only hook there is does not own the flow.
    pub fn segment(&mut self, segment: &Segment<'_>, mut tell: impl FnMut(Segment<'_>)) {
        let flags = segment.flags;
        let is_syn = flags.has(TcpFlags::SYN);
        let (seq, len) = (segment.seq, segment.wire_len);
        let fin = u32::from(flags.has(TcpFlags::FIN));
        let seen =
            Sighting { hook: Hook(1), time_ns: 0, seq, end: seq.plus(len).plus(fin), syn: is_syn };
        let known = self.flows.remove(&segment.flow);
        let mut state = known.unwrap_or_else(|| FlowState::new(&seen));
        let span = Span { seq, len, syn: is_syn.then(|| flags.has(TcpFlags::ACK)) };
        let ends = flags.has(TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0 | TcpFlags::RST.0));
        let is_plain = len > 0 && !ends && state.oddities(seq) == 0;
        if is_plain && self.way != Way::General {
            state.see(&seen);
            self.plain += 1;
            let mut table = Table::new(self, segment, &mut tell);
            if !observe_plain(&mut state, &span, &mut table) {
                observe(&mut state, &span, ends, true, &mut table);
            }
        } else {
            assert!(state.admits(&seen), "the only hook is the owner");
            let order = if state.takes_orders() { self.orders.remove(&segment.flow) } else { None };
            let mut table = Table::new(self, segment, &mut tell);
            if let Some(order) = order {
                obey(&mut state, order, &mut table);
            }
            observe(&mut state, &span, ends, false, &mut table);
        }
        self.flows.insert(segment.flow, state);
    }

    /// Does what a pipeline asks, with the next segment of the direction.
    pub fn order(&mut self, flow: Flow, order: Order) {
        self.orders.insert(flow, order);
    }

    /// What is remembered of each direction.
    pub const fn flows(&self) -> &HashMap<Flow, FlowState> {
        &self.flows
    }

    /// Bytes that have passed and that the next record of their direction would cover.
    pub fn untold(&self) -> u64 {
        let in_step = self.flows.values().filter(|state| state.is_in_step());
        in_step.map(|state| u64::from({ *state }.place().untold().len)).sum()
    }

    fn tell_other(&mut self, flow: Flow, news: News) {
        let Some(state) = self.flows.get_mut(&flow.reversed()) else {
            return;
        };
        state.hear(news);
    }
}

/// Runs segments of brokers on these ports through a sieve and a pipeline, which gives it orders.
pub fn run(segments: &Segments, ports: &Ports, sieve: &mut Sieve) -> Said {
    let mut said = Said::default();
    let mut pipeline = Pipeline::new(Config::new(ports.clone()));
    let mut orders = VecDeque::new();
    let mut passed = 0;
    segments.each(|segment| {
        passed += 1;
        let mut marked = 0;
        sieve.segment(segment, |sieved| {
            marked += sieved.chunks.iter().filter(|chunk| is_marked(chunk.bytes)).count();
            pipeline.input(&Input::Segment(sieved), &mut |event: Event<'_>| {
                said.take(&event);
                orders.extend(order(&event).map(|order| (passed, order)));
            });
        });
        sieve.marked += marked;
        let delay = sieve.delay;
        while let Some((_, (flow, order))) = orders.pop_front_if(|(at, _)| *at + delay <= passed) {
            sieve.order(flow, order);
        }
    });
    pipeline.finish(Outcome::Open, &mut |event: Event<'_>| said.take(&event));
    said.ledger = *pipeline.ledger();
    said
}

/// Whether there is data of records in these bytes.
pub fn is_marked(bytes: &[u8]) -> bool {
    bytes.windows(MARK.len()).any(|window| window == MARK)
}

/// What a pipeline asks of a direction.
pub fn order(event: &Event<'_>) -> Option<(Flow, Order)> {
    let Event::Command(command) = event else {
        return None;
    };
    Some(match *command {
        Command::CountOnly(flow) => (flow, Order::CountOnly),
        Command::Resume { flow, side, at } => {
            (flow, Order::Resume { at, is_request: side == Side::Request })
        }
    })
}

/// A segment with its chunks.
fn with_chunks(segment: &Segment<'_>, kept: &Kept, tell: &mut dyn FnMut(Segment<'_>)) {
    let chunks: Vec<_> = kept
        .iter()
        .map(|(offset, bytes, frame_start)| Chunk {
            offset: *offset,
            bytes,
            frame_start: *frame_start,
        })
        .collect();
    tell(Segment { chunks: &chunks, ..*segment });
}
