//! A message inside another (Envelope, KIP-590): what it says in, as a part of the other's facts out.

use std::sync::Arc;

use super::collector::{Collector, Position};
use super::facts::{Facts, Forwarded};
use super::undecoded::Undecoded;
use crate::protocol::machine::{Broken, Wrapped, WrappedEnd};

/// A message that carries another.
#[derive(Clone, Debug)]
pub(super) struct Around {
    pub position: Position,
    pub facts: Facts,
    /// A value of it was lost.
    pub has_lost: bool,
    /// What the other is, and whose.
    pub wrapped: Wrapped,
    pub client_id: Option<Arc<str>>,
}

impl Collector<'_> {
    pub(super) fn begin_wrapped(&mut self, wrapped: Wrapped) {
        let facts = std::mem::take(self.facts);
        let position = std::mem::take(self.position);
        let has_lost = std::mem::take(self.has_lost);
        let around = Around { position, facts, has_lost, wrapped, client_id: None };
        self.position.around = Some(Box::new(around));
    }

    pub(super) fn end_wrapped(&mut self, end: WrappedEnd) {
        self.close();
        let Some(around) = self.position.around.take() else {
            return;
        };
        let Around { position, facts, has_lost, wrapped, client_id } = *around;
        *self.position = position;
        let mut inner = std::mem::replace(self.facts, facts);
        inner.undecoded = match end {
            WrappedEnd::Whole => self.has_lost.then_some(self.missing).or(inner.undecoded),
            WrappedEnd::Unknown if wrapped.api_key.lookup().is_none() => {
                Some(Undecoded::UnknownApi)
            }
            WrappedEnd::Unknown => Some(Undecoded::UnknownVersion),
            WrappedEnd::Broken(Broken::Missing) => Some(self.missing),
            WrappedEnd::Broken(why) => Some(why.into()),
        };
        *self.has_lost |= has_lost;
        let Wrapped { api_key, api_version } = wrapped;
        let forwarded = Forwarded { api_key, api_version, client_id, facts: inner };
        self.facts.forwarded = Some(Box::new(forwarded));
    }
}
