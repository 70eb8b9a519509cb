//! The pipeline: a source's inputs in, events out. One synchronous core without I/O; time is in the
//! inputs.
//!
//! - `connection`: one connection's two directions and their conversation
//! - `half`: one direction: reassembly, then framing; `plain`: the way of nearly all segments
//! - `answered`: requests of unknown versions, found in mid-stream
//! - `resume`: where the source may leave out data again; `intake`: what it may leave unread
//! - `ends`: which end is the broker, which is local
//! - `successor`: whether a SYN on a live connection begins another; `succession`: and what then
//! - `socket`: what the kernel tells of a connection's local socket
//! - `unwatched`: ports that change
//! - `upkeep`: what happens only because time passes
//! - `clock`: what time it is, whatever single packets say
//! - `closing`: when a connection is over
//! - `config`: bounds
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    forbid(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]

mod answered;
mod clock;
mod closing;
mod config;
mod connection;
mod counted;
mod ends;
mod half;
mod intake;
mod plain;
mod resume;
mod socket;
mod succession;
mod successor;
mod unwatched;
mod upkeep;

use hashlink::{LinkedHashSet, LruCache};

use clock::Clock;
pub use config::Config;
use connection::{Connection, Shared};
use ends::key_of;
use succession::Start;
use upkeep::Upkeep;

use crate::decode::{Decoder, Names, Sessions};
use crate::event::{Flow, Handler, Outcome, Side};
use crate::exchange::{Context, Load};
use crate::groups::Clients;
use crate::input::{Input, Segment, SocketEvent, TcpFlags};
use crate::ledger::Ledger;
use crate::stream::Budget;
use crate::tables::{Evictions, Table};
use crate::time::{Timestamp, WallClock};

type Connections = LruCache<Flow, Box<Connection>>;

/// Follows all connections on the watched ports.
#[derive(Debug)]
pub struct Pipeline {
    config: Config,
    /// By client and broker, the least recently used first.
    connections: Connections,
    /// Connections that wait for holes to be filled, in a fixed order, as one may teach what another's
    /// exchanges are told with.
    waiting: LinkedHashSet<Flow>,
    budget: Budget,
    ledger: Ledger,
    evictions: Evictions,
    inflight: Load,
    decoder: Decoder,
    clock: Clock,
    upkeep: Upkeep,
}

impl Pipeline {
    /// A pipeline that has seen nothing.
    pub fn new(config: Config) -> Self {
        Self {
            connections: LruCache::new_unbounded(),
            waiting: LinkedHashSet::new(),
            budget: Budget::new(config.buffer_bytes),
            ledger: Ledger::default(),
            evictions: Evictions::default(),
            inflight: Load::default(),
            decoder: Decoder::new(Names::new(config.max_names, config.max_topic_ids))
                .with_sessions(Sessions::new(config.max_session_partitions))
                .with_clients(Clients::new(config.max_group_clients, config.clusters.clone())),
            clock: Clock::default(),
            upkeep: Upkeep::default(),
            config,
        }
    }

    /// Takes one input.
    pub fn input<H: Handler>(&mut self, input: &Input<'_>, handler: &mut H) {
        let before = self.now();
        match input {
            Input::Segment(segment) => self.clock.pass_segment(segment),
            Input::Socket(SocketEvent { time, .. }) | Input::Tick(time) => self.clock.set(*time),
            Input::WallClock(wall) => self.clock.wall = *wall,
        }
        if self.now() != before {
            self.ledger.pass_time(self.now().0.saturating_sub(before.0));
            handler.time(self.now());
        }
        match input {
            Input::Segment(segment) if !segment.is_last => return self.segment(segment, handler),
            Input::Segment(segment) => self.segment(segment, handler),
            Input::Socket(event) => self.socket(event, handler),
            Input::Tick(_) | Input::WallClock(_) => {}
        }
        self.pass_time(handler);
    }

    /// The capture is over: everything held is delivered, everything in flight ends as `outcome`.
    pub fn finish<H: Handler>(&mut self, outcome: Outcome, handler: &mut H) {
        while let Some((_, connection)) = self.connections.remove_lru() {
            let outcome = if connection.is_over() { Outcome::Abandoned } else { outcome };
            self.close(connection, outcome, handler);
        }
        self.waiting.clear();
    }

    /// What time it is: the source's, as long as no time that it tells contradicts those before.
    pub const fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the wall clock shows, from [`Self::now`].
    pub const fn wall_clock(&self) -> WallClock {
        self.clock.wall
    }

    /// Bytes by fate.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Evictions by table.
    pub const fn evictions(&self) -> &Evictions {
        &self.evictions
    }

