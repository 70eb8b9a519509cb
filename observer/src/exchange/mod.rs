//! Exchanges: frames of both directions of a connection in, requests paired with their responses
//! out.
//!
//! A [`Conversation`] is what one connection's frames have said so far. [`Requests`] and
//! [`Responses`] are its two ears: they take the frames of one direction each.
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

mod answering;
mod asking;
mod client;
mod conversation;
mod ear;
mod ending;
mod inflight;
mod pairing;
mod requests;
mod responses;
mod standing;
mod talk;
mod timing;
mod waiting;

pub use conversation::Conversation;
pub use ear::Ear;
pub use inflight::Pending;
pub use requests::Requests;
pub use responses::Responses;
pub use standing::Standing;

use std::time::Duration;

use crate::decode::Decoder;
use crate::event::{Event, Exchange, Handler};
use crate::ledger::Ledger;
use crate::protocol::api::ApiKey;
use crate::spare::Spare;
use crate::tables::{Evictions, Table};
use crate::time::{Timestamp, WallClock};
use conversation::Answering;

/// Bounds on what a conversation keeps and believes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest request, in bytes without its length prefix (the broker's `socket.request.max.bytes`).
    pub max_request_bytes: u32,
    /// Requests in flight on a connection.
    pub max_inflight_per_connection: usize,
    /// Requests in flight on all connections.
    pub max_inflight: usize,
    /// Memory for what requests in flight say, beyond what is little, in bytes.
    pub max_fact_bytes: usize,
    /// Age at which a request without an answer is given up.
    pub expiry: Duration,
    /// Memory that a direction may hold while it is not in step, in bytes.
    pub hold_bytes: u32,
    /// Memory that all directions together may hold while they are not in step, in bytes.
    pub max_held_bytes: u64,
    /// Bytes of a connection that was never in step, after which it is not taken for Kafka; beside those
    /// of one largest request, as long as it may have been joined within that.
    pub opaque_after_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_request_bytes: 100 << 20,
            max_inflight_per_connection: 1_000,
            max_inflight: 200_000,
            max_fact_bytes: 64 << 20,
            expiry: Duration::from_mins(10),
            hold_bytes: 64 << 10,
            max_held_bytes: 64 << 20,
            opaque_after_bytes: 8 << 20,
        }
    }
}

/// The requests in flight on all connections.
#[derive(Debug, Default)]
pub struct Load {
    /// How many they are.
    pub requests: usize,
    /// Memory charged for what they say, in bytes.
    pub fact_bytes: usize,
    /// Responses that have passed.
    answering: Spare<Answering>,
    /// Requests that have ended.
    ended: Spare<Pending>,
}

/// What all conversations share.
#[derive(Debug)]
pub struct Context<'a, H> {
    /// Bounds.
    pub limits: &'a Limits,
    /// The time that expiry goes by.
    pub now: Timestamp,
    /// What people read.
    pub wall: WallClock,
    /// Bytes by fate.
    pub ledger: &'a mut Ledger,
    /// Evictions by table.
    pub evictions: &'a mut Evictions,
    /// Requests in flight on all connections.
    pub inflight: &'a mut Load,
    /// What decodes bodies.
    pub decoder: &'a mut Decoder,
    /// Where events go.
    pub handler: &'a mut H,
}

impl<H: Handler> Context<'_, H> {
    fn holds_too_much(&mut self) -> bool {
        let is_over = self.ledger.unsynchronised.saturating_add(self.ledger.bookkeeping)
            > self.limits.max_held_bytes;
        if is_over {
            self.evictions.count(Table::Buffers);
        }
        is_over
    }

    fn emit(&mut self, event: Event<'_>) {
        self.handler.event(event);
    }

    /// Tells of an exchange, with the names of its topics, and its client's group, where they are
    /// known.
    fn emit_exchange(&mut self, mut exchange: Exchange) {
        if self.decoder.names.has_learned() {
            for (id, name) in &self.decoder.names.take_learned() {
                self.handler.event(Event::TopicNamed { id: *id, name });
            }
        }
        let names = &mut self.decoder.names;
        names.complete(exchange.request.as_deref_mut());
        names.complete(exchange.response.as_deref_mut());
        let clients = &mut self.decoder.clients;
        clients.learn(&exchange, self.now, self.evictions);
        if exchange.group().is_none() {
            exchange.client_group = clients.group(&exchange, self.now, self.evictions).cloned();
        }
        if exchange.api_key() == ApiKey::FETCH
            && let (Some(request), Some(response)) = (&exchange.request, &exchange.response)
        {
            let (broker, names) = (exchange.peers.broker, &mut self.decoder.names);
            let sessions = &mut self.decoder.sessions;
            exchange.session = sessions.fetched(broker, request, response, names, self.evictions);
        }
        self.handler.event(Event::Exchange(&exchange));
        self.decoder.recycle(exchange.request);
        self.decoder.recycle(exchange.response);
    }
}
