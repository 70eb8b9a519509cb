//! Passive Kafka observability.
//!
//! One way through the house: a source (live or replay) yields [`input::Input`] values; the
//! [`pipeline`] reassembles (`stream`), finds frames (`frame`), decodes (`protocol`) and pairs
//! (`exchange`); what it learns leaves as [`event::Event`] values, which sinks count, print, export.
#![deny(unsafe_code)]
#![cfg_attr(
    not(test),
    forbid(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "no byte from the wire or a file is a panic"
    )
)]

pub mod decode;
pub mod event;
pub mod exchange;
pub mod frame;
pub mod groups;
pub mod input;
pub mod ledger;
pub mod pipeline;
pub mod ports;
pub mod protocol;
pub mod sink;
pub mod source;
mod spare;
pub mod stream;
pub mod tables;
pub mod time;
