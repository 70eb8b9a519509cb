//! Passive Kafka observability.
//!
//! One way through the house: a source (live or replay) yields [`input::Input`] values; the
//! [`pipeline`] reassembles (`stream`), finds frames (`frame`), decodes (`protocol`) and pairs
//! (`exchange`); what it learns leaves as [`event::Event`] values, which sinks count, print, export.

pub mod event;
pub mod exchange;
pub mod frame;
pub mod input;
pub mod ledger;
pub mod pipeline;
pub mod ports;
pub mod protocol;
pub mod sink;
pub mod source;
pub mod stream;
pub mod tables;
pub mod time;