    /// Requests in flight.
    pub const fn inflight(&self) -> usize {
        self.inflight.requests
    }

    /// Connections followed.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Topics whose ids are known.
    pub fn topics(&self) -> usize {
        self.decoder.names.topics()
    }

    /// Memory held for reassembly, in bytes.
    pub const fn buffered(&self) -> usize {
        self.budget.used()
    }

    fn segment<H: Handler>(&mut self, segment: &Segment<'_>, handler: &mut H) {
        self.ledger.seen = self.ledger.seen.saturating_add(segment.wire_len.into());
        let Some(side) = self.side_of(segment) else {
            return self.pass_unwatched(segment);
        };
        let key = key_of(side, segment.flow);
        if segment.flags.has(TcpFlags::SYN) {
            self.syn(side, key, segment, handler);
        } else if !self.pass(side, &key, segment, handler) && segment.wire_len > 0 {
            self.follow(key, true, handler);
            self.pass(side, &key, segment, handler);
        }
    }

    /// Hands a segment to its connection, or to the one that it shows to have taken its place; returns
    /// whether there is one.
    fn pass<H: Handler>(
        &mut self,
        side: Side,
        key: &Flow,
        segment: &Segment<'_>,
        handler: &mut H,
    ) -> bool {
        let Some(connection) = find(&mut self.connections, key) else {
            return false;
        };
        if !connection.is_settled
            && let Some(start) = connection.succeeded_by(side, segment)
        {
            return self.pass_to_successor(start, side, *key, segment, handler);
        }
        if !connection.is_closed() {
            connection.last_seen = self.clock.now();
        }
        let mut shared = Shared {
            config: &self.config,
            budget: &mut self.budget,
            ctx: context(
                &self.config,
                &self.clock,
                &mut self.ledger,
                &mut self.evictions,
                &mut self.inflight,
                &mut self.decoder,
                handler,
            ),
        };
        connection.segment(side, segment, &mut shared);
        if !connection.is_settled && connection.is_waiting() {
            self.waiting.insert(*key);
        }
        true
    }

    #[inline(never)]
    fn pass_to_successor<H: Handler>(
        &mut self,
        start: Start,
        side: Side,
        key: Flow,
        segment: &Segment<'_>,
        handler: &mut H,
    ) -> bool {
        self.begin(key, start, handler);
        self.pass(side, &key, segment, handler)
    }

    /// Makes sure that the connection is followed, and that there are not too many.
    fn follow<H: Handler>(&mut self, key: Flow, is_midstream: bool, handler: &mut H) {
        if self.connections.contains_key(&key) {
            return;
        }
        if self.connections.len() >= self.config.max_connections
            && let Some((evicted, oldest)) = self.connections.remove_lru()
        {
            // Time may not pass, where packets have none.
            self.waiting.remove(&evicted);
            if !oldest.is_closed() {
                self.evictions.count(Table::Connections);
            }
            self.close(oldest, Outcome::Evicted, handler);
        }
        let peers = self.peers(key);
        let mut connection = Connection::new(peers, is_midstream, &self.config);
        connection.last_seen = self.now();
        self.connections.insert(key, Box::new(connection));
    }

    fn close<H: Handler>(
        &mut self,
        mut connection: Box<Connection>,
        outcome: Outcome,
        handler: &mut H,
    ) {
        let ctx = context(
            &self.config,
            &self.clock,
            &mut self.ledger,
            &mut self.evictions,
            &mut self.inflight,
            &mut self.decoder,
            handler,
        );
        let mut shared = Shared { config: &self.config, budget: &mut self.budget, ctx };
        connection.close(outcome, &mut shared);
    }
}

/// A connection, which is then the one used last. It often was before: then it is not searched for.
fn find<'a>(connections: &'a mut Connections, key: &Flow) -> Option<&'a mut Connection> {
    if connections.iter().next_back().is_some_and(|(last, _)| last == key) {
        return connections.iter_mut().next_back().map(|(_, connection)| &mut **connection);
    }
    connections.get_mut(key).map(|connection| &mut **connection)
}

fn context<'a, H>(
    config: &'a Config,
    clock: &Clock,
    ledger: &'a mut Ledger,
    evictions: &'a mut Evictions,
    inflight: &'a mut Load,
    decoder: &'a mut Decoder,
    handler: &'a mut H,
) -> Context<'a, H> {
    let (limits, now, wall) = (&config.exchange, clock.now(), clock.wall);
    Context { limits, now, wall, ledger, evictions, inflight, decoder, handler }
}
