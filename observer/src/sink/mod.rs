//! Where events go: metrics, JSON lines, lines for people, tables, an audit.
//!
//! In: [`crate::event::Event`] values and the pipeline's ledger. Out: text. Sinks hold no sockets;
//! time comes with the events or from their caller.

pub mod audit;
mod clock;
pub mod json;
pub mod line;
pub mod metrics;
mod parties;
#[cfg(test)]
pub(crate) mod samples;
pub mod summary;
mod table;
